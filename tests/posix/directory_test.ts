import { assertEquals, assertThrows } from "@std/assert";
import { join } from "@std/path";
import { parseEntries } from "../../core/posix/listing.ts";
import { Directory, PosixError, shownName } from "../../core/posix/mod.ts";
import { bytes, codeOf, Folder, openDescriptors, sorted } from "./folder.ts";

Deno.test("Directory.open() opens directories only, by whatever path", () => {
  using folder = new Folder();
  Deno.symlinkSync(folder.path, join(folder.path, "link"));
  folder.write("file");
  using direct = Directory.open(folder.path);
  using linked = Directory.open(join(folder.path, "link"));
  assertEquals([...linked.entries()].length, [...direct.entries()].length);
  const path = (name: string) => join(folder.path, name);
  for (
    const [name, code] of [
      ["file", "ENOTDIR"],
      ["none", "ENOENT"],
      ["a\0b", "EINVAL"],
      ["x".repeat(300), "ENAMETOOLONG"],
      ["x/".repeat(4000), "ENAMETOOLONG"],
    ] as const
  ) {
    assertEquals([name, codeOf(() => Directory.open(path(name)))], [name, code]);
  }
  assertEquals(codeOf(() => Directory.open("")), "ENOENT");
});

Deno.test("openDirectory() opens a directory in another, and follows no symbolic link", () => {
  using folder = new Folder();
  Deno.mkdirSync(join(folder.path, "sub"));
  Deno.symlinkSync("sub", join(folder.path, "link"));
  Deno.symlinkSync("none", join(folder.path, "dangling"));
  folder.write("file");
  using directory = Directory.open(folder.path);
  directory.openDirectory(bytes("sub"))[Symbol.dispose]();
  for (const name of ["link", "dangling", "file"]) {
    assertEquals([name, codeOf(() => directory.openDirectory(bytes(name)))], [name, "ENOTDIR"]);
  }
  assertEquals(codeOf(() => directory.openDirectory(bytes("none"))), "ENOENT");
});

Deno.test("a directory is left by no name", () => {
  using folder = new Folder();
  Deno.mkdirSync(join(folder.path, "sub"));
  folder.write("sub/file");
  folder.write("file");
  using directory = Directory.open(join(folder.path, "sub"));
  const names = ["", ".", "..", "/", "../file", "../sub", "./file", folder.path, "file/", "a\0"];
  for (const name of names) {
    assertEquals([name, directory.unlink(bytes(name))], [name, 22]);
    assertEquals([name, directory.removeDirectory(bytes(name))], [name, 22]);
    assertEquals([name, codeOf(() => directory.openDirectory(bytes(name)))], [name, "EINVAL"]);
    assertEquals([name, codeOf(() => directory.readFile(bytes(name), 9))], [name, "EINVAL"]);
  }
  assertEquals([directory.unlink(bytes("file")), folder.names()], [0, ["file", "sub"]]);
});

Deno.test("unlink() and removeDirectory() return the number of the error", () => {
  using folder = new Folder();
  Deno.mkdirSync(join(folder.path, "sub"));
  Deno.symlinkSync("sub", join(folder.path, "link"));
  folder.write("sub/inner");
  folder.write("...");
  using directory = Directory.open(folder.path);
  const cases = [
    ["unlink", "sub", 21],
    ["removeDirectory", "sub", 39],
    ["removeDirectory", "link", 20],
    ["removeDirectory", "...", 20],
    ["unlink", "none", 2],
    ["removeDirectory", "none", 2],
    ["unlink", "x".repeat(256), 36],
    ["unlink", "x".repeat(5000), 36],
    ["unlink", "link", 0],
    ["unlink", "...", 0],
  ] as const;
  for (const [how, name, number] of cases) {
    assertEquals([how, name, directory[how](bytes(name))], [how, name, number]);
  }
  {
    using sub = directory.openDirectory(bytes("sub"));
    assertEquals(sub.unlink(bytes("inner")), 0);
  }
  assertEquals([directory.removeDirectory(bytes("sub")), folder.names()], [0, []]);
});

Deno.test("unlinkAside() removes as unlink() does, several at a time", async () => {
  using folder = new Folder();
  Deno.mkdirSync(join(folder.path, "sub"));
  const names = Array.from({ length: 200 }, (_, i) => `file ${i}`);
  for (const name of names) folder.write(name);
  using directory = Directory.open(folder.path);
  const asked = [...names, "sub", "none", "x".repeat(256), "x".repeat(5000), "a\0b", "..", "sub/x"];
  const numbers = await Promise.all(asked.map((name) => directory.unlinkAside(bytes(name))));
  assertEquals(numbers, [...names.map(() => 0), 21, 2, 36, 36, 22, 22, 22]);
  assertEquals(folder.names(), ["sub"]);
});

Deno.test("error numbers stay right while garbage is collected", () => {
  using folder = new Folder();
  Deno.mkdirSync(join(folder.path, "sub"));
  folder.write("sub/inner");
  using directory = Directory.open(folder.path);
  const [sub, none, long] = [bytes("sub"), bytes("none"), bytes("x".repeat(256))];
  const wrong: number[] = [];
  for (let i = 0; i < 20_000; i++) {
    const garbage = new Uint8Array(10_000);
    const found = [
      directory.unlink(sub),
      directory.unlink(none),
      directory.removeDirectory(sub),
      directory.unlink(long),
    ];
    if (`${found}` !== "21,2,39,36") wrong.push(...found, garbage.length);
  }
  assertEquals(wrong, []);
});

Deno.test("entries() tells names and types", async () => {
  using folder = new Folder();
  folder.write("file");
  folder.write(".hidden");
  folder.write("...");
  Deno.mkdirSync(join(folder.path, "directory"));
  Deno.symlinkSync("directory", join(folder.path, "link"));
  Deno.symlinkSync("none", join(folder.path, "dangling"));
  await new Deno.Command("mkfifo", { args: [join(folder.path, "fifo")] }).output();
  using socket = Deno.listen({ transport: "unix", path: join(folder.path, "socket") });
  using directory = Directory.open(folder.path);
  const found = [...directory.entries()].map(({ name, type }) => `${shownName(name)}: ${type}`);
  assertEquals([socket.addr.transport, found.toSorted()], ["unix", [
    "...: file",
    ".hidden: file",
    "dangling: symlink",
    "directory: directory",
    "fifo: other",
    "file: file",
    "link: symlink",
    "socket: other",
  ]]);
});

Deno.test("entries() lists many, and may be left and started anew", () => {
  using folder = new Folder();
  const names = Array.from({ length: 10_000 }, (_, i) => `${i}`.padStart(5 + i % 50, "0"));
  for (const name of names) folder.write(name);
  using directory = Directory.open(folder.path);
  const before = openDescriptors();
  for (const { name } of directory.entries()) {
    assertEquals(openDescriptors(), before + 1);
    if (name.length > 0) break;
  }
  assertEquals(openDescriptors(), before);
  const [one, two] = [directory.entries(), directory.entries()];
  one.next();
  assertEquals([...two].length, 10_000);
  assertEquals([...one].length, 9_999);
  const found = [...directory.entries()].map(({ name }) => shownName(name));
  assertEquals(found.toSorted(), names.toSorted());
  for (const { name } of directory.entries()) assertEquals(directory.unlink(name), 0);
  assertEquals([[...directory.entries()], openDescriptors()], [[], before]);
});

Deno.test("names of any bytes are listed, read, opened and removed", () => {
  using folder = new Folder();
  const names = [[0xff, 0xfe], [0x61, 0x0a, 0x62], [0x20], [0xc3, 0xbc], [0x0d], [0x80]];
  const paths = names.map((name) => [...bytes(folder.path), 0x2f, ...name]);
  for (const path of paths) folder.make("file", path);
  folder.make("directory", [...bytes(folder.path), 0x2f, 0xe9]);
  using directory = Directory.open(folder.path);
  assertEquals(sorted(directory), [...names, [0xe9]].map(String).toSorted());
  directory.openDirectory(Uint8Array.of(0xe9))[Symbol.dispose]();
  assertEquals(directory.removeDirectory(Uint8Array.of(0xe9)), 0);
  for (const name of names) {
    assertEquals(directory.readFile(Uint8Array.from(name), 9), new Uint8Array());
    assertEquals(directory.unlink(Uint8Array.from(name)), 0);
  }
  assertEquals(folder.names(), []);
});

Deno.test("readFile() reads regular files up to a limit", () => {
  using folder = new Folder();
  using directory = Directory.open(folder.path);
  for (const size of [0, 1, 65_535, 65_536, 65_537, 1_000_000]) {
    const data = Uint8Array.from({ length: size }, (_, i) => i % 251);
    Deno.writeFileSync(join(folder.path, "file"), data);
    for (const limit of [size, size + 1, 2_000_000]) {
      const read = directory.readFile(bytes("file"), limit);
      assertEquals([size, limit, read.length], [size, limit, size]);
      assertEquals(read.every((byte, i) => byte === data[i]), true);
    }
    if (size === 0) continue;
    assertThrows(
      () => directory.readFile(bytes("file"), size - 1),
      PosixError,
      `Cannot read "file": more than ${size - 1} bytes`,
    );
  }
  using self = Directory.open("/proc/self");
  assertEquals(shownName(self.readFile(bytes("status"), 10_000)).slice(0, 5), "Name:");
});

Deno.test("readFile() refuses what is no regular file, and waits for nothing", async () => {
  using folder = new Folder();
  folder.write("file");
  Deno.mkdirSync(join(folder.path, "directory"));
  Deno.symlinkSync("file", join(folder.path, "link"));
  await new Deno.Command("mkfifo", { args: [join(folder.path, "fifo")] }).output();
  using socket = Deno.listen({ transport: "unix", path: join(folder.path, "socket") });
  using directory = Directory.open(folder.path);
  const before = openDescriptors();
  const found = ["directory", "link", "fifo", "none", "socket"].map((name) => [
    name,
    codeOf(() => directory.readFile(bytes(name), 9)),
  ]);
  assertEquals([socket.addr.transport, found], ["unix", [
    ["directory", "EINVAL"],
    ["link", "ELOOP"],
    ["fifo", "EINVAL"],
    ["none", "ENOENT"],
    ["socket", "ENXIO"],
  ]]);
  using devices = Directory.open("/dev");
  assertThrows(
    () => devices.readFile(bytes("zero"), 9),
    PosixError,
    'Cannot read "zero": not a regular file',
  );
  devices[Symbol.dispose]();
  assertEquals(openDescriptors(), before);
});

Deno.test("a directory that was disposed of cannot be used, nor closes what is not its own", () => {
  using folder = new Folder();
  folder.write("file");
  const directory = Directory.open(folder.path);
  directory[Symbol.dispose]();
  using other = Directory.open(folder.path);
  directory[Symbol.dispose]();
  assertEquals([...other.entries()].length, 1);
  assertEquals([directory.unlink(bytes("file")), directory.removeDirectory(bytes("x"))], [9, 9]);
  assertEquals(codeOf(() => directory.openDirectory(bytes("file"))), "EBADF");
  assertEquals(codeOf(() => directory.readFile(bytes("file"), 1)), "EBADF");
  assertEquals(codeOf(() => [...directory.entries()]), "EBADF");
  assertEquals(folder.names(), ["file"]);
});

Deno.test("no descriptor stays open, whatever fails", () => {
  using folder = new Folder();
  folder.write("file");
  Deno.mkdirSync(join(folder.path, "sub"));
  Deno.symlinkSync("sub", join(folder.path, "link"));
  const before = openDescriptors();
  for (let i = 0; i < 50; i++) {
    using directory = Directory.open(folder.path);
    using sub = directory.openDirectory(bytes("sub"));
    for (const name of ["link", "file", "none", "..", "a\0"]) {
      codeOf(() => directory.openDirectory(bytes(name)));
      codeOf(() => sub.readFile(bytes(name), 0));
      codeOf(() => directory.readFile(bytes(name), 0));
    }
    assertThrows(
      () => {
        for (const _ of directory.entries()) throw new Error("left");
      },
      Error,
      "left",
    );
  }
  assertEquals(openDescriptors(), before);
});

Deno.test("a directory that was removed lists nothing", () => {
  using folder = new Folder();
  Deno.mkdirSync(join(folder.path, "sub"));
  using directory = Directory.open(folder.path);
  using sub = directory.openDirectory(bytes("sub"));
  assertEquals(directory.removeDirectory(bytes("sub")), 0);
  assertEquals(codeOf(() => [...sub.entries()]), "ENOENT");
  assertEquals(sub.unlink(bytes("a")), 2);
});

Deno.test("parseEntries() refuses what the kernel does not write", () => {
  const entry = (name: string, { size = 24, type = 8 } = {}) => {
    const record = new Uint8Array(24);
    new DataView(record.buffer).setUint16(16, size, true);
    record[18] = type;
    record.set(bytes(name), 19);
    return record;
  };
  const names = (...records: Uint8Array[]) =>
    [...parseEntries(Uint8Array.from(records.flatMap((record) => [...record])))]
      .map(({ name, type }) => [shownName(name), type]);
  assertEquals(names(entry("a"), entry("."), entry(".."), entry("...", { type: 4 })), [
    ["a", "file"],
    ["...", "directory"],
  ]);
  assertEquals(names(entry("a", { type: 0 }), entry("b", { type: 77 })), [
    ["a", "other"],
    ["b", "other"],
  ]);
  for (const size of [0, 1, 19, 20, 25, 65_535]) {
    assertEquals([size, codeOf(() => names(entry("ab", { size })))], [size, "EIO"]);
  }
  assertEquals(codeOf(() => names(entry("abcde"))), "EIO");
  assertEquals(codeOf(() => names(entry("abcde"), entry("a"))), "EIO");
  for (let cut = 1; cut < 24; cut++) {
    assertEquals([cut, codeOf(() => names(entry("abcd").subarray(0, cut)))], [cut, "EIO"]);
  }
});
