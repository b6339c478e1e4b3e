import { assert, assertEquals, assertRejects } from "@std/assert";
import { join } from "@std/path";
import fc from "fast-check";
import { joinBytes } from "../../../core/checkpoint/manifest/answer.ts";
import { validateManifestFile } from "../../../core/checkpoint/manifest/functions.ts";
import { sha256 } from "../../../core/checkpoint/manifest/hash.ts";
import { makeLine } from "../../../core/checkpoint/manifest/lines.ts";
import {
  type Manifest,
  openManifest,
  readManifest,
} from "../../../core/checkpoint/manifest/reader.ts";
import { isStaleTemporary, rewriteManifest } from "../../../core/checkpoint/manifest/writer.ts";
import { effectiveUser } from "../../../core/posix/mod.ts";
import { Folder } from "../../posix/folder.ts";
import { anyName, SOME_CHECKSUM as SUM } from "./names.ts";

fc.configureGlobal({ seed: 2026 });

const FILE = "_condor_checkpoint_MANIFEST.0007";
const FAILURE = "_condor_checkpoint_FAILURE.0007";

/** Writes a MANIFEST with these names and reads it. */
async function make(
  path: string,
  { names, fileName = FILE }: { names: readonly (string | Uint8Array)[]; fileName?: string },
): Promise<Manifest> {
  const records = joinBytes(...names.map((name) => makeLine(SUM, joinBytes(name))));
  const self = makeLine(await sha256(records), joinBytes(FILE));
  Deno.writeFileSync(join(path, fileName), joinBytes(records, self));
  return await readManifest(await openManifest(join(path, fileName)), { fileName });
}

async function reread(path: string, fileName = FILE): Promise<Manifest> {
  return await readManifest(await openManifest(join(path, fileName)), { fileName });
}

function recordsOf(manifest: Manifest): Uint8Array[] {
  return Array.from({ length: manifest.count }, (_, at) => manifest.record(at));
}

Deno.test("rewriteManifest() keeps exactly the records that stay, whatever their names", async () => {
  using folder = new Folder();
  const path = join(folder.path, FILE);
  const some = fc.array(fc.tuple(anyName, fc.boolean()), { maxLength: 8 });
  await fc.assert(
    fc.asyncProperty(some, async (given) => {
      const names = given.map(([name]) => name.filter((byte) => byte !== 0));
      const before = await make(folder.path, { names });
      const stays = (index: number) => given[index % given.length]![1];
      const kept = recordsOf(before).filter((_, index) => stays(index));
      await rewriteManifest(path, before, { keep: stays });
      const after = await reread(folder.path);
      assertEquals(after.selfHash, "good");
      assertEquals(joinBytes(...recordsOf(after)), joinBytes(...kept));
      assertEquals((await validateManifestFile(path)).status, 0);
    }),
    { numRuns: 60 },
  );
});

Deno.test("rewriteManifest() of all records is what was there", async () => {
  using folder = new Folder();
  const path = join(folder.path, FILE);
  const manifest = await make(folder.path, { names: ["a", " b ", "c\nd", "*"] });
  const before = Deno.readFileSync(path);
  await rewriteManifest(path, manifest, { keep: () => true });
  assertEquals(Deno.readFileSync(path), before);
});

Deno.test("rewriteManifest() writes more than fits its buffer", async () => {
  using folder = new Folder();
  const path = join(folder.path, FILE);
  const huge = "x".repeat(3 << 20);
  const names = Array.from({ length: 40_000 }, (_, at) => at === 20_000 ? huge : `d/file-${at}`);
  const manifest = await make(folder.path, { names });
  await rewriteManifest(path, manifest, { keep: (index) => index % 5 < 4 });
  const after = await reread(folder.path);
  assertEquals([after.count, after.selfHash], [32_000, "good"]);
  assertEquals(after.name(16_000).length, huge.length);
});

Deno.test("rewriteManifest() mends what was cut short", async () => {
  using folder = new Folder();
  const path = join(folder.path, FILE);
  Deno.writeTextFileSync(path, `junk\n${SUM} *a\n${SUM} *b`);
  const manifest = await reread(folder.path);
  assertEquals([manifest.count, manifest.strays, manifest.selfHash], [2, 1, "missing"]);
  await rewriteManifest(path, manifest, { keep: () => true });
  const after = await reread(folder.path);
  assertEquals([after.count, after.strays, after.selfHash], [2, 0, "good"]);
});

Deno.test("rewriteManifest() lets a FAILURE file name the MANIFEST that it was", async () => {
  using folder = new Folder();
  const manifest = await make(folder.path, { names: ["a", "b"], fileName: FAILURE });
  await rewriteManifest(join(folder.path, FAILURE), manifest, { keep: (index) => index === 1 });
  assertEquals((await reread(folder.path, FAILURE)).selfHash, "good");
  Deno.renameSync(join(folder.path, FAILURE), join(folder.path, FILE));
  assertEquals((await validateManifestFile(join(folder.path, FILE))).status, 0);
});

Deno.test("rewriteManifest() leaves the old file and nothing else when it fails", async () => {
  using folder = new Folder();
  const path = join(folder.path, FILE);
  const manifest = await make(folder.path, { names: ["a", "b"] });
  const before = Deno.readFileSync(path);
  const keep = () => {
    throw new Error("cut");
  };
  await assertRejects(() => rewriteManifest(path, manifest, { keep }), Error, "cut");
  assertEquals(Deno.readFileSync(path), before);
  assertEquals([...Deno.readDirSync(folder.path)].map(({ name }) => name), [FILE]);
});

Deno.test("rewriteManifest() does not bring back a file that is gone", async () => {
  using folder = new Folder();
  const path = join(folder.path, FILE);
  const manifest = await make(folder.path, { names: ["a"] });
  Deno.removeSync(path);
  await assertRejects(() => rewriteManifest(path, manifest, { keep: () => true }));
  assertEquals([...Deno.readDirSync(folder.path)], []);
});

Deno.test("rewriteManifest() is not misled by what lies under its temporary's name", async () => {
  using folder = new Folder();
  const path = join(folder.path, FILE);
  const manifest = await make(folder.path, { names: ["a", "b"] });
  const temporary = `.${FILE}.${Deno.pid}.tmp`;
  assert(isStaleTemporary(temporary));
  Deno.writeTextFileSync(join(folder.path, "victim"), "precious");
  Deno.symlinkSync("victim", join(folder.path, temporary));
  await rewriteManifest(path, manifest, { keep: (index) => index === 0 });
  assertEquals(Deno.readTextFileSync(join(folder.path, "victim")), "precious");
  assertEquals((await reread(folder.path)).count, 1);
  assert(Deno.lstatSync(path).isFile);
});

Deno.test("rewriteManifest() makes a file that nobody else may read", async () => {
  using folder = new Folder();
  const path = join(folder.path, FILE);
  const manifest = await make(folder.path, { names: ["a"] });
  Deno.chmodSync(path, 0o644);
  await rewriteManifest(path, manifest, { keep: () => true });
  assertEquals(Deno.statSync(path).mode! & 0o777, 0o600);
});

const isRoot = effectiveUser() === 0;
Deno.test({
  name: `rewriteManifest() leaves the file to its owner${isRoot ? "" : " (skipped: not root)"}`,
  ignore: !isRoot,
  fn: async () => {
    using folder = new Folder();
    const path = join(folder.path, FILE);
    const manifest = await make(folder.path, { names: ["a"] });
    for (const owner of [[65534, 0], [0, 65534]] as const) {
      Deno.chownSync(path, owner[0], owner[1]);
      await rewriteManifest(path, manifest, { keep: () => true });
      const { uid, gid } = Deno.statSync(path);
      assertEquals([uid, gid], [...owner]);
    }
  },
});

Deno.test("isStaleTemporary() knows its own, and nothing else", () => {
  for (const name of [`.${FILE}.1.tmp`, `.${FAILURE}.4194304.tmp`]) assert(isStaleTemporary(name));
  for (
    const name of [
      FILE,
      FAILURE,
      ".job.ad",
      `.${FILE}.tmp`,
      `.${FILE}.x.tmp`,
      `${FILE}.1.tmp`,
      `.${FILE}.1.tmp.`,
      `.${FILE}.1.tmp\n`,
      "._condor_checkpoint_MANIFEST.a.1.tmp",
    ]
  ) assert(!isStaleTemporary(name), name);
});
