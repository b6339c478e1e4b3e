import { assertEquals, assertRejects } from "@std/assert";
import { join } from "@std/path";
import { lookAt } from "../../core/std/look.ts";

Deno.test("lookAt() sees a link itself, and nothing where nothing is", async () => {
  const folder = await Deno.makeTempDir({ prefix: "pinion-test-" });
  try {
    await Deno.symlink("nowhere", join(folder, "link"));
    assertEquals((await lookAt(join(folder, "link")))?.isSymlink, true);
    assertEquals(await lookAt(join(folder, "none")), undefined);
    await Deno.writeTextFile(join(folder, "file"), "");
    await assertRejects(() => lookAt(join(folder, "file", "below")));
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});
