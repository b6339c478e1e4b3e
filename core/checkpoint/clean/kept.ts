/**
 * Checkpoints that a job may still be restarted from: those whose MANIFEST lies in the job's own
 * directory in SPOOL.
 *
 * Numbers are used again. A failed attempt does not count once the job starts anew, so that the next
 * checkpoint may be stored where the failed one was, and the MANIFEST of the failed one be set aside
 * just then; HTCondor's own program removes the good checkpoint by it.
 */
import { basename, dirname, join } from "@std/path";
import { isOwnersDirectory } from "./cleanup_log.ts";

/** How many directories HTCondor spreads the jobs over. */
const SPREAD = 10_000n;

/**
 * The job's directory in SPOOL.
 *
 * @param directory its clean-up directory
 * @returns nothing unless that is `checkpoint-cleanup/<Owner>/cluster<C>.proc<P>.subproc<S>`
 */
export function spoolDirectory(directory: string): string | undefined {
  const name = basename(directory);
  const [, cluster, proc] = /^cluster(\d{1,19})\.proc(\d{1,19})\.subproc\d+$/.exec(name) ?? [];
  const owner = dirname(directory);
  if (cluster === undefined || proc === undefined || !isOwnersDirectory(owner)) return undefined;
  const [first, second] = [cluster, proc].map((number) => `${BigInt(number) % SPREAD}`);
  return join(dirname(dirname(owner)), first!, second!, name);
}

/**
 * Whether a job may be restarted from a checkpoint, or be storing it just now: its number is that of
 * one that is kept, or higher than all of them.
 *
 * @param directory the job's clean-up directory
 * @throws what the runtime throws when it cannot be told
 */
export async function isWanted(directory: string, number: bigint): Promise<boolean> {
  const kept = await keptNumbers(directory);
  return kept.length > 0 && (kept.includes(number) || kept.every((one) => one < number));
}

/**
 * The numbers of the checkpoints that are kept.
 *
 * @param directory the job's clean-up directory
 * @throws what the runtime throws when it cannot be told
 */
export async function keptNumbers(directory: string): Promise<bigint[]> {
  const spool = spoolDirectory(directory);
  const kept: bigint[] = [];
  if (spool === undefined) return kept;
  try {
    for await (const { name } of Deno.readDir(spool)) {
      const [, digits] = /^_condor_checkpoint_MANIFEST\.(\d{1,20})$/.exec(name) ?? [];
      if (digits !== undefined) kept.push(BigInt(digits));
    }
  } catch (error) {
    const isAbsent = error instanceof Deno.errors.NotFound ||
      error instanceof Deno.errors.NotADirectory;
    if (!isAbsent) throw error;
  }
  return kept;
}
