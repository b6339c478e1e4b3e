import { assertEquals, assertRejects } from "@std/assert";
import { join } from "@std/path";
import { PoolError } from "../../scripts/pool/command.ts";
import { mountPointsUnder } from "../../scripts/pool/mounts.ts";
import { ensureRoot, notInstalled, whyNoPool } from "../../scripts/pool/root.ts";

const noPool = await whyNoPool();
const ignore = noPool !== undefined;

Deno.test("mountPointsUnder() finds a folder's mounts, blanks and all, and no neighbour's", () => {
  const mountinfo = `21 1 254:0 / / rw - ext4 /dev/vda rw
40 21 0:5 / /srv/my\\040root/dev rw - devtmpfs udev rw
41 40 0:22 / /srv/my\\040root/dev/pts rw - devpts devpts rw
42 21 0:5 / /srv/my\\040root2/dev rw - devtmpfs udev rw
`;
  assertEquals(mountPointsUnder("/srv/my root", mountinfo), [
    "/srv/my root/dev",
    "/srv/my root/dev/pts",
  ]);
});

Deno.test("notInstalled() wants packages that are installed to the end", () => {
  const status = `Package: condor
Status: install ok installed
Version: 25.14.1

Package: python3-flask
Status: install ok half-configured

Package: procps
Status: deinstall ok config-files

Package: condor-doc
Status: install ok installed
`;
  assertEquals(notInstalled(["condor", "python3-flask", "procps", "condor-do"], status), [
    "python3-flask",
    "procps",
    "condor-do",
  ]);
});

Deno.test({
  name: `ensureRoot() leaves a folder alone that it has not made${
    ignore ? ` (ignored: ${noPool})` : ""
  }`,
  ignore,
  fn: async () => {
    const above = await Deno.makeTempDir();
    const folder = join(above, "root");
    await Deno.mkdir(folder);
    await Deno.writeTextFile(join(folder, "precious"), "kept");
    await assertRejects(() => ensureRoot(folder, () => {}), PoolError, "holds something else");
    assertEquals(await Deno.readTextFile(join(folder, "precious")), "kept");
    await Deno.remove(above, { recursive: true });
  },
});
