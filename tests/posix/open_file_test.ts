import { assertEquals, assertThrows } from "@std/assert";
import { join } from "@std/path";
import { Directory, type OpenFile, PosixError, shownName } from "../../core/posix/mod.ts";
import { isRoot } from "../build/built.ts";
import { bytes, codeOf, Folder, openDescriptors } from "./folder.ts";

Deno.test("a file is written, given its mode, brought to the disk and read", async () => {
  using folder = new Folder();
  using directory = Directory.open(folder.path);
  const data = Uint8Array.from({ length: 300_000 }, (_, i) => i % 253);
  {
    using file = directory.createFile(bytes("file"), 0o600);
    file.write(new Uint8Array());
    file.write(data.subarray(0, 1));
    file.write(data.subarray(1));
    file.chmod(0o2444);
    file.sync();
    assertEquals(await file.syncAside(), true);
    assertEquals([file.status().mode, file.status().size], [0o2444, 300_000]);
  }
  using file = directory.openFile(bytes("file"));
  assertEquals(file.readAll(300_000), data);
  assertEquals(file.readAll(0), new Uint8Array());
});

Deno.test("what is done to an open file stays with it when its name leads elsewhere", () => {
  using folder = new Folder();
  using directory = Directory.open(folder.path);
  using file = directory.createFile(bytes("file"), 0o600);
  Deno.renameSync(join(folder.path, "file"), join(folder.path, "moved"));
  folder.write("file");
  file.chmod(0o400);
  file.write(bytes("text"));
  const at = (name: string) => directory.status(bytes(name));
  assertEquals([at("moved").mode, at("moved").size, at("file").size], [0o400, 4, 0]);
});

Deno.test({
  name: `chown() changes what it is told to${isRoot() ? "" : " (ignored: needs root)"}`,
  ignore: !isRoot(),
  fn() {
    using folder = new Folder();
    using directory = Directory.open(folder.path);
    using file = directory.createFile(bytes("file"), 0o600);
    const owner = () => [file.status().uid, file.status().gid];
    file.chown({ gid: 4321 });
    assertEquals(owner(), [0, 4321]);
    file.chown({ uid: 1234 });
    assertEquals(owner(), [1234, 4321]);
    file.chown({});
    assertEquals(owner(), [1234, 4321]);
    directory.itself.chown({ uid: 5, gid: 6 });
    assertEquals([directory.itself.status().uid, directory.itself.status().gid], [5, 6]);
  },
});

Deno.test("tryLock() lets one in at a time, and the next when that is closed", () => {
  using folder = new Folder();
  folder.write("lock");
  using directory = Directory.open(folder.path);
  const open = () => directory.openFile(bytes("lock"), { access: "update" });
  const first = open();
  using second = open();
  assertEquals([first.tryLock(), first.tryLock(), second.tryLock()], [true, true, false]);
  first[Symbol.dispose]();
  assertEquals(second.tryLock(), true);
  using third = directory.openFile(bytes("lock"));
  assertEquals(third.tryLock(), false);
});

Deno.test("errors name the file and the call", () => {
  using folder = new Folder();
  folder.write("file");
  using directory = Directory.open(folder.path);
  using file = directory.openFile(bytes("file"));
  assertThrows(
    () => file.write(bytes("x")),
    PosixError,
    'Cannot write "file": Bad file descriptor',
  );
  using full = Deno.build.os === "linux" ? openFull() : file;
  assertEquals(codeOf(() => full.write(bytes("x"))), "ENOSPC");
});

function openFull(): OpenFile {
  using devices = Directory.open("/dev");
  return devices.openFile(bytes("full"), { access: "update" });
}

Deno.test("a file that was disposed of cannot be used, nor closes what is not its own", async () => {
  using folder = new Folder();
  folder.write("file");
  const before = openDescriptors();
  using directory = Directory.open(folder.path);
  const file = directory.openFile(bytes("file"));
  file[Symbol.dispose]();
  using other = directory.openFile(bytes("file"));
  file[Symbol.dispose]();
  assertEquals(shownName(other.readAll(1)), "");
  const calls: readonly ((file: OpenFile) => unknown)[] = [
    (file) => file.status(),
    (file) => file.readAll(1),
    (file) => file.write(bytes("x")),
    (file) => file.chmod(0o600),
    (file) => file.chown({}),
    (file) => file.sync(),
    (file) => file.tryLock(),
  ];
  assertEquals(calls.map((call) => codeOf(() => call(file))), calls.map(() => "EBADF"));
  assertEquals(await file.syncAside(), false);
  directory[Symbol.dispose]();
  other[Symbol.dispose]();
  assertEquals(openDescriptors(), before);
});
