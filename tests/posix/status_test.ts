import { assert, assertEquals } from "@std/assert";
import { join } from "@std/path";
import { Directory, isSameFile } from "../../core/posix/mod.ts";
import { bytes, codeOf, Folder } from "./folder.ts";

Deno.test("status() tells what lstat(2) tells, of a link the link itself", async () => {
  using folder = new Folder();
  const path = (name: string) => join(folder.path, name);
  Deno.writeFileSync(path("file"), new Uint8Array(1234));
  Deno.linkSync(path("file"), path("second"));
  Deno.chmodSync(path("file"), 0o4751);
  Deno.writeFileSync(path("empty"), new Uint8Array());
  Deno.chmodSync(path("empty"), 0);
  Deno.mkdirSync(path("directory"));
  Deno.chmodSync(path("directory"), 0o3770);
  Deno.symlinkSync("file", path("link"));
  Deno.symlinkSync("none", path("dangling"));
  await new Deno.Command("mkfifo", { args: [path("fifo")] }).output();
  using directory = Directory.open(folder.path);
  const types = {
    file: "file",
    second: "file",
    empty: "file",
    directory: "directory",
    link: "symlink",
    dangling: "symlink",
    fifo: "other",
  };
  for (const [name, type] of Object.entries(types)) {
    const told = await Deno.lstat(path(name));
    const { mtime, dev, ...status } = directory.status(bytes(name));
    assertEquals(status, {
      type: type as "file",
      uid: told.uid!,
      gid: told.gid!,
      mode: told.mode! & 0o7777,
      nlink: told.nlink!,
      size: told.size,
      inode: BigInt(told.ino!),
    });
    assert(Math.abs(mtime - told.mtime!.getTime()) <= 1, `${name}: ${mtime}`);
    assertEquals(dev, directory.itself.status().dev);
  }
  assertEquals(directory.status(bytes("file")).mode, 0o4751);
  assertEquals(directory.itself.status().type, "directory");
});

Deno.test("status() tells times before 1970 and sizes beyond 4 GiB", () => {
  using folder = new Folder();
  using file = Deno.openSync(join(folder.path, "file"), { write: true, create: true });
  file.truncateSync(5 * 2 ** 30);
  file.utimeSync(-5, -5.25);
  using directory = Directory.open(folder.path);
  const { size, mtime } = directory.status(bytes("file"));
  assertEquals([size, mtime], [5 * 2 ** 30, -5250]);
});

Deno.test("status() has nothing for what is not there", () => {
  using folder = new Folder();
  using directory = Directory.open(folder.path);
  for (
    const [name, code] of [
      ["none", "ENOENT"],
      ["", "EINVAL"],
      ["..", "EINVAL"],
      ["a/b", "EINVAL"],
      ["a\0", "EINVAL"],
      ["x".repeat(256), "ENAMETOOLONG"],
    ] as const
  ) {
    assertEquals([name, codeOf(() => directory.status(bytes(name)))], [name, code]);
  }
});

Deno.test("isSameFile() knows a file again, whatever its name", () => {
  using folder = new Folder();
  folder.write("a");
  folder.write("b");
  Deno.linkSync(join(folder.path, "a"), join(folder.path, "c"));
  using directory = Directory.open(folder.path);
  using proc = Directory.open("/proc");
  const [a, b, c] = ["a", "b", "c"].map((name) => directory.status(bytes(name)));
  assertEquals([isSameFile(a!, a!), isSameFile(a!, c!), isSameFile(a!, b!)], [true, true, false]);
  const other = { ...proc.itself.status(), inode: a!.inode };
  assertEquals(isSameFile(a!, other), false);
});
