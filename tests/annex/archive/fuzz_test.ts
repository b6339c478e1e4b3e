/** Archives that are wrong in ways that nobody thought of: none may reach out of its place. */
import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { unpack } from "../../../core/annex/archive/unpack.ts";
import { AnnexError } from "../../../core/annex/errors.ts";
import { concat, END, type Entry, GNU, gzip, members, portions, record, tar } from "./tar.ts";

const { signal } = new AbortController();
const LIMITS = {
  bytes: 1 << 20,
  members: 50,
  extension: 4096,
  path: 1024,
  component: 255,
  depth: 32,
};

/** Where writing costs nothing, if there is such a place: each file is synced. */
const MEMORY = await Deno.stat("/dev/shm").then(() => "/dev/shm", () => "/tmp");

/** Names with teeth. */
const NAMES = [
  "config.d/00ec2-dynamic.config",
  "tokens.d/a",
  "passwords.d/POOL",
  "a/b/c",
  "../escaped",
  "..",
  "/escaped",
  "./../escaped",
  "a/../../escaped",
  "a",
  "a/",
  "./",
  "",
  ".//x",
  "a\0b",
  "a/..",
  "config.d/\u202e",
];

const entry: fc.Arbitrary<Entry> = fc.record({
  name: fc.oneof(
    { weight: 4, arbitrary: fc.constantFrom(...NAMES) },
    fc.string({ unit: fc.constantFrom("a", "/", ".", "..", "\\", "\0", "é"), maxLength: 12 }),
  ),
  type: fc.oneof(
    { weight: 6, arbitrary: fc.constantFrom("0", "5", "0", "5", "0") },
    fc.constantFrom("1", "2", "3", "4", "6", "7", "x", "g", "L", "K", "S", "\0", "Z"),
  ),
  mode: fc.constantFrom(0o644, 0o4755, 0o777, 0, "       ", "zzzzzzz"),
  content: fc.oneof(
    fc.constantFrom("", "text", "x".repeat(600), "../escaped\0", "/escaped"),
    fc.constantFrom(...NAMES).map((name) => new TextDecoder().decode(record("path", name))),
    fc.constantFrom("1", "99999999999").map((size) =>
      new TextDecoder().decode(record("size", size))
    ),
  ),
  link: fc.constantFrom("", "/etc", "../..", "tokens.d"),
  prefix: fc.constantFrom("", "", "", "..", "/", "a"),
  magic: fc.constantFrom("ustar\x0000", "ustar\x0000", GNU),
});

interface Change {
  readonly at: number;
  readonly byte: number;
}

const change: fc.Arbitrary<Change> = fc.record({ at: fc.nat(), byte: fc.nat(255) });

/** Changes bytes, and puts right the sums of headers, without which nothing would be looked at. */
function mutate(archive: Uint8Array<ArrayBuffer>, changes: readonly Change[], mend: boolean) {
  const mutated = archive.slice();
  for (const { at, byte } of changes) mutated[at % mutated.length] = byte;
  for (let at = 0; mend && at + 512 <= mutated.length; at += 512) {
    const block = mutated.subarray(at, at + 512);
    if (String.fromCharCode(...block.subarray(257, 262)) !== "ustar") continue;
    block.set(new TextEncoder().encode("        "), 148);
    const sum = block.reduce((total, value) => total + value, 0);
    block.set(new TextEncoder().encode(`${sum.toString(8).padStart(6, "0")}\0 `), 148);
  }
  return mutated;
}

/** Unpacks into a new directory; false for an archive that was refused. */
async function attempt(archive: Uint8Array<ArrayBuffer>, into: string): Promise<boolean> {
  await Deno.mkdir(into);
  try {
    const { files } = await unpack(portions(archive), into, { signal, limits: LIMITS });
    for (const { path, mode } of files) {
      const info = await Deno.lstat(`${into}/${path}`);
      assert(info.isFile);
      assertEquals([mode & ~0o755, info.mode! & 0o7777], [0, mode]);
      assertEquals(/^(?:tokens|passwords)\.d\//.test(path) ? mode : 0o600, 0o600);
    }
    return true;
  } catch (error) {
    if (!(error instanceof AnnexError)) throw error;
    assertEquals(error.code, "archive-rejected");
    assert(!/\p{Cc}/u.test(error.message), error.message);
    return false;
  } finally {
    await Deno.remove(into, { recursive: true });
  }
}

/** Unpacks many archives in a directory, in which nothing else may appear. */
async function inPlace<T>(
  arbitrary: fc.Arbitrary<T>,
  numRuns: number,
  pack: (value: T) => Promise<Uint8Array<ArrayBuffer>>,
): Promise<number> {
  const folder = await Deno.makeTempDir({ dir: MEMORY, prefix: "pinion-annex-" });
  let whole = 0;
  try {
    await Deno.writeTextFile(`${folder}/escaped`, "stays");
    await fc.assert(
      fc.asyncProperty(arbitrary, async (value) => {
        if (await attempt(await pack(value), `${folder}/into`)) whole++;
        assertEquals([...Deno.readDirSync(folder)].map(({ name }) => name), ["escaped"]);
      }),
      { numRuns },
    );
    assertEquals(await Deno.readTextFile(`${folder}/escaped`), "stays");
    assertEquals(await Deno.stat("/escaped").catch(() => undefined), undefined);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
  return whole;
}

Deno.test("unpack() writes nothing elsewhere for 6000 archives put together at random", async () => {
  const entries = fc.array(entry, { minLength: 1, maxLength: 5 });
  const whole = await inPlace(entries, 6000, async (all) => await gzip(tar(all)));
  assert(whole > 100, `only ${whole} archives were whole`);
});

Deno.test("unpack() writes nothing elsewhere for 6000 archives that were changed", async () => {
  const original = concat(
    members([
      { name: "config.d/" },
      { name: "config.d/00ec2-dynamic.config", content: "IsAnnex = TRUE\n" },
      { type: "x", name: "x", content: record("path", "tokens.d/long") },
      { name: "tokens.d/short", content: "token" },
      { magic: GNU, type: "L", name: "././@LongLink", content: `d/${"n".repeat(120)}\0` },
      { magic: GNU, name: "d/n", content: "x".repeat(700) },
    ]),
    END,
  );
  const changes = fc.array(change, { minLength: 1, maxLength: 4 });
  const whole = await inPlace(
    fc.tuple(changes, fc.boolean()),
    6000,
    async ([changes, mend]) => await gzip(mutate(original, changes, mend)),
  );
  assert(whole > 100, `only ${whole} archives were whole`);
});

Deno.test("unpack() refuses or unpacks gzip streams that were changed", async () => {
  const original = await gzip(tar([{ name: "config.d/a", content: "x".repeat(5000) }]));
  const changes = fc.array(change, { minLength: 1, maxLength: 3 });
  await inPlace(changes, 1000, (all) => Promise.resolve(mutate(original, all, false)));
});
