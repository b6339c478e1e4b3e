import { assert, assertEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import { join } from "@std/path";
import { type Answer, joinBytes } from "../../../core/checkpoint/manifest/answer.ts";
import { createManifestFor } from "../../../core/checkpoint/manifest/create.ts";
import * as functions from "../../../core/checkpoint/manifest/functions.ts";
import { sha256 } from "../../../core/checkpoint/manifest/hash.ts";
import { makeLine } from "../../../core/checkpoint/manifest/lines.ts";
import { openManifest, readManifest } from "../../../core/checkpoint/manifest/reader.ts";
import { Folder } from "../../posix/folder.ts";
import { type Vector, vectors as readVectors } from "../vectors.ts";
import { Checkpoint } from "./checkpoint.ts";
import { makeDirectory, NOT_UTF_8, writeFile } from "./names.ts";
import { asNobody, listLeft, setUp, within } from "./in_process.ts";

fc.configureGlobal({ seed: 2026 });

const decoder = new TextDecoder();

function call(name: string, argument: string, strict: boolean): Answer | Promise<Answer> {
  switch (name) {
    case "getNumberFromFileName":
      return functions.getNumberFromFileName(argument, { strict });
    case "validateManifestFile":
      return functions.validateManifestFile(argument);
    case "validateFilesListedIn":
      return functions.validateFilesListedIn(argument, { strict });
    case "FileFromLine":
      return functions.fileFromLine(argument);
    case "ChecksumFromLine":
      return functions.checksumFromLine(argument);
    case "compute_file_sha256_checksum":
      return functions.computeFileSha256Checksum(argument);
    case "createManifestFor":
      return createManifestFor(argument, { strict });
    default:
      throw new Error(`No function ${name}`);
  }
}

/** What a case comes to here, in the words of the recorded ones. */
async function repeat(vector: Vector, strict: boolean): Promise<Partial<Vector>> {
  const root = await asNobody(() => setUp(vector));
  try {
    const [name, argument] = vector.args as [string, string];
    const { stdout, stderr, status } = await within(
      join(root, vector.cwd),
      () => asNobody(() => call(name, argument.replaceAll("@W@", root), strict)),
    );
    const left = listLeft(root);
    return {
      rc: status,
      stdout: decoder.decode(stdout).replaceAll(root, "@W@"),
      stderr,
      left,
      ...(left.includes("MANIFEST")
        ? { MANIFEST_text: Deno.readTextFileSync(join(root, "MANIFEST")) }
        : {}),
    };
  } finally {
    for (const path of Object.keys(vector.modes ?? {})) Deno.chmodSync(join(root, path), 0o755);
    Deno.removeSync(root, { recursive: true });
  }
}

function recorded({ rc, stdout, stderr, left, MANIFEST_text }: Vector): Partial<Vector> {
  const wanted = { rc, stdout, stderr, left };
  return MANIFEST_text === undefined ? wanted : { ...wanted, MANIFEST_text };
}

/** Where we differ on purpose, unless told to be strict. */
const OURS: Readonly<Record<string, Partial<Vector>>> = {
  "number:_condor_checkpoint_MANIFEST.99999999999": { stdout: "-1\n" },
  "create:missing dir": {
    stderr: 'Cannot open "nosuch": No such file or directory: MANIFEST lists no file\n',
  },
  "create:argument is a file": {
    stderr: 'Cannot open "t/one": Not a directory: MANIFEST lists no file\n',
  },
};

const vectors = readVectors(
  ...["number", "file", "sum", "validateManifestFile", "validateFilesListedIn", "create"],
);

for (const strict of [true, false]) {
  const mode = strict ? "strictly" : "by its own rules";
  Deno.test(`the functions answer as recorded, ${mode}`, async (t) => {
    assertEquals(vectors.length, 107);
    for (const vector of vectors) {
      await t.step(vector.name, async () => {
        const found = await repeat(vector, strict);
        const ours = strict ? {} : OURS[vector.name] ?? {};
        assertEquals(found, { ...recorded(vector), ...ours });
      });
    }
  });
}

/** Does something in a directory with files and their MANIFEST. */
async function withFiles(
  names: readonly (string | Uint8Array)[],
  action: (manifest: string) => Promise<void>,
): Promise<void> {
  using checkpoint = await Checkpoint.make(names);
  await within(checkpoint.files, () => action(checkpoint.manifest));
}

const ODD_NAMES = [
  "a",
  " lead",
  "trail ",
  "cr\r",
  "new\nline",
  "\n",
  "*star",
  "é",
  `n\n${"0".repeat(64)}`,
];

Deno.test("validateFilesListedIn() finds files by every byte of their names", async () => {
  await withFiles([...ODD_NAMES, NOT_UTF_8], async (manifest) => {
    assertEquals((await functions.validateManifestFile(manifest)).status, 0);
    const { stdout, status } = await functions.validateFilesListedIn(manifest);
    assertEquals([decoder.decode(stdout), status], ["true\n", 0]);
    const upstream = await functions.validateFilesListedIn(manifest, { strict: true });
    assertEquals(
      decoder.decode(upstream.stdout),
      "false\nFailed to open checkpoint file ('trail') to compute checksum.\n",
    );
  });
});

Deno.test("validateFilesListedIn() names the first fault by its bytes", async () => {
  await withFiles([NOT_UTF_8, "b"], async (manifest) => {
    writeFile(NOT_UTF_8, joinBytes("changed"));
    const { stdout, status } = await functions.validateFilesListedIn(manifest);
    const [was, is] = [await sha256(joinBytes("content 0")), await sha256(joinBytes("changed"))];
    const parts = [`' did not have expected checksum (${is} vs ${was}).\n`];
    assertEquals(stdout, joinBytes("false\nCheckpoint file '", NOT_UTF_8, ...parts));
    assertEquals(status, 1);
  });
});

Deno.test("validateFilesListedIn() does not wait for a FIFO's writer", async () => {
  await withFiles(["a"], async (manifest) => {
    Deno.removeSync("a");
    assert(new Deno.Command("mkfifo", { args: ["a"] }).outputSync().success);
    const { stdout } = await functions.validateFilesListedIn(manifest);
    assertEquals(
      decoder.decode(stdout),
      "false\nFailed to open checkpoint file ('a') to compute checksum.\n",
    );
  });
});

Deno.test("validateManifestFile() and validateFilesListedIn() take any bytes", async () => {
  using folder = new Folder();
  const path = join(folder.path, "M.0000");
  const piece = fc.oneof(
    fc.constantFrom("\n", " *", "M.0000", "0".repeat(64), "\0", "a/../b"),
    fc.uint8Array({ maxLength: 5 }),
  );
  await fc.assert(fc.asyncProperty(fc.array(piece), async (pieces) => {
    Deno.writeFileSync(path, joinBytes(...pieces));
    const whole = await functions.validateManifestFile(path);
    assertEquals(decoder.decode(whole.stdout), whole.status === 0 ? "true\n" : "false\n");
    for (const strict of [true, false]) {
      const { stdout, status } = await functions.validateFilesListedIn(path, { strict });
      assertEquals(decoder.decode(stdout).startsWith("true\n"), status === 0);
    }
  }));
});

Deno.test("validateManifestFile() refuses a zero byte, even under a good hash", async () => {
  using folder = new Folder();
  const path = join(folder.path, "M");
  const records = joinBytes(`${"0".repeat(64)} *a\0b\n`);
  Deno.writeFileSync(path, joinBytes(records, makeLine(await sha256(records), joinBytes("M"))));
  assertEquals((await functions.validateManifestFile(path)).status, 1);
});

Deno.test("computeFileSha256Checksum() agrees with sha256sum on files of all sizes", async () => {
  using folder = new Folder();
  const MiB = 1024 * 1024;
  for (const size of [0, 1, 4095, 4096, MiB - 1, MiB, MiB + 1, 5 * MiB + 3]) {
    const path = join(folder.path, `${size}`);
    Deno.writeFileSync(path, new Uint8Array(size).fill(size % 251));
    const { stdout } = new Deno.Command("sha256sum", { args: ["--binary", path] }).outputSync();
    const answer = await functions.computeFileSha256Checksum(path);
    assertEquals(decoder.decode(answer.stdout), decoder.decode(stdout));
  }
});

Deno.test("computeFileSha256Checksum() waits for a FIFO's writer", async () => {
  using folder = new Folder();
  const path = join(folder.path, "fifo");
  assert(new Deno.Command("mkfifo", { args: [path] }).outputSync().success);
  const answer = functions.computeFileSha256Checksum(path);
  await Deno.writeTextFile(path, "hello\n");
  const sum = "5891b5b522d5df086d0ff0b110fbd9d21bb4fc7163af34d08286a2e846f6be03";
  assertEquals(decoder.decode((await answer).stdout), `${sum} *${path}\n`);
});

Deno.test("getNumberFromFileName() refuses what does not fit, or wraps it as upstream", () => {
  const prefix = "_condor_checkpoint_MANIFEST.";
  for (
    const [digits, ours, strict] of [
      ["2147483647", 2147483647, 2147483647],
      ["2147483648", -1, -2147483648],
      ["4294967296", -1, 0],
      ["9".repeat(400), -1, -1],
      ["0".repeat(400) + "7", 7, 7],
      ["7\n", -1, -1],
      ["٧", -1, -1],
    ] as const
  ) {
    for (const [options, number] of [[{}, ours], [{ strict: true }, strict]] as const) {
      const { stdout, status } = functions.getNumberFromFileName(prefix + digits, options);
      assertEquals([decoder.decode(stdout), status], [`${number}\n`, number & 255]);
    }
  }
});

Deno.test("createManifestFor() makes what both validations accept, whatever the names", async () => {
  const names = [...ODD_NAMES, NOT_UTF_8, joinBytes("sub", NOT_UTF_8)];
  await withFiles(names.map((name) => joinBytes(name)), async () => {
    const directory = joinBytes("deep", NOT_UTF_8);
    makeDirectory(directory);
    writeFile(joinBytes(directory, "/below"), joinBytes("below"));
    Deno.mkdirSync("link-target");
    Deno.symlinkSync("link-target", "link");
    const listener = Deno.listen({ transport: "unix", path: "socket" });
    const { status, stdout, stderr } = await createManifestFor(".");
    listener.close();
    assertEquals([status, stdout.length, stderr], [0, 0, ""]);
    assertEquals((await functions.validateManifestFile("MANIFEST")).status, 0);
    assertEquals(
      decoder.decode((await functions.validateFilesListedIn("MANIFEST")).stdout),
      "true\n",
    );
    const manifest = await readManifest(await openManifest("MANIFEST"), { fileName: "MANIFEST" });
    const found = Array.from({ length: manifest.count }, (_, at) => manifest.name(at).toHex());
    const wanted = [...names, joinBytes(directory, "/below")];
    assertEquals(found.sort(), wanted.map((name) => joinBytes("./", name).toHex()).sort());
    assertEquals(Deno.statSync("MANIFEST").mode! & 0o777, 0o600);
  });
});

Deno.test("createManifestFor() ends at a FIFO, and writes nothing", async () => {
  await withFiles(["a"], async () => {
    Deno.mkdirSync("t");
    assert(new Deno.Command("mkfifo", { args: ["t/f"] }).outputSync().success);
    const { stdout, status } = await createManifestFor("t");
    assertEquals(decoder.decode(stdout), "Failed to compute file (t/f) checksum, aborting.\n\n");
    assertEquals(status, 1);
    assertThrows(() => Deno.lstatSync("MANIFEST"), Deno.errors.NotFound);
  });
});

Deno.test("createManifestFor() ends at a directory that it may not read", async () => {
  const vector = { ...vectors[0]!, dirs: ["t/closed"], modes: { "t/closed": "0o0" } };
  const { rc, stdout } = await repeat({ ...vector, args: ["createManifestFor", "t"] }, false);
  assertEquals([rc, stdout], [1, "Failed to compute file (t/closed) checksum, aborting.\n\n"]);
});

Deno.test("createManifestFor() writes over a MANIFEST, but not through a link", async () => {
  await withFiles(["a"], async () => {
    Deno.writeTextFileSync("MANIFEST", "x".repeat(4096));
    assertEquals((await createManifestFor("none", { strict: true })).status, 0);
    assertEquals(Deno.readTextFileSync("MANIFEST").split("\n").length, 2);
    Deno.removeSync("MANIFEST");
    Deno.symlinkSync("a", "MANIFEST");
    const { stdout, status } = await createManifestFor("none", { strict: true });
    assertEquals(decoder.decode(stdout), "Failed write manifest file (MANIFEST), aborting.\n\n");
    assertEquals([status, Deno.readTextFileSync("a")], [1, "content 0"]);
  });
});
