/**
 * The functions of our `condor_manifest` against HTCondor's own, over generated MANIFESTs, lines,
 * file names and directories: the same output and exit status.
 */
import { assert, assertEquals, assertMatch } from "@std/assert";
import { dirname } from "@std/path";
import fc from "fast-check";
import { type Answer, joinBytes } from "../../core/checkpoint/manifest/answer.ts";
import { createManifestFor } from "../../core/checkpoint/manifest/create.ts";
import * as functions from "../../core/checkpoint/manifest/functions.ts";
import { sha256 } from "../../core/checkpoint/manifest/hash.ts";

const ROOT = Deno.env.get("PINION_POOL_ROOT") ?? "/var/tmp/pinion-pool/root";
const MISSING = missing();
const FILE = "M.0000";
const FILES = { "a": "hello\n", "b c": "", "d/e": "sp" };
/** What a shell makes of SIGABRT: links in a circle are too much for HTCondor's own program. */
const ABORTED = 134;
const STRICT = { strict: true };

function missing(): string {
  if (Deno.uid() !== 0) return " (root is missing)";
  try {
    Deno.statSync(`${ROOT}/usr/bin/condor_manifest`);
    return "";
  } catch {
    return " (HTCondor in PINION_POOL_ROOT is missing)";
  }
}

/** What HTCondor's program answers in a directory of the root. */
function htcondor(folder: string, ...args: readonly string[]): Omit<Answer, "stderr"> {
  const { code, stdout } = new Deno.Command("chroot", {
    args: [ROOT, "sh", "-c", 'cd "$1"; shift; exec condor_manifest "$@"', "sh", folder, ...args],
    clearEnv: true,
    env: { PATH: "/usr/sbin:/usr/bin:/sbin:/bin", CONDOR_CONFIG: "/etc/condor/condor_config" },
  }).outputSync();
  return { stdout, status: code };
}

/** Does something in a new directory of the root, which becomes the current one. */
async function inRoot(action: (folder: string) => Promise<void>): Promise<void> {
  const before = Deno.cwd();
  const host = Deno.makeTempDirSync({ dir: `${ROOT}/tmp` });
  Deno.chdir(host);
  try {
    await action(host.slice(ROOT.length));
  } finally {
    Deno.chdir(before);
    Deno.removeSync(host, { recursive: true });
  }
}

function writeFiles(files: Readonly<Record<string, string>>): void {
  for (const [path, text] of Object.entries(files)) {
    Deno.mkdirSync(`./${dirname(path)}`, { recursive: true });
    Deno.writeTextFileSync(path, text);
  }
}

function test(name: string, action: (folder: string) => Promise<void>): void {
  Deno.test({
    name: `${name}${MISSING}`,
    ignore: MISSING !== "",
    fn: () => inRoot(action),
  });
}

const sums = await Promise.all(Object.values(FILES).map((text) => sha256(joinBytes(text))));
const sum = fc.constantFrom(...sums, "0".repeat(64), sums[0]!.toUpperCase(), "abc", "");
const name = fc.constantFrom(...Object.keys(FILES), "none", "d", "a ", " a", "", FILE, "é", "./a");
const between = fc.constantFrom(" *", " *", " *", " ", "  ", "\t*", " **", "");
const end = fc.constantFrom("\n", "\n", "\n", "\r\n", " \n", "\n\n", "\t\v\f\n", "");
const record = fc.oneof(
  { weight: 3, arbitrary: fc.integer({ min: 0, max: 2 }) },
  fc.tuple(fc.constantFrom("", "", " ", "\t"), sum, between, name, end),
);
/** The self line: as it should be, or something else. */
const self = fc.tuple(
  fc.constantFrom("good", "good", "bad", "none"),
  between,
  fc.constantFrom(FILE, FILE, "0000", "x.0000", ""),
  end,
);

test("validations of any MANIFEST agree with HTCondor", async (folder) => {
  writeFiles(FILES);
  await fc.assert(
    fc.asyncProperty(fc.array(record, { maxLength: 5 }), self, async (given, last) => {
      const names = Object.keys(FILES);
      const lines = given.map((one) =>
        typeof one === "number" ? `${sums[one]} *${names[one]}\n` : one.join("")
      );
      const records = joinBytes(...lines);
      const [kind, ...rest] = last;
      const own = kind === "good" ? await sha256(records) : "0".repeat(64);
      const bytes = kind === "none" ? records : joinBytes(records, own, ...rest);
      Deno.writeFileSync(FILE, bytes);
      for (const path of [FILE, `${folder}/${FILE}`]) {
        const theirs = htcondor(folder, "validateManifestFile", path);
        const here = path === FILE ? FILE : ROOT + path;
        assertEquals(await functions.validateManifestFile(here), { ...theirs, stderr: "" });
      }
      const theirs = htcondor(folder, "validateFilesListedIn", FILE);
      const ours = await functions.validateFilesListedIn(FILE, STRICT);
      assertEquals(text(ours), text(theirs));
      const lenient = await functions.validateFilesListedIn(FILE);
      assert(theirs.status !== 0 || lenient.status === 0);
    }),
    { numRuns: 150, seed: 1 },
  );
});

function text({ stdout, status }: Omit<Answer, "stderr">): string {
  return `${status} ${new TextDecoder().decode(stdout)}`;
}

test("functions on lines and file names agree with HTCondor", async (folder) => {
  const piece = fc.constantFrom(" ", " *", "*", "\t", "\n", "\r", "abc", "é", "0".repeat(64));
  const digits = fc.oneof(
    fc.bigInt({ min: 0n, max: 2n ** 66n }).map(String),
    fc.stringMatching(/^[-+ 0-9a]{0,4}$/),
  );
  await fc.assert(
    fc.asyncProperty(fc.array(piece), digits, async (pieces, number) => {
      const line = pieces.join("");
      const fileName = `_condor_checkpoint_MANIFEST.${number}`;
      for (
        const [called, argument, ours] of [
          ["FileFromLine", line, functions.fileFromLine(line)],
          ["ChecksumFromLine", line, functions.checksumFromLine(line)],
          [
            "getNumberFromFileName",
            fileName,
            functions.getNumberFromFileName(fileName, STRICT),
          ],
        ] as const
      ) {
        const theirs = htcondor(folder, called, argument);
        assertEquals(text(ours), text(theirs), `${called} ${JSON.stringify(argument)}`);
      }
      await Promise.resolve();
    }),
    { numRuns: 100, seed: 1 },
  );
});

test("createManifestFor() lists any directory as HTCondor does", async (folder) => {
  const part = fc.constantFrom("a", "b c", "d", " e", "f ", "*", "é", "-x", "new\nline");
  const path = fc.array(part, { minLength: 1, maxLength: 3 }).map((parts) => parts.join("/"));
  const target = fc.constantFrom("a", ".", "..", "d", "../a", "none");
  const typed = fc.constantFrom("t", "t/", "./t", "t//", ".", "none", "t/a");
  const tree = fc.array(fc.tuple(path, fc.constantFrom("file", "file", "link"), target));
  await fc.assert(
    fc.asyncProperty(tree, typed, async (entries, directory) => {
      for (const { name } of Deno.readDirSync(".")) Deno.removeSync(name, { recursive: true });
      Deno.mkdirSync("t");
      for (const [path, kind, to] of entries) {
        try {
          Deno.mkdirSync(`t/${dirname(path)}`, { recursive: true });
          if (kind === "file") Deno.writeTextFileSync(`t/${path}`, path, { createNew: true });
          else Deno.symlinkSync(to, `t/${path}`);
        } catch {
          // There is something else already, which is as good.
        }
      }
      const [theirs, ours] = [
        [htcondor(folder, "createManifestFor", directory), readManifestFile()],
        [await createManifestFor(directory, STRICT), readManifestFile()],
      ] as const;
      if (theirs[0].status === ABORTED) {
        assertMatch(text(ours[0]), /^1 Failed to compute file \([^)]*\) checksum, aborting\.\n\n$/);
      } else {
        assertEquals(text(ours[0]), text(theirs[0]));
      }
      assertEquals(ours[1], theirs[1]);
    }),
    { numRuns: 100, seed: 1 },
  );
});

/** The MANIFEST that was made, which goes so that the next is not listed in it. */
function readManifestFile(): string | undefined {
  try {
    const made = Deno.readTextFileSync("MANIFEST");
    Deno.removeSync("MANIFEST");
    return made;
  } catch {
    return undefined;
  }
}
