/** The files of checkpoints: those that are stored, and those that HTCondor keeps of them. */

import { JOB_FILES } from "./checkpoint_scripts.ts";

/** Numbers of the MANIFEST and FAILURE files in a directory: `0001`, or `0001 failed`. */
export async function manifests(directory: string): Promise<string[]> {
  const names = (await Array.fromAsync(Deno.readDir(directory)).catch(() => [])).map((e) => e.name);
  return names.flatMap((name) => {
    const [, kind, digits] = /^_condor_checkpoint_(MANIFEST|FAILURE)\.(\d+)$/.exec(name) ?? [];
    return kind === undefined ? [] : [kind === "FAILURE" ? `${digits} failed` : `${digits}`];
  }).toSorted();
}

/** All files below a directory, sorted. */
export async function filesBelow(directory: string): Promise<string[]> {
  const found: string[] = [];
  const walk = async (below: string) => {
    const entries = await Array.fromAsync(Deno.readDir(`${directory}/${below}`)).catch(() => []);
    for (const { name, isDirectory } of entries) {
      if (isDirectory) await walk(`${below}${name}/`);
      else found.push(below + name);
    }
  };
  await walk("");
  return found.toSorted();
}

/** What the store holds of a job of which these checkpoints are whole. */
export function wholeCheckpoints(numbers: readonly string[]): string[] {
  return numbers.flatMap((number) => JOB_FILES.map((name) => `${number}/${name}`)).toSorted();
}
