import { assertEquals, assertRejects } from "@std/assert";
import { joinBytes } from "../../../core/checkpoint/manifest/answer.ts";
import { sha256 } from "../../../core/checkpoint/manifest/hash.ts";
import { listManifest } from "../../../core/checkpoint/manifest/list.ts";
import { RefusedFile } from "../../../core/checkpoint/regular_file.ts";
import { Checkpoint, contentOf } from "./checkpoint.ts";
import { NOT_UTF_8, SOME_CHECKSUM as SUM } from "./names.ts";

Deno.test("listManifest() lists checksums, sizes and names, one a line", async () => {
  using checkpoint = await Checkpoint.make(["a", "new\nline"]);
  const [one, two] = [await sha256(contentOf(0)), await sha256(contentOf(1))];
  assertEquals(await listManifest(checkpoint.manifest, { dir: checkpoint.files }), {
    lines: [
      `${one}            9 "a"`,
      `${two}            9 "new\\nline"`,
      "MANIFEST is whole: 2 files",
    ],
    status: 0,
  });
  Deno.removeSync(`${checkpoint.files}/a`);
  const { lines, status } = await listManifest(checkpoint.manifest, { dir: checkpoint.files });
  assertEquals([lines[0], status], [`${one}            - "a"`, 0]);
});

Deno.test("listManifest() does not look at files outside of the directory", async () => {
  using checkpoint = await Checkpoint.make([]);
  Deno.writeTextFileSync(`${checkpoint.path}/outside`, "x");
  await checkpoint.list(`${SUM} *../outside\n`, `${SUM} *${checkpoint.path}/outside\n`);
  const { lines } = await listManifest(checkpoint.manifest, { dir: checkpoint.files });
  assertEquals(lines.slice(0, 2).map((line) => line.slice(65, 78).trim()), ["-", "-"]);
});

Deno.test("listManifest() says what is wrong with a MANIFEST", async () => {
  using checkpoint = await Checkpoint.make([]);
  Deno.writeTextFileSync(checkpoint.manifest, `junk\n${SUM} *a\n`);
  const { lines, status } = await listManifest(checkpoint.manifest, {});
  assertEquals([lines.slice(1), status], [
    ["MANIFEST damaged or cut short: it has no self line", "1 lines belong to no record"],
    1,
  ]);
  const self = checkpoint.manifest.split("/").at(-1);
  Deno.writeTextFileSync(checkpoint.manifest, `${SUM} *${self}\n`);
  assertEquals(await listManifest(checkpoint.manifest, {}), {
    lines: ["MANIFEST damaged or cut short: the hash in its last line is wrong"],
    status: 1,
  });
});

Deno.test("listManifest() prints JSON in which every name can be told", async () => {
  using checkpoint = await Checkpoint.make(["a\n", NOT_UTF_8]);
  Deno.removeSync(`${checkpoint.files}/a\n`);
  const { lines } = await listManifest(checkpoint.manifest, { dir: checkpoint.files, json: true });
  assertEquals(JSON.parse(lines.join("\n")), {
    file: checkpoint.manifest,
    selfHash: "good",
    strays: 0,
    count: 2,
    records: [
      { name: "a\n", checksum: await sha256(contentOf(0)) },
      {
        name: new TextDecoder().decode(NOT_UTF_8),
        name_base64: NOT_UTF_8.toBase64(),
        checksum: await sha256(contentOf(1)),
        size: 9,
      },
    ],
  });
  await checkpoint.list();
  const empty = await listManifest(checkpoint.manifest, { json: true });
  assertEquals(JSON.parse(empty.lines.join("\n")).records, []);
});

Deno.test("listManifest() says why it cannot read", async () => {
  using checkpoint = await Checkpoint.make([]);
  const missing = `${checkpoint.path}/none`;
  await assertRejects(
    () => listManifest(missing, {}),
    RefusedFile,
    `Cannot read "${missing}": no such file`,
  );
  await assertRejects(() => listManifest(checkpoint.files, {}), RefusedFile, "not a regular file");
  const below = `${checkpoint.manifest}/x`;
  const error = await assertRejects(() => listManifest(below, {}), RefusedFile);
  assertEquals(error.message, `Cannot read "${below}": Not a directory`);
});

Deno.test("listManifest() takes ten thousand records", async () => {
  using checkpoint = await Checkpoint.make([]);
  await checkpoint.list(joinBytes(`${SUM} *f\n`.repeat(10_000)));
  const { lines } = await listManifest(checkpoint.manifest, { dir: checkpoint.files });
  assertEquals(lines.length, 10_001);
});
