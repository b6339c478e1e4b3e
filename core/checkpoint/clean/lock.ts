/** One clean-up at a time in a directory. */
import { join } from "@std/path";
import type { Clock } from "../../clock.ts";
import { JOB_AD } from "./job_directory.ts";

const POLL_MS = 100;
const NEVER = new AbortController().signal;

/** What waiting needs. */
export interface LockOptions {
  /** Longest wait in milliseconds. */
  readonly wait: number;
  readonly clock: Clock;
}

/**
 * Locks a clean-up directory by its job ad, or by itself where there is no ad: a file of the lock's
 * own would be in the way when the directory is removed (flock(2)).
 *
 * @returns the lock, to be disposed of; nothing when another run kept it all the time; an empty lock
 *   where there is nothing to lock or the file system knows no locks
 */
export async function lockDirectory(
  directory: string,
  { wait, clock }: LockOptions,
): Promise<Disposable | undefined> {
  const file = await openFirst([join(directory, JOB_AD), directory]);
  if (file === undefined) return { [Symbol.dispose]: () => {} };
  for (let waited = 0;; waited += POLL_MS) {
    try {
      if (await file.tryLock(true)) return file;
    } catch {
      return file;
    }
    if (waited >= wait) {
      file.close();
      return undefined;
    }
    await clock.sleep(POLL_MS, NEVER);
  }
}

async function openFirst(paths: readonly string[]): Promise<Deno.FsFile | undefined> {
  for (const path of paths) {
    const status = await Deno.lstat(path).catch(() => undefined);
    if (!status?.isFile && !status?.isDirectory) continue;
    const file = await Deno.open(path).catch(() => undefined);
    if (file !== undefined) return file;
  }
  return undefined;
}
