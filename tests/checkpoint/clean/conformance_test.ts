import { assertEquals } from "@std/assert";
import { missingForVectors, runVector, vectors } from "../vectors.ts";

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
