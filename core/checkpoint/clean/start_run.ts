/** Beginning a clean-up: its time, its stores, its progress. */
import { basename } from "@std/path";
import type { CleanOptions } from "./clean_job.ts";
import type { CleanupLog } from "./cleanup_log.ts";
import type { JobFacts } from "./job_ad.ts";
import { StoreOpener } from "./open_store.ts";
import { Progress } from "./progress.ts";
import type { Run } from "./run.ts";
import { timeLimit } from "./time_limit.ts";

/** What one run is about. */
export interface RunSubject {
  /** The job's clean-up directory, or a note; the log knows it by its base name. */
  readonly path: string;
  /** Passed to plug-ins as `-jobad`. */
  readonly jobAdPath: string;
  readonly job: JobFacts | undefined;
  readonly log: CleanupLog;
}

/** Begins a run; when it is disposed of, its stores are closed and its time does not matter. */
export function startRun(
  { path, jobAdPath, job, log }: RunSubject,
  { settings, host, user, allowForeign, signal }: CleanOptions,
): Run & AsyncDisposable {
  const limit = timeLimit(settings.budget, host.clock);
  const { environment } = host;
  const opener = new StoreOpener({ settings, jobAdPath, job, environment, user, allowForeign });
  return {
    host,
    settings,
    opener,
    job,
    log,
    name: basename(path),
    progress: new Progress(host.terminal, host.clock.monotonic),
    deadline: limit.deadline,
    signal: AbortSignal.any([signal, limit.signal]),
    async [Symbol.asyncDispose]() {
      limit[Symbol.dispose]();
      await opener[Symbol.asyncDispose]();
    },
  };
}
