import { assert, assertEquals, assertRejects, assertThrows } from "@std/assert";
import { basename, join } from "@std/path";
import fc from "fast-check";
import { CleanupFailure } from "../../../core/checkpoint/failure.ts";
import { joinBytes } from "../../../core/checkpoint/manifest/answer.ts";
import { sha256 } from "../../../core/checkpoint/manifest/hash.ts";
import { makeLine } from "../../../core/checkpoint/manifest/lines.ts";
import {
  type Manifest,
  openManifest,
  readManifest,
} from "../../../core/checkpoint/manifest/reader.ts";
import { componentsOf } from "../../../core/checkpoint/name.ts";
import { RefusedFile } from "../../../core/checkpoint/regular_file.ts";
import { Folder } from "../../posix/folder.ts";
import { anyName, isAmbiguous, SOME_CHECKSUM as SUM } from "./names.ts";

fc.configureGlobal({ seed: 2026 });

const FILE = "_condor_checkpoint_MANIFEST.0007";
const FAILURE = "_condor_checkpoint_FAILURE.0007";
const decoder = new TextDecoder();

function names(manifest: Manifest): string[] {
  return Array.from({ length: manifest.count }, (_, at) => decoder.decode(manifest.name(at)));
}

/** A text with the self line that it needs. */
async function whole(text: string | Uint8Array): Promise<Uint8Array<ArrayBuffer>> {
  const bytes = joinBytes(text);
  return joinBytes(bytes, makeLine(await sha256(bytes), joinBytes(FILE)));
}

Deno.test("readManifest() reads what the starter wrote", async () => {
  const folder = new URL("../testdata/manifests/", import.meta.url).pathname;
  for (
    const [path, count, odd] of [
      ["plain/_condor_checkpoint_MANIFEST.0002", undefined, "_condor_stdout"],
      ["plain/_condor_checkpoint_MANIFEST.0003", undefined, "_condor_stdout"],
      ["relative-paths/_condor_checkpoint_MANIFEST.0000", undefined, "_condor_stdout"],
      ["odd-names/_condor_checkpoint_MANIFEST.0000", undefined, "state/trail "],
      ["newline-name/_condor_checkpoint_MANIFEST.0000", 11, "state/new\nline"],
      ["failure/_condor_checkpoint_FAILURE.0001", undefined, "_condor_stdout"],
    ] as const
  ) {
    const bytes = await openManifest(join(folder, path));
    const manifest = await readManifest(bytes, { fileName: basename(path) });
    assertEquals([manifest.selfHash, manifest.strays], ["good", 0], path);
    assert(names(manifest).includes(odd), path);
    assert(!names(manifest).some((name) => name.includes("_condor_checkpoint_")), path);
    if (count !== undefined) assertEquals(manifest.count, count);
  }
});

Deno.test("readManifest() keeps every byte of a name", async () => {
  for (
    const name of ["a", " a", "a ", "a\r", "a\n", "\na", "a\n\nb", "*a", "a *b", `a\n${SUM}`, "\t"]
  ) {
    const bytes = await whole(`${SUM} *first\n${SUM} *${name}\n${SUM} *last\n`);
    const manifest = await readManifest(bytes, { fileName: FILE });
    assertEquals(names(manifest), ["first", name, "last"]);
    assertEquals(decoder.decode(manifest.record(1)), `${SUM} *${name}\n`);
    assertEquals(decoder.decode(manifest.checksum(1)), SUM);
  }
});

Deno.test("readManifest() takes upper-case checksums, and names without an asterisk", async () => {
  const bytes = await whole(`${SUM.toUpperCase()} a\n`);
  const manifest = await readManifest(bytes, { fileName: FILE });
  assertEquals([names(manifest), manifest.selfHash], [["a"], "good"]);
});

Deno.test("readManifest() reports lines before the first record and skips them", async () => {
  const bytes = await whole(`junk\n\n${SUM} *a\n`);
  const manifest = await readManifest(bytes, { fileName: FILE });
  assertEquals([names(manifest), manifest.strays, manifest.selfHash], [["a"], 2, "good"]);
});

Deno.test("readManifest() skips records without a name, which name no file", async () => {
  for (const nameless of [`${SUM} *\n`, `${SUM} \n`]) {
    const bytes = await whole(
      `${nameless}${SUM} *a\n${nameless}${nameless}${SUM} *\nb\n${nameless}`,
    );
    const manifest = await readManifest(bytes, { fileName: FILE });
    assertEquals([names(manifest), manifest.strays, manifest.selfHash], [["a", "\nb"], 4, "good"]);
  }
});

Deno.test("readManifest() knows the self line of a FAILURE file, and of a MANIFEST only", async () => {
  const bytes = await whole(`${SUM} *a\n`);
  for (
    const [fileName, expected, selfHash] of [
      [FILE, ["a"], "good"],
      [FAILURE, ["a"], "good"],
      ["_condor_checkpoint_MANIFEST.0008", ["a", FILE], "missing"],
      [`x${FAILURE}`, ["a", FILE], "missing"],
    ] as const
  ) {
    const manifest = await readManifest(bytes, { fileName });
    assertEquals([names(manifest), manifest.selfHash], [[...expected], selfHash], fileName);
  }
});

Deno.test("readManifest() judges the self hash", async () => {
  const good = await whole(`${SUM} *a\n`);
  const text = decoder.decode(good);
  for (
    const [changed, expected] of [
      [text, "good"],
      [text.slice(0, -1), "good"],
      [text.replace("*a", "*b"), "bad"],
      [`${SUM} *a\n${SUM} *${FILE}\n`, "bad"],
      [`${SUM} *a\n`, "missing"],
      [`${text}\n`, "missing"],
      ["", "missing"],
    ] as const
  ) {
    const manifest = await readManifest(joinBytes(changed), { fileName: FILE });
    assertEquals(manifest.selfHash, expected, changed);
  }
  const only = await readManifest(await whole(""), { fileName: FILE });
  assertEquals([only.count, only.selfHash], [0, "good"]);
});

Deno.test("readManifest() finds all whole records of a file cut short anywhere", async () => {
  const text = `${SUM} *a\n${SUM} *b\nb\n${SUM} *ccc\n`;
  const bytes = await whole(text);
  for (let length = 0; length < bytes.length; length++) {
    const manifest = await readManifest(bytes.slice(0, length), { fileName: FILE });
    const found = names(manifest);
    const cut = found.pop() ?? "";
    const complete = ["a", "b\nb", "ccc"].slice(0, found.length);
    assertEquals(found, complete, `${length} bytes`);
    // What the last name lacks is its end, and nothing is put there instead.
    assert(["a", "b\nb", "ccc", FILE].some((name) => `${name}\n`.startsWith(cut)), `${length}`);
    if (length < bytes.length - 1) assert(manifest.selfHash !== "good");
  }
});

Deno.test("readManifest() reads as upstream does when told so", async () => {
  const bytes = await whole(`${SUM} *a \r\nb\n\n\t${SUM}  c\n${SUM} *\n`);
  const manifest = await readManifest(bytes, { fileName: FILE, strict: true });
  assertEquals([names(manifest), manifest.strays], [["a", "", "", " c", ""], 0]);
  const failure = await readManifest(bytes, { fileName: FAILURE, strict: true });
  assertEquals(names(failure), ["a", "", "", " c", "", FILE]);
  assertEquals([manifest.selfHash, failure.selfHash], ["good", "good"]);
});

Deno.test("readManifest() refuses an index that it does not have", async () => {
  const manifest = await readManifest(await whole(`${SUM} *a\n`), { fileName: FILE });
  for (const index of [-1, 1, NaN]) assertThrows(() => manifest.name(index), RangeError);
});

Deno.test("readManifest() returns any names it was given, but for ambiguous ones", async () => {
  await fc.assert(fc.asyncProperty(fc.array(anyName, { maxLength: 6 }), async (given) => {
    const bytes = await whole(joinBytes(...given.map((name) => makeLine(SUM, name))));
    const manifest = await readManifest(bytes, { fileName: FILE });
    assertEquals(manifest.selfHash, "good");
    if (given.some((name) => isAmbiguous(joinBytes(name)))) return;
    assertEquals(Array.from({ length: manifest.count }, (_, at) => manifest.name(at)), given);
  }));
});

Deno.test("readManifest() makes of an ambiguous name two that stay in their checkpoint", async () => {
  const bytes = await whole(`${SUM} *a\n${SUM} *../../etc/passwd\n`);
  const manifest = await readManifest(bytes, { fileName: FILE });
  assertEquals(names(manifest), ["a", "../../etc/passwd"]);
  assertThrows(() => componentsOf(manifest.name(1)), CleanupFailure);
});

Deno.test("readManifest() reads any bytes, and loses none but strays", async () => {
  const piece = fc.oneof(
    fc.constantFrom("\n", " *", "* ", `${SUM} *`, SUM, `${SUM} *${FILE}\n`, "\0"),
    fc.uint8Array({ maxLength: 9 }),
  );
  await fc.assert(fc.asyncProperty(fc.array(piece), fc.boolean(), async (pieces, strict) => {
    const bytes = joinBytes(...pieces);
    const manifest = await readManifest(bytes, { fileName: FILE, strict });
    let length = 0;
    for (let at = 0; at < manifest.count; at++) {
      const record = manifest.record(at);
      assert(record.length > 0);
      assert(manifest.name(at).length <= record.length);
      length += record.length;
    }
    assert(length <= bytes.length);
    if (!strict && manifest.strays === 0 && manifest.selfHash === "missing") {
      assertEquals(length, bytes.length);
    }
  }));
});

Deno.test("openManifest() tells what is missing from what must not be read", async () => {
  using folder = new Folder();
  const path = join(folder.path, FILE);
  await assertRejects(() => openManifest(path), Deno.errors.NotFound);
  Deno.writeTextFileSync(join(folder.path, "target"), "x");
  Deno.symlinkSync("target", path);
  await assertRejects(() => openManifest(path), RefusedFile);
  await assertRejects(() => openManifest(folder.path), RefusedFile);
  const fifo = join(folder.path, "fifo");
  assert(new Deno.Command("mkfifo", { args: [fifo] }).outputSync().success);
  await assertRejects(() => openManifest(fifo), RefusedFile);
});
