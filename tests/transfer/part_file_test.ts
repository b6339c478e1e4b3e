import { assert, assertEquals, assertMatch, assertThrows } from "@std/assert";
import { basename, dirname } from "@std/path";
import { PartFile } from "../../core/transfer/part_file.ts";
import { TempDir } from "./contract.ts";

Deno.test("PartFile is named after its target, differently each time, and makes no file yet", () => {
  using dir = new TempDir();
  const [first, second] = [new PartFile(dir.join("x.dat")), new PartFile(dir.join("x.dat"))];
  assertMatch(basename(first.path), new RegExp(`^\\.x\\.dat\\.part-${Deno.pid}-\\d+$`));
  assert(first.path !== second.path);
  assertEquals(dirname(first.path), dir.path);
  assertEquals(dir.names(), []);
  assertEquals(first.size(), 0);
});

Deno.test("PartFile shortens a long name by whole characters", () => {
  using dir = new TempDir();
  for (
    const name of ["n".repeat(255), "é".repeat(127), "\u{1f600}".repeat(63), "a" + "é".repeat(127)]
  ) {
    const part = new PartFile(dir.join(name));
    const bytes = new TextEncoder().encode(basename(part.path));
    assert(bytes.length <= 255 && bytes.length > 250, `${bytes.length} bytes`);
    assert(!part.path.includes("\ufffd"));
    part.write(new Uint8Array(3));
    part.rename(dir.join(name));
    assertEquals(dir.names(), [name]);
    Deno.removeSync(dir.join(name));
  }
});

Deno.test("PartFile.open() creates exclusively, with the mode that the umask leaves", () => {
  using dir = new TempDir();
  const mask = Deno.umask(0o027);
  try {
    const part = new PartFile(dir.join("f"));
    part.open().close();
    assertEquals(Deno.statSync(part.path).mode! & 0o777, 0o640);
    const other = new PartFile(dir.join("g"));
    Deno.symlinkSync("/etc/hostname", other.path);
    assertThrows(() => other.open(), Deno.errors.AlreadyExists);
    assertThrows(() => other.write(new Uint8Array(1)), Deno.errors.AlreadyExists);
  } finally {
    Deno.umask(mask);
  }
});

Deno.test("PartFile.open() continues at an offset and drops what lies behind it", () => {
  using dir = new TempDir();
  const part = new PartFile(dir.join("f"));
  part.write(new TextEncoder().encode("0123456789"));
  part.identity = { url: "http://h/f" };
  {
    using file = part.open(4);
    file.writeSync(new TextEncoder().encode("xy"));
  }
  assertEquals(Deno.readTextFileSync(part.path), "0123xy");
  assertEquals(part.identity, { url: "http://h/f" });
  part.open().close();
  assertEquals([part.size(), part.identity], [0, undefined]);
});

Deno.test("PartFile.finish() tells the size whoever wrote the file", () => {
  using dir = new TempDir();
  const part = new PartFile(dir.join("f"));
  assertThrows(() => part.finish(), Deno.errors.NotFound);
  Deno.writeTextFileSync(part.path, "123");
  assertEquals(part.finish(), 3);
  part.write(new Uint8Array(7));
  assertEquals(part.finish(), 7);
  part.remove();
  part.write(new Uint8Array(5));
  assertEquals(part.finish(), 5);
  const file = part.open(5);
  file.writeSync(new Uint8Array(1));
  file.close();
  assertEquals(part.finish(), 6);
});

Deno.test("PartFile.remove() is content when there is nothing", () => {
  using dir = new TempDir();
  const part = new PartFile(dir.join("f"));
  part.remove();
  part.write(new Uint8Array(1));
  part.remove();
  part.remove();
  assertEquals(dir.names(), []);
});

Deno.test("PartFile gives files the mode that the umask leaves, however they are written", async () => {
  const directory = await Deno.makeTempDir();
  const umask = Deno.umask(0o027);
  try {
    const [whole, parts] = [new PartFile(`${directory}/a`), new PartFile(`${directory}/b`)];
    whole.write(new Uint8Array(3));
    parts.open().close();
    for (const { path } of [whole, parts]) assertEquals(Deno.statSync(path).mode! & 0o777, 0o640);
  } finally {
    Deno.umask(umask);
    await Deno.remove(directory, { recursive: true });
  }
});
