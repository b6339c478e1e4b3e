import { assert, assertEquals, assertRejects } from "@std/assert";
import fc from "fast-check";
import { joinBytes } from "../../../core/checkpoint/manifest/answer.ts";
import { validateFilesListedIn } from "../../../core/checkpoint/manifest/functions.ts";
import { sha256 } from "../../../core/checkpoint/manifest/hash.ts";
import { makeLine } from "../../../core/checkpoint/manifest/lines.ts";
import { verifyManifest } from "../../../core/checkpoint/manifest/verify.ts";
import { RefusedFile } from "../../../core/checkpoint/regular_file.ts";
import { Checkpoint, contentOf, MANIFEST } from "./checkpoint.ts";
import { asNobody, within } from "./in_process.ts";
import { NOT_UTF_8, SOME_CHECKSUM as SUM, writeFile } from "./names.ts";

fc.configureGlobal({ seed: 2026 });

const NAMES = ["a", " b ", "new\nline", "*", NOT_UTF_8];

Deno.test("verifyManifest() finds nothing wrong with files as they were listed", async () => {
  using checkpoint = await Checkpoint.make(NAMES);
  for (const jobs of [1, 3, 100]) {
    for (const keepGoing of [false, true]) {
      assertEquals(
        await verifyManifest(checkpoint.manifest, { dir: checkpoint.files, jobs, keepGoing }),
        { lines: ["5 of 5 files are as listed, 45 bytes"], status: 0 },
      );
    }
  }
});

/** A checkpoint with one fault of each kind, and what is said about them. */
async function faulty(): Promise<{ checkpoint: Checkpoint; faults: string[] }> {
  const checkpoint = await Checkpoint.make(["good", "changed"]);
  const { files } = checkpoint;
  const [good, is] = [await sha256(contentOf(0)), await sha256(joinBytes("other"))];
  Deno.writeTextFileSync(`${files}/changed`, "other");
  Deno.writeTextFileSync(`${checkpoint.path}/outside`, "x");
  assert(new Deno.Command("mkfifo", { args: [`${files}/fifo`] }).outputSync().success);
  await checkpoint.list(
    `${good} *good\n`,
    `${SUM} *changed\n`,
    `${SUM} *missing\n`,
    `${SUM} *fifo\n`,
    `${SUM} *.\n`,
    `${await sha256(joinBytes("x"))} *../outside\n`,
    `${SUM} *good/below\n`,
    makeLine(SUM, NOT_UTF_8),
    `${good} */good\n`,
  );
  return {
    checkpoint,
    faults: [
      `"changed": checksum is ${is}, not ${SUM}, of 5 bytes`,
      '"missing": no such file',
      '"fifo": not a regular file',
      '".": names no file in the directory',
      '"../outside": leads out of the directory',
      '"good/below": no such file',
      `"${new TextDecoder().decode(NOT_UTF_8)}": no such file`,
    ],
  };
}

Deno.test("verifyManifest() says one line for each fault, in the order of the MANIFEST", async () => {
  const { checkpoint, faults } = await faulty();
  using _ = checkpoint;
  for (const jobs of [1, 4]) {
    const options = { dir: checkpoint.files, jobs, keepGoing: true };
    assertEquals(await verifyManifest(checkpoint.manifest, options), {
      lines: [...faults, "2 of 9 files are as listed, 18 bytes"],
      status: 1,
    });
  }
});

Deno.test("verifyManifest() stops at the first fault unless told to go on", async () => {
  const { checkpoint, faults } = await faulty();
  using _ = checkpoint;
  for (const jobs of [1, 2, 8]) {
    const { lines, status } = await verifyManifest(checkpoint.manifest, {
      dir: checkpoint.files,
      jobs,
    });
    assertEquals([lines.length, lines[0], status], [2, faults[0], 1]);
  }
});

Deno.test("verifyManifest() prints JSON in which every name can be told", async () => {
  const { checkpoint } = await faulty();
  using _ = checkpoint;
  const { lines, status } = await verifyManifest(checkpoint.manifest, {
    dir: checkpoint.files,
    keepGoing: true,
    json: true,
  });
  const { faults, ...facts } = JSON.parse(lines.join("\n"));
  assertEquals([facts, status], [{
    file: checkpoint.manifest,
    dir: checkpoint.files,
    count: 9,
    verified: 2,
    bytes: 18,
  }, 1]);
  assertEquals(faults.map(({ kind }: { kind: string }) => kind), [
    "changed",
    "missing",
    "not-a-file",
    "unsafe",
    "unsafe",
    "missing",
    "missing",
  ]);
  assertEquals(faults.at(-1).name_base64, NOT_UTF_8.toBase64());
});

Deno.test("verifyManifest() takes a damaged MANIFEST for the first fault", async () => {
  using checkpoint = await Checkpoint.make(["a"]);
  const text = Deno.readTextFileSync(checkpoint.manifest);
  Deno.writeTextFileSync(checkpoint.manifest, text.slice(0, text.indexOf("\n") + 1));
  const damage = "MANIFEST damaged or cut short: it has no self line";
  const { path: _, manifest, files: dir } = checkpoint;
  assertEquals(await verifyManifest(manifest, { dir }), {
    lines: [damage, "0 of 1 files are as listed, 0 bytes"],
    status: 1,
  });
  assertEquals(await verifyManifest(manifest, { dir, keepGoing: true }), {
    lines: [damage, "1 of 1 files are as listed, 9 bytes"],
    status: 1,
  });
});

Deno.test("verifyManifest() follows links to files, as uploads do", async () => {
  using checkpoint = await Checkpoint.make(["a", "b"]);
  Deno.renameSync(`${checkpoint.files}/a`, `${checkpoint.path}/elsewhere`);
  Deno.symlinkSync("../elsewhere", `${checkpoint.files}/a`);
  assertEquals((await verifyManifest(checkpoint.manifest, { dir: checkpoint.files })).status, 0);
});

Deno.test("verifyManifest() says in one line what it may not read", async () => {
  const name = "n\nl";
  const checkpoint = await asNobody(() => Checkpoint.make([name]));
  using _ = checkpoint;
  await asNobody(async () => {
    Deno.chmodSync(`${checkpoint.files}/${name}`, 0);
    const { lines } = await verifyManifest(checkpoint.manifest, { dir: checkpoint.files });
    assertEquals(lines[0], '"n\\nl": Permission denied');
  });
});

Deno.test("verifyManifest() takes names of any length", async () => {
  using checkpoint = await Checkpoint.make([]);
  await checkpoint.list(`${SUM} *${"a/".repeat(200_000)}a\n`);
  const { lines, status } = await verifyManifest(checkpoint.manifest, { dir: checkpoint.files });
  assertEquals([lines[0]!.slice(-20), status], [": File name too long", 1]);
});

Deno.test("verifyManifest() refuses what is no MANIFEST", async () => {
  using checkpoint = await Checkpoint.make([]);
  await assertRejects(() => verifyManifest(checkpoint.path, {}), RefusedFile);
});

Deno.test("verifyManifest() and validateFilesListedIn() agree on files here", async () => {
  const change = fc.constantFrom("none", "content", "gone");
  const name = fc.stringMatching(/^[a-z ]{1,3}$/).map((text) => `f${text}`);
  const some = fc.uniqueArray(fc.tuple(name, change), {
    selector: ([text]) => text.trim(),
    minLength: 1,
    maxLength: 5,
  });
  await fc.assert(
    fc.asyncProperty(some, async (files) => {
      using checkpoint = await Checkpoint.make(files.map(([text]) => text));
      for (const [text, how] of files) {
        const path = `${checkpoint.files}/${text}`;
        if (how === "content") writeFile(joinBytes(path), joinBytes("changed"));
        if (how === "gone") Deno.removeSync(path);
      }
      await within(checkpoint.files, async () => {
        const verified = await verifyManifest(`../${MANIFEST}`, { keepGoing: true });
        const validated = await validateFilesListedIn(`../${MANIFEST}`);
        assertEquals(verified.status, validated.status);
        assertEquals(verified.lines.length - 1, files.filter(([, how]) => how !== "none").length);
      });
    }),
    { numRuns: 50 },
  );
});
