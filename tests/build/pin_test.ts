import { assertEquals } from "@std/assert";
import { join } from "@std/path";
import { DENO_VERSION } from "../../scripts/build/pin.ts";
import { ROOT } from "../../scripts/build/run_deno.ts";

Deno.test("the running Deno is the pinned one", () => {
  assertEquals(Deno.version.deno, DENO_VERSION);
});

Deno.test("README.md and .ci/run name no other version of Deno", async () => {
  for (const file of ["README.md", ".ci/run"]) {
    const text = await Deno.readTextFile(join(ROOT, file)).catch(() => "");
    const versions = [...text.matchAll(/\bdeno@(\d[\w.-]*\w)/g)].map(([, version]) => version);
    assertEquals(versions.filter((version) => version !== DENO_VERSION), [], file);
  }
});
