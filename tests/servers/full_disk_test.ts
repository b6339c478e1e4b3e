import { assertEquals, assertRejects } from "@std/assert";
import { available, missing, mountFullDisk } from "./full_disk.ts";

Deno.test({
  name: `mountFullDisk() has the room it was given${available ? "" : ` (needs ${missing})`}`,
  ignore: !available,
  fn: async () => {
    let path = "";
    {
      await using disk = await mountFullDisk({ size: 65536, filled: 49152 });
      path = disk.path;
      assertEquals(await disk.free(), 16384);
      await assertRejects(
        () => Deno.writeFile(`${path}/a`, new Uint8Array(20_000)),
        Error,
        "space",
      );
      await Deno.remove(`${path}/a`);
      await Deno.writeFile(`${path}/a`, new Uint8Array(16_384));
    }
    assertEquals(await Deno.stat(path).then(() => "there", () => "gone"), "gone");
  },
});
