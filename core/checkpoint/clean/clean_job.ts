/**
 * Cleaning up a job: what `condor_manifest deleteFilesStoredAt` does, which the schedd, the shadow
 * and condor_preen call when checkpoints are to go.
 */
import { basename, dirname, join } from "@std/path";
import { errorText } from "../../errors.ts";
import type { Account } from "../../posix/mod.ts";
import { parseLocation } from "../location.ts";
import { isStaleTemporary } from "../manifest/writer.ts";
import { cleanNumber } from "./clean_number.ts";
import { NO_LOG, openCleanupLog } from "./cleanup_log.ts";
import { type JobFacts, readJobAd } from "./job_ad.ts";
import {
  digitsOf,
  filesOf,
  findFiles,
  JOB_AD,
  type ManifestFile,
  parseStem,
  type Stem,
} from "./job_directory.ts";
import { lockDirectory } from "./lock.ts";
import { StoreOpener } from "./open_store.ts";
import { removeOrphans } from "./orphans.ts";
import { Progress } from "./progress.ts";
import { asFailure } from "./removal.ts";
import { leaveRescanNote } from "./rescan_note.ts";
import { type CleanHost, complain, type Run } from "./run.ts";
import type { Settings } from "./settings.ts";
import { timeLimit } from "./time_limit.ts";

/** Longest wait for another clean-up of the same job, in milliseconds. */
const LOCK_WAIT = 10_000;

/** What is to be cleaned up. */
export interface CleanRequest {
  /** `<destination>/<gid>`. */
  readonly location: string;
  /** `<clean-up directory>/_condor_checkpoint_MANIFEST`. */
  readonly stem: string;
  readonly low: bigint;
  readonly high: bigint;
}

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
  using lock = await lockDirectory(stem.directory, { wait: LOCK_WAIT, clock: host.clock });
  if (lock === undefined) {
    host.note(`Another clean-up of '${stem.directory}' is running, which does the work.`);
    return 0;
  }
  const log = settings.dryRun ? NO_LOG : openCleanupLog(stem.directory, host.clock.now);
  const jobAdPath = stem.directory === "" ? JOB_AD : join(stem.directory, JOB_AD);
  const startedAt = host.clock.monotonic();
  const { job, wrong } = await readFacts(jobAdPath, request.location);
  using limit = timeLimit(settings.budget, host.clock);
  const signal = AbortSignal.any([options.signal, limit.signal]);
  await using opener = new StoreOpener({
    settings,
    jobAdPath,
    job,
    environment: host.environment,
    user: options.user,
    allowForeign: options.allowForeign,
  });
  const run: Run = {
    host,
    settings,
    opener,
    job,
    log,
    name: basename(stem.directory),
    progress: new Progress(host.terminal, host.clock.monotonic),
    deadline: limit.deadline,
    signal,
  };
  if (wrong !== undefined) {
    complain(run, wrong);
    log.write({ event: "failure", job: run.name, message: wrong });
    return 1;
  }

  const totals = await cleanNumbers(run, request, stem);
  run.progress.clear();
  const isListed = await finish(run, request, { stem, isClean: totals.isClean });
  const isClean = totals.isClean && isListed && !signal.aborted;
  if (!isClean || totals.gone > 0) {
    log.write({
      event: "run",
      job: run.name,
      location: request.location,
      gone: totals.gone,
      failed: totals.failed,
      seconds: Math.round((host.clock.monotonic() - startedAt) / 100) / 10,
      clean: isClean,
      ...(signal.aborted ? { stopped: true } : {}),
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

interface Totals {
  isClean: boolean;
  gone: number;
  failed: number;
}

/** All numbers from low to high that have files, and those above that were forgotten. */
async function cleanNumbers(run: Run, request: CleanRequest, stem: Stem): Promise<Totals> {
  const totals: Totals = { isClean: true, gone: 0, failed: 0 };
  const { location, low } = request;
  const names = await namesIn(stem.directory);
  for (const name of run.settings.dryRun ? [] : names ?? []) {
    if (isStaleTemporary(name)) await Deno.remove(join(stem.directory, name)).catch(() => {});
  }
  const found = findFiles(stem, names ?? []).filter(({ number }) => number >= low);
  const todo = run.settings.strict || run.settings.missingIsError
    ? upstreamOrder(stem, { found, request, strict: run.settings.strict })
    : found;
  const of = found.length;
  let index = 0;
  for (const file of todo) {
    if (run.signal.aborted) {
      totals.isClean = false;
      break;
    }
    const base = `${location}/${file.digits}`;
    const outcome = await cleanNumber(run, base, { file, index: ++index, of });
    totals.isClean &&= outcome.isClean;
    totals.gone += outcome.gone;
    totals.failed += outcome.failed;
  }
  return totals;
}

/** Every number of the range, whether it has a file or not; then, unless strict, the others. */
function* upstreamOrder(
  stem: Stem,
  { found, request, strict }: {
    found: readonly ManifestFile[];
    request: CleanRequest;
    strict: boolean;
  },
): Generator<ManifestFile> {
  const byPath = new Map(found.map((file) => [file.path, file]));
  for (let number = request.low; number <= request.high; number++) {
    const both = filesOf(stem, number);
    const there = both.filter(({ path }) => byPath.has(path));
    // Only one of a number's two files is looked at by upstream; none at all is its error.
    yield* strict ? there.slice(0, 1) : there;
    if (there.length === 0) yield both[0]!;
  }
  if (!strict) yield* found.filter(({ number }) => number > request.high);
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
    if (!settings.strict && !settings.missingIsError && await isAbsent(stem.directory)) return true;
    host.note(`Unable to check contents of '${stem.directory}', aborting.`);
    return false;
  }
  if (settings.dryRun || run.signal.aborted) return true;
  if (names.some((name) => name !== JOB_AD)) return true;
  let isEmpty = true;
  if (isClean && !settings.strict && settings.orphanScan && run.job?.hasLeft) {
    isEmpty = await scanJob(run, location, stem.directory);
  }
  // The job's ad is what the next attempt needs.
  if (isEmpty) await removeDirectory(run, stem.directory, names.includes(JOB_AD));
  return isEmpty;
}

/** Looks for whatever else lies at the location of a job that has left the queue. */
async function scanJob(run: Run, location: string, directory: string): Promise<boolean> {
  try {
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

async function removeDirectory(run: Run, directory: string, hasAd: boolean): Promise<void> {
  const path = join(directory, JOB_AD);
  const ad = hasAd ? await Deno.readFile(path).catch(() => undefined) : undefined;
  run.host.note(`Removing ${path} after successful clean-up.`);
  await Deno.remove(path).catch(() => {});
  run.host.note(`Removing ${directory} after successful clean-up.`);
  try {
    await Deno.remove(directory);
  } catch {
    // Another checkpoint was set aside this very moment: its clean-up needs the ad.
    if (ad !== undefined && await Deno.stat(directory).then(() => true, () => false)) {
      await Deno.writeFile(path, ad, { createNew: true, mode: 0o644 }).catch(() => {});
    }
  }
}

async function namesIn(directory: string): Promise<string[] | undefined> {
  try {
    return (await Array.fromAsync(Deno.readDir(directory || "."))).map(({ name }) => name);
  } catch {
    return undefined;
  }
}

/** Whether there is no such directory, while the one it would lie in can be looked into. */
async function isAbsent(directory: string): Promise<boolean> {
  if (directory === "") return false;
  try {
    await Deno.lstat(directory);
    return false;
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) return false;
    // The shadow asks for a clean-up even before the owner has any directory here.
    return dirname(directory) !== directory;
  }
}
