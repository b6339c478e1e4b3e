import { assert, assertEquals, assertThrows } from "@std/assert";
import { parseAds } from "../../core/classad/mod.ts";
import { OutFile } from "../../core/transfer/out_file.ts";
import { available, missing, mountFullDisk } from "../servers/full_disk.ts";
import { TempDir } from "./contract.ts";

/** Size of the file that HTCondor makes. */
const RESERVED = 19_264;

function makeOut(dir: TempDir, content = " ".repeat(RESERVED)): string {
  const path = dir.join("out");
  Deno.writeTextFileSync(path, content);
  return path;
}

Deno.test("OutFile keeps the size it found while the ads fit", () => {
  using dir = new TempDir();
  const path = makeOut(dir);
  const inode = Deno.statSync(path).ino;
  {
    using out = new OutFile(path);
    out.reserve(3);
    out.write(["[ A = 1 ]", "[ B = 2 ]"]);
  }
  const text = Deno.readTextFileSync(path);
  assertEquals(text.length, RESERVED);
  assertEquals(text.trimEnd(), "[ A = 1 ]\n[ B = 2 ]");
  assertEquals(Deno.statSync(path).ino, inode);
});

Deno.test("OutFile leaves nothing of what the file held before", () => {
  using dir = new TempDir();
  for (const stale of ["[ Stale = true ]".repeat(2000), "[ Stale = true ]", ""]) {
    const path = makeOut(dir, stale);
    const out = new OutFile(path);
    out.reserve(1);
    assertEquals(Deno.readTextFileSync(path).trim(), "", "blank before the first ad");
    out.write(["[ A = 1 ]", "[ A = 2 ]", "[ A = 3 ]"]);
    out.write(["[ A = 1 ]"]);
    assertEquals(Deno.readTextFileSync(path).trimEnd(), "[ A = 1 ]");
    out.write([]);
    assertEquals(Deno.readTextFileSync(path).trim(), "");
    out.close();
    assertEquals(Deno.statSync(path).size, Math.max(stale.length, 1536));
  }
});

Deno.test("OutFile grows before the first ad when there are many, and not again", () => {
  using dir = new TempDir();
  const path = makeOut(dir);
  using out = new OutFile(path);
  out.reserve(1000);
  assertEquals(Deno.statSync(path).size, 1_536_000);
  out.write(Array(1000).fill("[ A = 1 ]"));
  assertEquals(Deno.statSync(path).size, 1_536_000);
  assertEquals([...parseAds(Deno.readFileSync(path))].length, 1000);
});

Deno.test("OutFile makes a missing file, and takes ads larger than what was reserved", () => {
  using dir = new TempDir();
  using out = new OutFile(dir.join("new"));
  const ad = `[ A = "${"x".repeat(5000)}é" ]`;
  out.reserve(1);
  out.write([ad]);
  assertEquals(Deno.readTextFileSync(dir.join("new")), `${ad}\n`);
  out.write(["[]"]);
  assertEquals(Deno.readTextFileSync(dir.join("new")).trimEnd(), "[]");
});

Deno.test("OutFile writes to what is no file, too", () => {
  using out = new OutFile("/dev/null");
  out.reserve(1);
  out.write(["[]"]);
});

Deno.test("OutFile fails where it cannot be opened", () => {
  using dir = new TempDir();
  assertThrows(() => new OutFile(dir.path));
  assertThrows(() => new OutFile(dir.join("no", "such")));
});

Deno.test({
  name: `OutFile reports within its reserved space on a full disk${
    available ? "" : ` (needs ${missing})`
  }`,
  ignore: !available,
  fn: async () => {
    await using disk = await mountFullDisk({ size: 65_536 });
    const path = `${disk.path}/out`;
    Deno.writeTextFileSync(path, " ".repeat(RESERVED));
    Deno.writeFileSync(`${disk.path}/filler`, new Uint8Array(await disk.free()));
    assertEquals(await disk.free(), 0);
    const out = new OutFile(path);
    out.reserve(100); // more than there is: no error yet
    const ads = Array.from({ length: 30 }, (_, i) => `[ N = ${i}; X = "${"x".repeat(600)}" ]`);
    out.write(ads);
    assertEquals([...parseAds(Deno.readFileSync(path))].length, 30);
    assertThrows(() => out.write([...ads, ...ads]), Error, "No space left on device");
    const kept = Deno.readFileSync(path);
    assert(kept.length >= RESERVED);
    const first: number[] = [];
    try {
      for (const ad of parseAds(kept)) first.push(ad.getInteger("N")!);
    } catch {
      // the last one is cut
    }
    assert(first.length >= 30, "as many as there is room for");
    out.close();
  },
});
