/**
 * `.cleanup.log` in an owner's directory below `checkpoint-cleanup`: what was done and what went
 * wrong, for HTCondor's daemons let nobody see what their tools print.
 */
import { dirname, join } from "@std/path";
import { redact } from "../../log/redact.ts";

/** The log in an owner's directory. */
export const CLEANUP_LOG = ".cleanup.log";

/** Size in bytes at which the log is set aside as `.cleanup.log.1`. */
const ROTATE_AT = 1 << 20;

/** Failures written in full for one run; the rest is counted. */
export const MOST_FAILURES = 100;

/** One line of the log. */
export type LogEntry = {
  readonly event: "run" | "failure" | "damaged" | "orphans" | "absent" | "rescan" | "busy";
  /** The job's directory or location. */
  readonly job: string;
} & { readonly [name: string]: string | number | boolean | undefined };

/** Takes lines; a log that cannot be written is no reason not to clean up. */
export interface CleanupLog {
  write(entry: LogEntry): void;
}

/** Keeps nothing. */
export const NO_LOG: CleanupLog = { write: () => {} };

/**
 * The log for a job's clean-up directory, or a note beside it; one that keeps nothing where that is
 * not `checkpoint-cleanup/<Owner>/<job>`.
 */
export function openCleanupLog(jobDirectory: string, now: () => number): CleanupLog {
  const owner = dirname(jobDirectory);
  if (!isOwnersDirectory(owner)) return NO_LOG;
  const path = join(owner, CLEANUP_LOG);
  return {
    write: (entry) => {
      const line = redact(JSON.stringify({ time: new Date(now()).toISOString(), ...entry }));
      try {
        append(path, new TextEncoder().encode(`${line}\n`));
      } catch {
        // Full, read-only or somebody else's: what matters is on the standard streams too.
      }
    },
  };
}

/** Whether a directory is `checkpoint-cleanup/<Owner>`. */
export function isOwnersDirectory(path: string): boolean {
  return /\/checkpoint-cleanup\/[^/]+$/.test(path);
}

function append(path: string, line: Uint8Array): void {
  const seen = statusOf(path);
  // Nothing else than a file of ours is written to, whatever its owner put there.
  if (seen !== undefined && !seen.isFile) return;
  if ((seen?.size ?? 0) + line.length > ROTATE_AT) Deno.renameSync(path, `${path}.1`);
  using file = Deno.openSync(path, { append: true, create: true, mode: 0o600 });
  // One call, so that the lines of runs at once do not mix (write(2), O_APPEND).
  file.writeSync(line);
}

function statusOf(path: string): Deno.FileInfo | undefined {
  try {
    return Deno.lstatSync(path);
  } catch {
    return undefined;
  }
}
