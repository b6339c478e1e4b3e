/**
 * A note that a removed job's destination is to be looked at once more: the execution point may
 * still have been writing when the job was removed.
 */
import { basename, dirname, join } from "@std/path";
import { isOwnersDirectory } from "./cleanup_log.ts";
import { JOB_AD } from "./job_directory.ts";
import type { Run } from "./run.ts";

/** Milliseconds after which the second look is taken. */
export const RESCAN_AFTER = 3_600_000;
/** Milliseconds after which a note is given up. */
const FORGOTTEN_AFTER = 7 * 24 * 3_600_000;

const PREFIX = ".rescan.";

/** Whether a file in an owner's directory is such a note: a copy of the job's ad. */
export function isRescanNote(name: string): boolean {
  return name.startsWith(PREFIX) && name.endsWith(".ad");
}

/**
 * Leaves the note in the owner's directory, and takes away those that nobody heeded. Plain files
 * there mean nothing to HTCondor's own programs.
 *
 * @param directory the job's clean-up directory, which is about to go
 */
export async function leaveRescanNote(run: Run, directory: string): Promise<void> {
  const owner = dirname(directory);
  if (!isOwnersDirectory(owner)) return;
  const path = join(owner, `${PREFIX}${basename(directory)}.ad`);
  try {
    const ad = await Deno.readFile(join(directory, JOB_AD));
    // Never into what somebody put there.
    await Deno.remove(`${path}.new`).catch(() => {});
    await Deno.writeFile(`${path}.new`, ad, { mode: 0o600, createNew: true });
    await Deno.rename(`${path}.new`, path);
    run.log.write({ event: "rescan", job: run.name, location: run.job?.gid });
    for await (const { name } of Deno.readDir(owner)) {
      if (isRescanNote(name)) await forgetRescanNote(join(owner, name), run.host.clock.now());
    }
  } catch {
    // A second look that does not come is what HTCondor's own program always does.
  }
}

/**
 * Takes a note away whose time has passed: what could not be done in a week is not done.
 *
 * @param now Unix time in milliseconds
 * @returns whether it has
 */
export async function forgetRescanNote(path: string, now: number): Promise<boolean> {
  const { mtime } = await Deno.lstat(path);
  if (now - (mtime?.getTime() ?? 0) <= FORGOTTEN_AFTER) return false;
  await Deno.remove(path);
  return true;
}
