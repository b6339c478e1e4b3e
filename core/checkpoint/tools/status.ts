/** `status`: what waits, for how long, and what went wrong last. */
import { basename, dirname, join } from "@std/path";
import { errorText } from "../../errors.ts";
import { CLEANUP_LOG } from "../clean/cleanup_log.ts";
import { findFiles, JOB_AD, parseStem } from "../clean/job_directory.ts";
import { readManifest } from "../manifest/reader.ts";
import { Directory, shownName } from "../../posix/mod.ts";
import { durationText } from "./durations.ts";
import type { ToolHost } from "./host.ts";
import { findPending, type Pending, type Unreadable } from "./pending.ts";
import { printable, printableJson } from "./printable.ts";

/** Largest log read, in bytes: it is set aside at 1 MB. */
const LARGEST_LOG = 4 << 20;
/** Largest MANIFEST read, in bytes: millions of files. */
const LARGEST_MANIFEST = 256 << 20;
/** Most characters shown of an error. */
const LONGEST_ERROR = 1000;

/** A job whose clean-up waits. */
interface Job {
  readonly owner: string;
  readonly job: string;
  readonly path: string;
  /** Milliseconds since it last changed. */
  readonly age: number;
  /** Checkpoints, by number, with the files that are left of each. */
  readonly checkpoints: readonly { readonly number: string; readonly files: number }[];
  readonly lastError: string | undefined;
}

/**
 * Prints what waits.
 *
 * @returns the exit status: 0 when nothing waits that could be looked at and nothing could not
 */
export async function status(
  { spools, json }: { spools: readonly string[]; json: boolean },
  host: ToolHost,
): Promise<number> {
  const { pending, unreadable } = await findPending(spools);
  const logs = new Map<string, Map<string, string>>();
  const jobs: Job[] = [];
  const notes = pending.filter(({ kind }) => kind === "note");
  for (const one of pending) {
    if (one.kind !== "job") continue;
    const home = dirname(one.path);
    const errors = logs.get(home) ?? readErrors(home);
    logs.set(home, errors);
    const job = one.path.slice(home.length + 1);
    jobs.push({
      owner: one.owner,
      job,
      path: one.path,
      age: Math.max(0, host.clock.now() - one.changedAt),
      ...await readJob(one, errors.get(job)),
    });
  }
  if (json) {
    host.out(printableJson({ jobs, rescans: notes.map(({ path }) => path), unreadable }));
  } else print({ jobs, notes, unreadable }, host);
  return jobs.length + unreadable.length > 0 ? 1 : 0;
}

/** Looks into a job's directory, whatever its owner may be doing to it meanwhile. */
async function readJob(
  { path }: Pending,
  error: string | undefined,
): Promise<Pick<Job, "checkpoints" | "lastError">> {
  const stem = parseStem(join(path, "_condor_checkpoint_MANIFEST"))!;
  const checkpoints: { number: string; files: number }[] = [];
  let lastError = error;
  try {
    using home = Directory.open(dirname(path));
    using directory = home.openDirectory(encode(basename(path)));
    const names = [...directory.entries()].map(({ name }) => shownName(name));
    if (!names.includes(JOB_AD)) lastError ??= `there is no ${JOB_AD}`;
    for (const file of findFiles(stem, names)) {
      const fileName = basename(file.path);
      const bytes = directory.readFile(encode(fileName), LARGEST_MANIFEST);
      const { count } = await readManifest(bytes, { fileName });
      checkpoints.push({ number: file.digits, files: count });
    }
  } catch (cause) {
    lastError = errorText(cause);
  }
  return { checkpoints, lastError };
}

/** The last error of each job in an owner's log; of a log that cannot be read, none. */
function readErrors(home: string): Map<string, string> {
  const errors = new Map<string, string>();
  for (const line of readLog(home).split("\n")) {
    try {
      const { job, event, message, time } = JSON.parse(line) as Record<string, unknown>;
      if (event === "failure" && typeof job === "string" && typeof message === "string") {
        const text = `${typeof time === "string" ? time : "?"}: ${message}`.replace(/\s+/g, " ");
        errors.set(job, text.length > LONGEST_ERROR ? `${text.slice(0, LONGEST_ERROR)}...` : text);
      }
    } catch {
      // The first or last line of a log may be a part of one.
    }
  }
  return errors;
}

function readLog(home: string): string {
  try {
    using directory = Directory.open(home);
    return new TextDecoder().decode(directory.readFile(encode(CLEANUP_LOG), LARGEST_LOG));
  } catch {
    return "";
  }
}

function print(
  { jobs, notes, unreadable }: {
    jobs: readonly Job[];
    notes: readonly Pending[];
    unreadable: readonly Unreadable[];
  },
  host: ToolHost,
): void {
  let owner: string | undefined;
  for (const job of jobs) {
    if (job.owner !== owner) host.out(printable(job.owner));
    owner = job.owner;
    const files = job.checkpoints.reduce((sum, one) => sum + one.files, 0);
    host.out(
      `  ${printable(job.job)}: ${counted(job.checkpoints.length, "checkpoint")}, ${
        counted(files, "file")
      }, ` +
        `for ${durationText(job.age)}`,
    );
    if (job.lastError !== undefined) host.out(`    ${printable(job.lastError)}`);
  }
  for (const { path, reason } of unreadable) host.out(printable(`${path}: ${reason}`));
  const seconds = notes.length === 0
    ? ""
    : `, ${counted(notes.length, "destination")} to look at once more`;
  host.out(`${counted(jobs.length, "job")} waiting${seconds}`);
}

function encode(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}

function counted(count: number, word: string): string {
  return `${count} ${word}${count === 1 ? "" : "s"}`;
}
