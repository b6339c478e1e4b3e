/** Downloads onto a file system that is too small for them, as a job's scratch directory can be. */
import { assert, assertEquals, assertMatch } from "@std/assert";
import { startFault } from "../servers/fault.ts";
import { available, missing, mountFullDisk } from "../servers/full_disk.ts";
import { failureOf, pattern, Scratch } from "./run_files.ts";

const needs = available ? "" : ` (needs ${missing})`;

for (
  const [what, size, free] of [
    ["at the last block", 20_000, 16_384],
    ["in the middle of a large file", 700_000, 300_000],
    ["at once", 20_000, 0],
  ] as const
) {
  Deno.test({
    name: `a disk that is full ${what} fails the file, and keeps what was there${needs}`,
    ignore: !available,
    async fn() {
      await using disk = await mountFullDisk({ size: 1 << 20 });
      await using server = await startFault({ "/f": { body: pattern(size) }, "/g": { body: "x" } });
      using scratch = new Scratch(disk.path);
      scratch.write("f0", "old");
      scratch.write(".in", " ".repeat(4096));
      scratch.write(".out", " ".repeat(19264));
      const filler = Deno.openSync(scratch.path("filler"), { write: true, create: true });
      for (let left = await disk.free() - free; left > 0; left -= 4096) {
        filler.writeSync(new Uint8Array(4096));
      }
      filler.close();
      const { status, ads, waits } = await scratch.run([server.url("/f")]);
      assertEquals([status, waits], [1, []]);
      const failure = failureOf(ads[0]);
      assertEquals([failure.kind, failure.type, failure.server], [
        "Transfer",
        "NoSpace",
        "ep.example",
      ]);
      assertMatch(String(failure.text), /^No space left on device writing /);
      assertEquals(new TextDecoder().decode(scratch.read("f0")), "old");
      // The starter can see who filled the disk.
      assert(free === 0 || scratch.names().some((name) => name.startsWith(".f0.part-")));
    },
  });
}
