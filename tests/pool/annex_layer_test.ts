/** The layer with HTCondor's own boot script, over roots that hold nothing: no network is needed. */
import { assertEquals, assertRejects } from "@std/assert";
import { exists } from "@std/fs";
import { join } from "@std/path";
import { annexLayer, ensureAnnexLayer, removeAnnexLayer } from "../../scripts/pool/annex_layer.ts";
import { PoolError } from "../../scripts/pool/command.ts";

const ignore = Deno.build.os !== "linux" || Deno.uid() !== 0;
const suffix = ignore ? " (ignored: needs root and Linux)" : "";

/** Runs with an empty root, which no package can be installed in. */
function layerTest(
  name: string,
  fn: (root: string, log: string[]) => Promise<void>,
): void {
  Deno.test({
    name: `${name}${suffix}`,
    ignore,
    fn: async () => {
      const above = await Deno.makeTempDir({ prefix: "pinion-layer-" });
      const root = join(above, "root");
      for (const name of ["proc", "dev", "tmp"]) {
        await Deno.mkdir(join(root, name), { recursive: true });
      }
      try {
        await fn(root, []);
      } finally {
        await Deno.remove(above, { recursive: true });
      }
    },
  });
}

layerTest("ensureAnnexLayer() takes no layer for whole whose making failed", async (root, log) => {
  const make = () => ensureAnnexLayer(root, (line) => log.push(line));
  await assertRejects(make, PoolError, "Cannot run");
  await Deno.mkdir(annexLayer(root), { recursive: true });
  await Deno.writeTextFile(join(annexLayer(root), "half"), "made");
  await assertRejects(make, PoolError, "Cannot run");
  assertEquals(log.length, 2);
  assertEquals(await exists(join(annexLayer(root), "half")), false);
  // Nothing stays mounted, and nothing was written below the layer.
  assertEquals((await Deno.readTextFile("/proc/self/mountinfo")).includes(root), false);
  assertEquals((await Array.fromAsync(Deno.readDir(join(root, "tmp")))).length, 0);
});

layerTest("ensureAnnexLayer() reuses a layer until the root below changes", async (root, log) => {
  const status = join(root, "var/lib/dpkg/status");
  await Deno.mkdir(join(status, ".."), { recursive: true });
  await Deno.mkdir(annexLayer(root), { recursive: true });
  // SHA-256 of no packages at all (FIPS 180-4).
  const empty = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
  await Deno.writeTextFile(`${root}.annex/whole`, `1 ${empty}\n`);
  await ensureAnnexLayer(root, (line) => log.push(line));
  assertEquals(log, []);

  await Deno.writeTextFile(status, "Package: libc6\n");
  await assertRejects(() => ensureAnnexLayer(root, (line) => log.push(line)), PoolError);
  assertEquals(log, [`pool: making "${root}.annex" for condor-annex-ec2 (about a minute)`]);
  assertEquals(await exists(`${root}.annex/whole`), false);
});

layerTest(
  "removeAnnexLayer() removes a layer, whole or not, and what it has not made never",
  async (root, log) => {
    const remove = () => removeAnnexLayer(root, (line) => log.push(line));
    await remove();
    assertEquals(log, []);
    await Deno.mkdir(annexLayer(root), { recursive: true });
    await remove();
    assertEquals(log, [`pool: removing "${root}.annex"`]);
    assertEquals(await exists(`${root}.annex`), false);

    await Deno.mkdir(annexLayer(root), { recursive: true });
    await Deno.writeTextFile(`${root}.annex/precious`, "kept");
    const error = await assertRejects(remove, PoolError);
    assertEquals(
      error.message,
      `Cannot replace "${root}.annex": the folder holds something else, "precious"`,
    );
    assertEquals(await Deno.readTextFile(`${root}.annex/precious`), "kept");
  },
);
