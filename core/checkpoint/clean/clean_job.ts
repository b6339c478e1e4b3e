/**
 * Cleaning up a job: what `condor_manifest deleteFilesStoredAt` does, which the schedd, the shadow
 * and condor_preen call when checkpoints are to go.
 */
import { basename, join } from "@std/path";
import { errorText } from "../../errors.ts";
import type { Account } from "../../posix/mod.ts";
import { jobOf } from "../job_ad_file.ts";
import { parseLocation, quote } from "../location.ts";
import { cleanNumbers, type CleanRequest } from "./clean_numbers.ts";
import { NO_LOG, openCleanupLog } from "./cleanup_log.ts";
import { type JobFacts, readJobAd } from "./job_ad.ts";
import { digitsOf, JOB_AD, namesIn, parseStem, type Stem } from "./job_directory.ts";
import { keptNumbers } from "./kept.ts";
import { lockDirectory } from "./lock.ts";
import { removeOrphans } from "./orphans.ts";
import { asFailure } from "./removal.ts";
import { leaveRescanNote } from "./rescan_note.ts";
import { type CleanHost, complain, type Run } from "./run.ts";
import type { Settings } from "./settings.ts";
import { startRun } from "./start_run.ts";

/** Longest wait for another clean-up of the same job, in milliseconds. */
const LOCK_WAIT = 10_000;

/** What a clean-up works with. */
export interface CleanOptions {
  readonly settings: Settings;
  readonly host: CleanHost;
  /** The user it runs as. */
  readonly user: Account | undefined;
  /** Whether plug-ins that are not ours may be started. */
  readonly allowForeign: boolean;
  /** Aborted when the process is told to stop. */
  readonly signal: AbortSignal;
}

/**
 * Removes the checkpoints of a job whose MANIFEST files were set aside, and then the directory they
 * were set aside in.
 *
 * @returns the exit status: 0 when nothing is left to do, else 1
 */
export async function cleanJob(request: CleanRequest, options: CleanOptions): Promise<number> {
  const { host, settings } = options;
  const stem = parseStem(request.stem);
  if (stem === undefined) {
    host.note(`'${request.stem}' is not a manifest stem, aborting.`);
    return 1;
  }
  // The shadow asks after every checkpoint, mostly before anything was set aside.
  if (await isNothing(stem, settings)) return 0;
  using lock = await lockDirectory(stem.directory, { wait: LOCK_WAIT, clock: host.clock });
  const log = settings.dryRun ? NO_LOG : openCleanupLog(stem.directory, host.clock.now);
  if (lock === undefined) {
    log.write({ event: "busy", job: basename(stem.directory) });
    host.note(`Another clean-up of '${stem.directory}' is running, which does the work.`);
    return 0;
  }
  const jobAdPath = stem.directory === "" ? JOB_AD : join(stem.directory, JOB_AD);
  const startedAt = host.clock.monotonic();
  const { job, wrong } = await readFacts(jobAdPath, request.location);
  await using run = startRun({ path: stem.directory, jobAdPath, job, log }, options);
  if (wrong !== undefined) {
    complain(run, wrong);
    log.write({ event: "failure", job: run.name, message: wrong });
    return 1;
  }

  const totals = await cleanNumbers(run, request, stem);
  run.progress.clear();
  const isListed = await finish(run, request, { stem, isClean: totals.isClean });
  const isClean = totals.isClean && isListed && !run.signal.aborted;
  if (!isClean || totals.gone > 0) {
    log.write({
      event: "run",
      job: run.name,
      location: request.location,
      gone: totals.gone,
      failed: totals.failed,
      seconds: Math.round((host.clock.monotonic() - startedAt) / 100) / 10,
      clean: isClean,
      ...(run.signal.aborted ? { stopped: true } : {}),
    });
  }
  return isClean ? 0 : 1;
}

async function readFacts(
  jobAdPath: string,
  location: string,
): Promise<{ job: JobFacts | undefined; wrong?: string }> {
  let job: JobFacts | undefined;
  try {
    job = await readJobAd(jobAdPath);
  } catch (error) {
    return { job, wrong: `Cannot read job ad: ${errorText(error)}` };
  }
  const gid = location.replace(/\/+$/, "").replace(/^.*\//s, "");
  if (job?.gid !== undefined && job.gid !== gid) {
    const text = `Refused '${location}': the job ad's GlobalJobId makes it '${job.gid}', aborting.`;
    return { job, wrong: text };
  }
  return { job };
}

/** What is left to do when all numbers were done: orphans, and the directory itself. */
async function finish(
  run: Run,
  { location }: CleanRequest,
  { stem, isClean }: { stem: Stem; isClean: boolean },
): Promise<boolean> {
  const { host, settings } = run;
  // Upstream cleans up by a relative stem, and then does not find the directory.
  const names = stem.directory === "" ? undefined : await namesIn(stem.directory);
  if (names === undefined) {
    if (await isNothing(stem, settings)) return true;
    host.note(`Unable to check contents of '${stem.directory}', aborting.`);
    return false;
  }
  if (settings.dryRun || run.signal.aborted) return true;
  // It may have left the queue since this run began.
  const { job, wrong } = await readFacts(join(stem.directory, JOB_AD), location);
  const isOver = wrong === undefined && isClean && !settings.strict && job?.hasLeft === true;
  const other = names.find((name) => name !== JOB_AD);
  if (other !== undefined) {
    if (!isOver) return true;
    complain(run, `Kept '${stem.directory}': ${quote(other)} is in it`);
    return false;
  }
  // The job's ad is what the next attempt needs.
  if (isOver && settings.orphanScan && !await scanJob({ ...run, job }, location, stem.directory)) {
    return false;
  }
  return await removeDirectory(run, stem.directory, names.includes(JOB_AD));
}

/** Looks for whatever else lies at the location of a job that has left the queue. */
async function scanJob(run: Run, location: string, directory: string): Promise<boolean> {
  // Whatever else the ad and the caller may be wrong about: these are not a job's checkpoints.
  if (run.job?.gid === undefined || jobOf(run.job.gid) === undefined) return true;
  try {
    if ((await keptNumbers(directory)).length > 0) {
      complain(
        run,
        `Refused to look for orphans at '${location}': the job's SPOOL directory has a MANIFEST`,
      );
      return false;
    }
    const opened = await run.opener.open(`${location}/${digitsOf(0n)}`);
    if (!opened.inProcess || opened.store.leftovers === undefined) return true;
    const outcome = await removeOrphans(run, opened, { location: parseLocation(location) });
    if (outcome.isClean && run.job?.wasRemoved) await leaveRescanNote(run, directory);
    return outcome.isClean;
  } catch (error) {
    complain(run, asFailure(error).message);
    return false;
  }
}

/** Whether it is gone, or somebody else's to clean up now. */
async function removeDirectory(run: Run, directory: string, hasAd: boolean): Promise<boolean> {
  const path = join(directory, JOB_AD);
  const ad = hasAd ? await Deno.readFile(path).catch(() => undefined) : undefined;
  try {
    run.host.note(`Removing ${path} after successful clean-up.`);
    await Deno.remove(path).catch((error) => {
      if (!(error instanceof Deno.errors.NotFound)) throw error;
    });
    run.host.note(`Removing ${directory} after successful clean-up.`);
    await Deno.remove(directory);
    return true;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return true;
    // Another checkpoint was set aside this very moment: its clean-up needs the ad.
    if (ad !== undefined) {
      await Deno.writeFile(path, ad, { createNew: true, mode: 0o644 }).catch(() => {});
    }
    if (error instanceof Error && "code" in error && error.code === "ENOTEMPTY") return true;
    complain(run, `Failed to remove '${directory}': ${errorText(error)}`);
    return false;
  }
}

/** Whether there is no directory, and that is as it should be. */
async function isNothing({ directory }: Stem, settings: Settings): Promise<boolean> {
  if (settings.strict || settings.missingIsError || directory === "") return false;
  try {
    await Deno.lstat(directory);
    return false;
  } catch (error) {
    return error instanceof Deno.errors.NotFound;
  }
}
