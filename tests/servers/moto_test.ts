import { assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { missing, startMoto } from "./moto.ts";

Deno.test({
  name: `startMoto() keeps objects, and checks signatures when told to${
    missing && ` (ignored: ${missing})`
  }`,
  ignore: missing !== "",
  fn: async () => {
    await using moto = await startMoto();
    await moto.must("/bucket", { method: "PUT" });
    await moto.must("/bucket/a//../%20b", { method: "PUT", body: "text" });
    assertEquals(await moto.send("/bucket/a//../%20b"), { status: 200, text: "text" });
    assertStringIncludes(await moto.must("/bucket?list-type=2"), "<Key>a//../ b</Key>");
    await moto.enforce(true);
    assertEquals((await moto.send("/bucket?list-type=2")).status, 403);
    await assertRejects(() => moto.must("/bucket"), Error, "gave 403");
    await moto.enforce(false);
    assertEquals((await moto.send("/bucket?list-type=2")).status, 200);
  },
});
