import { assert, assertEquals } from "@std/assert";
import { join } from "@std/path";
import { isListedMountPoint, mountPoints } from "../../core/posix/mounts.ts";
import { isMountPoint } from "../../core/posix/mod.ts";
import { bytes, codeOf, Folder } from "./folder.ts";

Deno.test("mountPoints() reads the kernel's table", () => {
  const table = [
    "22 1 0:20 / / rw,relatime shared:1 - ext4 /dev/sda1 rw",
    "23 22 0:21 / /proc rw - proc proc rw",
    "24 22 0:22 /part /mnt/a\\040b\\011c\\012d\\134e\\043f rw - tmpfs none rw",
    "25 22 0:23 / /mnt/\\777\\04 rw - nfs4 h:/\\040 rw",
    "26 22 0:24 / /mnt/ü rw master:2 propagate_from:3 - nfs h:/x rw",
    "",
  ].join("\n");
  assertEquals([...mountPoints(bytes(table))], [
    "/",
    "/proc",
    "/mnt/a b\tc\nd\\e#f",
    "/mnt/\\777\\04",
    "/mnt/\xc3\xbc",
  ]);
  assertEquals([...mountPoints(bytes("\n\n1 2 3\nx"))], []);
});

Deno.test("isMountPoint() knows what is mounted, by whatever path", () => {
  using folder = new Folder();
  Deno.symlinkSync("/proc", join(folder.path, "link"));
  folder.write("file");
  for (const isMounted of [isMountPoint, isListedMountPoint]) {
    assertEquals(["/proc", "/proc/", "/proc/../proc", "//proc", "/proc/self/.."].map(isMounted), [
      true,
      true,
      true,
      true,
      true,
    ]);
    assert(isMounted(join(folder.path, "link")));
    assertEquals(["/proc/self", folder.path, join(folder.path, "file")].map(isMounted), [
      false,
      false,
      false,
    ]);
  }
});

Deno.test("isMountPoint() has nothing mounted where nothing is", () => {
  using folder = new Folder();
  folder.write("file");
  for (const name of ["none", "none/x", "file/x"]) {
    assertEquals([name, isMountPoint(join(folder.path, name))], [name, false]);
  }
  // Not even where the working directory is one.
  const cwd = Deno.cwd();
  Deno.chdir("/proc");
  const found = ["", "."].map(isMountPoint);
  Deno.chdir(cwd);
  assertEquals(found, [false, true]);
  assertEquals(codeOf(() => isMountPoint("/a\0b")), "EINVAL");
  assertEquals(codeOf(() => isMountPoint("/" + "x".repeat(5000))), "ENAMETOOLONG");
  assertEquals(codeOf(() => isListedMountPoint("/" + "x".repeat(5000))), "ENAMETOOLONG");
});

Deno.test("isMountPoint() agrees with the kernel's table", async () => {
  const points = mountPoints(await Deno.readFile("/proc/self/mountinfo"));
  const told = [...points].filter((point) => /^[ -~]+$/.test(point));
  // What another mount hides is listed and not there any more; what is private cannot be looked at.
  const seen = told.filter((point) => isSeen(point));
  assert(seen.length > 0);
  assertEquals(seen.filter((point) => !isListedMountPoint(point)), []);
});

function isSeen(point: string): boolean {
  let seen = false;
  return codeOf(() => seen = isMountPoint(point)) === "" && seen;
}

const UNSHARE = ["-m", "sh", "-ec"];
const unshared = await new Deno.Command("unshare", { args: ["-m", "true"], stderr: "null" })
  .output().then(({ success }) => success, () => false);

Deno.test({
  name: "isMountPoint() knows bind mounts and odd names" +
    (unshared ? "" : " (ignored: no unshare -m, which needs root)"),
  ignore: !unshared,
  async fn() {
    using folder = new Folder();
    const script = `
cd "$1"
for d in plain "a b" 'back\\slash' 'line
feed' "ü" part bound hidden; do mkdir "$d"; done
mkdir part/sub hidden/inner
for d in "a b" 'back\\slash' 'line
feed' "ü"; do mount -t tmpfs none "$d"; done
mount --bind part/sub bound
mount -t tmpfs none hidden/inner
mount -t tmpfs none hidden
mkdir hidden/inner
exec "$0" run --quiet -A --no-lock "$2" "$1"
`;
    const { stdout, stderr } = await new Deno.Command("unshare", {
      args: [
        ...UNSHARE,
        script,
        Deno.execPath(),
        folder.path,
        new URL("testdata/list_mounts.ts", import.meta.url).pathname,
      ],
    }).output();
    assertEquals(new TextDecoder().decode(stderr), "");
    assertEquals(JSON.parse(new TextDecoder().decode(stdout)), {
      "a b": [true, true],
      "back\\slash": [true, true],
      bound: [true, true],
      hidden: [true, true],
      // The table lists what is hidden.
      "hidden/inner": [false, true],
      "line\nfeed": [true, true],
      part: [false, false],
      "part/sub": [false, false],
      plain: [false, false],
      "ü": [true, true],
    });
  },
});
