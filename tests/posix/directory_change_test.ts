import { assertEquals, assertThrows } from "@std/assert";
import { join } from "@std/path";
import { Directory, PosixError, shownName } from "../../core/posix/mod.ts";
import { isRoot } from "../build/built.ts";
import { bytes, codeOf, Folder, openDescriptors } from "./folder.ts";

Deno.test("Directory.open() follows no link at the path's end when told so", () => {
  using folder = new Folder();
  Deno.mkdirSync(join(folder.path, "sub/inner"), { recursive: true });
  Deno.symlinkSync("sub", join(folder.path, "link"));
  folder.write("file");
  const open = (name: string) => () => {
    using _ = Directory.open(join(folder.path, name), { follow: false });
  };
  assertEquals(
    ["sub", "link/inner", "link", "file", "none"].map((name) => codeOf(open(name))),
    ["", "", "ENOTDIR", "ENOTDIR", "ENOENT"],
  );
});

Deno.test("createFile() makes what is not there, and follows no planted link", () => {
  using folder = new Folder();
  const outside = join(folder.path, "outside");
  Deno.mkdirSync(join(folder.path, "sub"));
  folder.write("sub/file");
  Deno.mkdirSync(join(folder.path, "sub/directory"));
  Deno.symlinkSync(outside, join(folder.path, "sub/dangling"));
  Deno.symlinkSync("file", join(folder.path, "sub/link"));
  using directory = Directory.open(join(folder.path, "sub"));
  for (const name of ["file", "directory", "dangling", "link"]) {
    const made = codeOf(() => directory.createFile(bytes(name), 0o600)[Symbol.dispose]());
    assertEquals([name, made], [name, "EEXIST"]);
  }
  using made = directory.createFile(bytes("new"), 0o640);
  assertEquals([made.status().mode & 0o640, folder.names()], [0o640, ["sub"]]);
});

Deno.test("appendFile() writes at the end of regular files only", async () => {
  using folder = new Folder();
  const path = (name: string) => join(folder.path, name);
  Deno.mkdirSync(path("directory"));
  Deno.symlinkSync("log", path("link"));
  Deno.symlinkSync("none", path("dangling"));
  await new Deno.Command("mkfifo", { args: [path("fifo")] }).output();
  using reader = Deno.openSync(path("fifo"), { read: true, write: true });
  using directory = Directory.open(folder.path);
  const before = openDescriptors();
  for (const text of ["one ", "two"]) {
    using file = directory.appendFile(bytes("log"), 0o644);
    file.write(bytes(text));
  }
  assertEquals(Deno.readTextFileSync(path("log")), "one two");
  const found = ["link", "dangling", "directory", "fifo", "..", "a/b"].map((name) =>
    codeOf(() => directory.appendFile(bytes(name), 0o644))
  );
  assertEquals(found, ["ELOOP", "ELOOP", "EISDIR", "EINVAL", "EINVAL", "EINVAL"]);
  assertEquals([openDescriptors(), folder.names().includes("none")], [before, false]);
  assertEquals(reader.isTerminal(), false);
});

Deno.test("rename() stays in the directory, and replaces a link rather than what it leads to", () => {
  using folder = new Folder();
  const path = (name: string) => join(folder.path, name);
  Deno.mkdirSync(path("sub/full"), { recursive: true });
  folder.write("sub/full/file");
  Deno.writeTextFileSync(path("outside"), "outside");
  for (const name of ["a", "b", "c"]) Deno.writeTextFileSync(path(`sub/${name}`), name);
  Deno.symlinkSync("../outside", path("sub/link"));
  using directory = Directory.open(path("sub"));
  const rename = (from: string, to: string) =>
    codeOf(() => directory.rename(bytes(from), bytes(to)));
  const cases = [
    ["a", "link", ""],
    ["b", "c", ""],
    ["none", "x", "ENOENT"],
    ["c", "full", "EISDIR"],
    ["c", "../x", "EINVAL"],
    ["../outside", "x", "EINVAL"],
    ["c", "..", "EINVAL"],
    ["c", "x".repeat(256), "ENAMETOOLONG"],
    ["c", "x".repeat(5000), "ENAMETOOLONG"],
    ["c", "a\0b", "EINVAL"],
  ] as const;
  for (const [from, to, code] of cases) {
    assertEquals([from, to, rename(from, to)], [from, to, code]);
  }
  assertEquals(Deno.readTextFileSync(path("outside")), "outside");
  assertEquals([...directory.entries()].map(({ name }) => shownName(name)).toSorted(), [
    "c",
    "full",
    "link",
  ]);
  assertEquals([Deno.readTextFileSync(path("sub/link")), Deno.readTextFileSync(path("sub/c"))], [
    "a",
    "b",
  ]);
  assertThrows(
    () => directory.rename(bytes("none"), bytes("x")),
    PosixError,
    'Cannot rename "none" to "x": No such file or directory',
  );
});

Deno.test("makeDirectory() makes directories, not over anything", () => {
  using folder = new Folder();
  folder.write("file");
  Deno.symlinkSync("none", join(folder.path, "dangling"));
  using directory = Directory.open(folder.path);
  directory.makeDirectory(bytes("sub"), 0o700);
  assertEquals(directory.status(bytes("sub")).mode & 0o777, 0o700);
  for (
    const [name, code] of [
      ["sub", "EEXIST"],
      ["file", "EEXIST"],
      ["dangling", "EEXIST"],
      ["..", "EINVAL"],
      ["sub/x", "EINVAL"],
      ["x".repeat(256), "ENAMETOOLONG"],
    ] as const
  ) {
    assertEquals([name, codeOf(() => directory.makeDirectory(bytes(name), 0o700))], [name, code]);
  }
});

Deno.test("remainingEntries() lists once, without a descriptor of its own", () => {
  using folder = new Folder();
  const names = Array.from({ length: 5000 }, (_, i) => `file ${i}`);
  for (const name of names) folder.write(name);
  using directory = Directory.open(folder.path);
  const before = openDescriptors();
  const found: string[] = [];
  for (const { name } of directory.remainingEntries()) {
    if (found.push(shownName(name)) === 1) assertEquals(openDescriptors(), before);
  }
  assertEquals(found.toSorted(), names.toSorted());
  assertEquals([...directory.remainingEntries()], []);
  assertEquals([...directory.entries()].length, 5000);
});

Deno.test("several listings in turns keep their entries apart", () => {
  using folder = new Folder();
  for (const sub of ["a", "b", "c"]) {
    Deno.mkdirSync(join(folder.path, sub));
    for (let i = 0; i < 3000; i++) folder.write(`${sub}/${sub}${i}`);
  }
  const open = (sub: string) => Directory.open(join(folder.path, sub));
  using a = open("a");
  using b = open("b");
  using c = open("c");
  const listings = [a.entries(), b.remainingEntries(), c.entries()];
  const found: [string, string, string][] = [];
  for (let i = 0; i < 3000; i++) {
    const names = listings.map((listing) => shownName(listing.next().value!.name));
    found.push(names as [string, string, string]);
  }
  for (const [i, sub] of ["a", "b", "c"].entries()) {
    const names = new Set(found.map((names) => names[i]!));
    assertEquals([names.size, [...names].every((name) => name.startsWith(sub))], [3000, true]);
  }
});

Deno.test({
  name: `isAllowed() tells what the effective user may do${
    isRoot() ? " (ignored: root may do all)" : ""
  }`,
  ignore: isRoot(),
  fn() {
    using folder = new Folder();
    using directory = Directory.open(folder.path);
    const allowed = () => [directory.isAllowed("read"), directory.isAllowed("write")];
    assertEquals(allowed(), [true, true]);
    Deno.chmodSync(folder.path, 0o500);
    assertEquals(allowed(), [true, false]);
    Deno.chmodSync(folder.path, 0o700);
  },
});

Deno.test("isAllowed() allows nothing once the directory is closed", () => {
  using folder = new Folder();
  const directory = Directory.open(folder.path);
  assertEquals([directory.isAllowed("read"), directory.isAllowed("write")], [true, true]);
  directory[Symbol.dispose]();
  assertEquals([directory.isAllowed("read"), directory.isAllowed("write")], [false, false]);
  const calls: readonly (() => unknown)[] = [
    () => directory.status(bytes("x")),
    () => directory.createFile(bytes("x"), 0o600),
    () => directory.appendFile(bytes("x"), 0o600),
    () => directory.makeDirectory(bytes("x"), 0o700),
    () => directory.rename(bytes("x"), bytes("y")),
    () => [...directory.remainingEntries()],
    () => directory.itself.sync(),
  ];
  assertEquals(calls.map((call) => codeOf(call)), calls.map(() => "EBADF"));
});
