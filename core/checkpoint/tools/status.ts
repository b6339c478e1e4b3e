/** `status`: what waits, for how long, and what went wrong last. */
import { dirname, join } from "@std/path";
import { errorText } from "../../errors.ts";
import { CLEANUP_LOG } from "../clean/cleanup_log.ts";
import { findFiles, JOB_AD, parseStem } from "../clean/job_directory.ts";
import { openManifest, readManifest } from "../manifest/reader.ts";
import { readRegularFile } from "../regular_file.ts";
import { durationText } from "./durations.ts";
import type { ToolHost } from "./host.ts";
import { findPending, type Pending } from "./pending.ts";

/** Largest log read, in bytes: it is set aside at 1 MB. */
const LARGEST_LOG = 4 << 20;

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
    const errors = logs.get(home) ?? await readErrors(join(home, CLEANUP_LOG));
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
    host.out(JSON.stringify({ jobs, rescans: notes.map(({ path }) => path), unreadable }, null, 2));
  } else print({ jobs, notes, unreadable }, host);
  return jobs.length + unreadable.length > 0 ? 1 : 0;
}

async function readJob(
  { path }: Pending,
  error: string | undefined,
): Promise<Pick<Job, "checkpoints" | "lastError">> {
  const stem = parseStem(join(path, "_condor_checkpoint_MANIFEST"))!;
  const checkpoints: { number: string; files: number }[] = [];
  let lastError = error;
  try {
    const names = (await Array.fromAsync(Deno.readDir(path))).map(({ name }) => name);
    if (!names.includes(JOB_AD)) lastError ??= `there is no ${JOB_AD}`;
    for (const file of findFiles(stem, names)) {
      const fileName = file.path.slice(path.length + 1);
      const { count } = await readManifest(await openManifest(file.path), { fileName });
      checkpoints.push({ number: file.digits, files: count });
    }
  } catch (cause) {
    lastError = errorText(cause);
  }
  return { checkpoints, lastError };
}

/** The last error of each job in an owner's log; of a log that cannot be read, none. */
async function readErrors(path: string): Promise<Map<string, string>> {
  const errors = new Map<string, string>();
  const bytes = await readRegularFile(path, LARGEST_LOG).catch(() => new Uint8Array());
  for (const line of new TextDecoder().decode(bytes).split("\n")) {
    try {
      const { job, event, message, time } = JSON.parse(line) as Record<string, unknown>;
      if (event === "failure" && typeof job === "string" && typeof message === "string") {
        errors.set(job, `${time}: ${message}`);
      }
    } catch {
      // the first or last line of a log may be a part of one
    }
  }
  return errors;
}

function print(
  { jobs, notes, unreadable }: {
    jobs: readonly Job[];
    notes: readonly Pending[];
    unreadable: readonly { path: string; reason: string }[];
  },
  host: ToolHost,
): void {
  let owner: string | undefined;
  for (const job of jobs) {
    if (job.owner !== owner) host.out(job.owner);
    owner = job.owner;
    const files = job.checkpoints.reduce((sum, one) => sum + one.files, 0);
    host.out(
      `  ${job.job}: ${job.checkpoints.length} checkpoints, ${files} files, ` +
        `for ${durationText(job.age)}`,
    );
    if (job.lastError !== undefined) host.out(`    ${oneLine(job.lastError)}`);
  }
  for (const { path, reason } of unreadable) host.out(`${path}: ${reason}`);
  const seconds = notes.length === 0 ? "" : `, ${notes.length} destinations to look at once more`;
  host.out(`${jobs.length} jobs wait${seconds}`);
}

function oneLine(text: string): string {
  return text.trim().replace(/[\p{Cc}\s]+/gu, " ");
}
