import { assertEquals } from "@std/assert";
import { missingForVectors, type Result, runVector, type Vector, vectors } from "../vectors.ts";

const STRICT = {
  _CONDOR_CHECKPOINT_MANIFEST_STRICT: "true",
  _CONDOR_CHECKPOINT_CLEANUP_MISSING_MANIFEST: "error",
};

const name = (text: string) =>
  missingForVectors === "" ? text : `${text} (needs ${missingForVectors})`;
const ignore = missingForVectors !== "";

for (const vector of vectors("delete", "usage")) {
  Deno.test({
    name: name(`condor_manifest does as HTCondor's own: ${vector.name}`),
    ignore,
    fn: async () => {
      const { rc, stdout, stderr, plugin_calls, left } = await runVector(vector, STRICT);
      // Where HTCondor's own crashes ours must not.
      const wanted = vector.rc < 0
        ? {
          rc: 1,
          stdout: "",
          stderr: `'${vector.args[2]}' is not a manifest stem, aborting.\n`,
          plugin_calls: [],
          left: vector.left,
        }
        : vector;
      assertEquals(
        { rc, stdout, stderr, plugin_calls, left },
        {
          rc: wanted.rc,
          stdout: wanted.stdout,
          stderr: wanted.stderr,
          plugin_calls: [...wanted.plugin_calls],
          left: [...wanted.left].toSorted(),
        },
      );
    },
  });
}

/**
 * Where ours does better on purpose: what differs from the recording, by vector. Without a word
 * here a vector comes out as recorded, byte by byte.
 */
const BETTER: Readonly<Record<string, (recorded: Vector) => Partial<Result>>> = {
  // The reason is said, too.
  "no map file": ({ stdout }) => ({
    stdout: `${stdout}Cannot read map file "@W@/map": no such file\n`,
  }),
  "symlinked MANIFEST is refused": ({ stdout }) => ({
    stdout: `${stdout}Cannot read "@W@/j/_condor_checkpoint_MANIFEST.0000": not a regular file\n`,
  }),
  // One failure does not stop the others, and all are counted.
  "plug-in not executable": counted,
  "plug-in mode fail": bothAsked,
  "plug-in mode failquiet": bothAsked,
  "plug-in mode sig": bothAsked,
  "plug-in mode failsecond": ({ stdout }) => ({
    stdout: stdout.replaceAll(/\n\n/g, "\n\n1 of 2 files could not be deleted\n"),
  }),
  // Numbers without a MANIFEST were done before.
  "gaps in the range": () => ({ rc: 0, stdout: "" }),
  "only .job.ad left": () => ({ rc: 0, stdout: "" }),
  "empty directory": () => ({ rc: 0, stdout: "" }),
  "directory missing": () => ({ rc: 0, stdout: "", stderr: "" }),
  // The MANIFEST's own name in a FAILURE file never was at the destination.
  "FAILURE file": ({ plugin_calls }) => ({ plugin_calls: plugin_calls.slice(0, 2) }),
  // Both are done, and numbers above HIGH as well.
  "MANIFEST and FAILURE of one number": ({ plugin_calls }) => ({
    plugin_calls: [...plugin_calls, ...plugin_calls.map((call) => [...call, IGNORE])],
    stderr: REMOVED,
    left: ["map"],
  }),
  "manifest above the range stays": ({ plugin_calls }) => ({
    rc: 0,
    stdout: "",
    stderr: REMOVED,
    plugin_calls: [
      ...plugin_calls,
      ...plugin_calls.map((call) => call.map((word) => word.replace("0000", "0005"))),
    ],
    left: ["map"],
  }),
  // A MANIFEST that cannot be relied on is not taken for a whole one.
  "empty MANIFEST": damaged,
  "bad self hash is not checked": damaged,
  "odd names": (recorded) => ({
    ...damaged(),
    rc: 1,
    left: ["j/", "j/.job.ad", "j/_condor_checkpoint_MANIFEST.0000", "map"],
    stdout: `${DAMAGED}Refused "../../etc/x": it leads out of its checkpoint\n` +
      "1 of 9 files could not be deleted\n",
    stderr: "",
    plugin_calls: ["/abs/y", 'a b"c', "trail ", " lead", "*star", "-dash", "ünï", "new\nline"]
      .map((name) => recorded.plugin_calls[0]!.map((word, i) => i === 3 ? name : word)),
  }),
  "short stem aborts": () => ({
    rc: 1,
    stdout: "",
    stderr: "'b' is not a manifest stem, aborting.\n",
  }),
};

const IGNORE = "-ignore-missing-files";
const REMOVED = "Removing @W@/j/.job.ad after successful clean-up.\n" +
  "Removing @W@/j after successful clean-up.\n";
const DAMAGED = "MANIFEST damaged or cut short: '@W@/j/_condor_checkpoint_MANIFEST.0000'\n";

function counted({ stdout }: Vector): Partial<Result> {
  return { stdout: `${stdout}2 of 2 files could not be deleted\n` };
}

function bothAsked({ stdout, plugin_calls }: Vector): Partial<Result> {
  return {
    stdout: stdout.replaceAll(/\n\n/g, "\n\n2 of 2 files could not be deleted\n"),
    plugin_calls: plugin_calls.flatMap((call) => [
      call,
      call.map((word) => /^file-\d+$/.test(word) ? "sub/f2" : word),
    ]),
  };
}

function damaged(): Partial<Result> {
  return {
    rc: 1,
    stdout: `${DAMAGED}Files may be left at 'x://a/b/gid/0000', which cannot be listed\n`,
  };
}

for (const vector of vectors("delete")) {
  const title = vector.name.slice("delete:".length);
  // Time-outs are tried again until the budget is spent: see the tests of interruptions.
  if (title === "plug-in time-out") continue;
  Deno.test({
    name: name(`condor_manifest does as HTCondor's own, or better on purpose: ${title}`),
    ignore,
    fn: async () => {
      const { rc, stdout, stderr, plugin_calls, left } = await runVector(vector, {});
      const wanted = { ...vector, ...BETTER[title]?.(vector) };
      assertEquals(
        { rc, stdout, stderr, plugin_calls, left },
        {
          rc: wanted.rc,
          stdout: wanted.stdout,
          stderr: wanted.stderr,
          plugin_calls: [...wanted.plugin_calls],
          left: [...wanted.left].toSorted(),
        },
      );
    },
  });
}
