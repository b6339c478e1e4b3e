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
 * Whether a checkpoint is kept.
 *
 * @param directory the job's clean-up directory
 * @param digits its number
 * @throws what the runtime throws when it cannot be told
 */
export async function isKept(directory: string, digits: string): Promise<boolean> {
  const spool = spoolDirectory(directory);
  if (spool === undefined) return false;
  try {
    await Deno.lstat(join(spool, `_condor_checkpoint_MANIFEST.${digits}`));
    return true;
  } catch (error) {
    if (isAbsence(error)) return false;
    throw error;
  }
}

/**
 * Whether any checkpoint of a job is kept.
 *
 * @param directory the job's clean-up directory
 * @throws what the runtime throws when it cannot be told
 */
export async function isAnyKept(directory: string): Promise<boolean> {
  const spool = spoolDirectory(directory);
  if (spool === undefined) return false;
  try {
    for await (const { name } of Deno.readDir(spool)) {
      if (/^_condor_checkpoint_MANIFEST\.\d+$/.test(name)) return true;
    }
    return false;
  } catch (error) {
    if (isAbsence(error)) return false;
    throw error;
  }
}

function isAbsence(error: unknown): boolean {
  return error instanceof Deno.errors.NotFound || error instanceof Deno.errors.NotADirectory;
}
