/** The second look at the destination of a job that was removed. */
import { basename, dirname } from "@std/path";
import { parseLocation } from "../location.ts";
import type { CleanOptions } from "./clean_job.ts";
import { openCleanupLog } from "./cleanup_log.ts";
import type { JobFacts } from "./job_ad.ts";
import { StoreOpener } from "./open_store.ts";
import { removeOrphans } from "./orphans.ts";
import { Progress } from "./progress.ts";
import { asFailure } from "./removal.ts";
import { complain, type Run } from "./run.ts";

/** What is looked at. */
export interface LocationRequest {
  /** `<destination>/<gid>`. */
  readonly location: string;
  /** The note that asked for it: a copy of the job's ad, which goes when nothing is left. */
  readonly note: string;
  readonly job: JobFacts;
}

/**
 * Removes what lies at a job's location. The job's ad must say that it has left the queue.
 *
 * @returns the exit status
 */
export async function cleanLocation(
  { location, note, job }: LocationRequest,
  { settings, host, user, allowForeign, signal }: CleanOptions,
): Promise<number> {
  await using opener = new StoreOpener({
    settings,
    jobAdPath: note,
    job,
    environment: host.environment,
    user,
    allowForeign,
  });
  const run: Run = {
    host,
    settings,
    opener,
    job,
    log: openCleanupLog(`${dirname(note)}/${basename(note)}`, host.clock.now),
    name: basename(note),
    progress: new Progress(host.terminal, host.clock.monotonic),
    deadline: Infinity,
    signal,
  };
  if (!job.hasLeft) {
    complain(run, `Refused '${location}': its job has not left the queue`);
    return 1;
  }
  if (settings.dryRun) {
    host.out(`${note}: would remove whatever is left at ${location}`);
    return 0;
  }
  try {
    const opened = await opener.open(`${location}/0000`);
    const outcome = await removeOrphans(run, opened, { location: parseLocation(location) });
    if (!outcome.isClean && outcome.couldList) return 1;
  } catch (error) {
    complain(run, asFailure(error).message);
    return 1;
  }
  await Deno.remove(note);
  return 0;
}
