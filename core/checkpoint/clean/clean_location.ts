/** The second look at the destination of a job that was removed. */
import { parseLocation } from "../location.ts";
import type { CleanOptions } from "./clean_job.ts";
import { openCleanupLog } from "./cleanup_log.ts";
import type { JobFacts } from "./job_ad.ts";
import { removeOrphans } from "./orphans.ts";
import { asFailure } from "./removal.ts";
import { forgetRescanNote } from "./rescan_note.ts";
import { complain, type Run } from "./run.ts";
import { startRun } from "./start_run.ts";

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
  options: CleanOptions,
): Promise<number> {
  const { settings, host } = options;
  const log = openCleanupLog(note, host.clock.now);
  await using run = startRun({ path: note, jobAdPath: note, job, log }, options);
  if (!settings.dryRun) return await lookAndTell(run, { location, note, job });
  const would = `${note}: would remove whatever is left at ${location}`;
  host.out(job.hasLeft ? would : refusal(location));
  return job.hasLeft ? 0 : 1;
}

async function lookAndTell(
  run: Run,
  { location, note, job }: LocationRequest,
): Promise<number> {
  if (!job.hasLeft) complain(run, refusal(location));
  const isDone = job.hasLeft && await lookAgain(run, location);
  if (isDone) await Deno.remove(note);
  else if (await forgetRescanNote(note, run.host.clock.now())) {
    const text = `Gave up '${note}': it is older than a week`;
    complain(run, text);
    run.log.write({ event: "failure", job: run.name, location, message: text });
  }
  return isDone ? 0 : 1;
}

/** Whether nothing is left that could be found. */
async function lookAgain(run: Run, location: string): Promise<boolean> {
  try {
    const opened = await run.opener.open(`${location}/0000`);
    const outcome = await removeOrphans(run, opened, { location: parseLocation(location) });
    return outcome.isClean || !outcome.couldList;
  } catch (error) {
    complain(run, asFailure(error).message);
    return false;
  }
}

function refusal(location: string): string {
  return `Refused '${location}': its job has not left the queue`;
}
