/** A job's user log: its events, and waiting for one of them. */

import { dirname } from "@std/path";

/** One event of a job, by its number in HTCondor's manual, "Job Event Log Codes". */
export interface JobEvent {
  readonly code: number;
  readonly proc: number;
  /** The whole entry, header line included. */
  readonly text: string;
}

/** Event numbers the tests wait for. */
export const EXECUTING = 1;
export const EVICTED = 4;
export const TERMINATED = 5;
export const ABORTED = 9;
export const HELD = 12;

/** Reads the complete events of a log in the standard text format; a half-written one is left out. */
export function parseUserLog(text: string): JobEvent[] {
  return text.split("\n...\n").slice(0, -1).flatMap((entry) => {
    const head = /^(\d{3}) \(\d+\.(\d+)\.\d+\) /.exec(entry);
    if (head === null) return [];
    return [{ code: Number(head[1]), proc: Number(head[2]), text: entry }];
  });
}

/**
 * Waits until a log holds what is looked for.
 *
 * @param find Picks the awaited thing from all events so far.
 */
export function untilLogged<T>(
  path: string,
  find: (events: JobEvent[]) => T | undefined,
  seconds: number,
): Promise<T> {
  return untilWritten(path, (text) => find(parseUserLog(text)), seconds);
}

/**
 * Waits until a file holds what is looked for, woken by each change of it.
 *
 * @param find Picks the awaited thing from the file's text.
 * @throws when it has not come within the seconds, with the whole text.
 */
export async function untilWritten<T>(
  path: string,
  find: (text: string) => T | undefined,
  seconds: number,
): Promise<T> {
  const watcher = Deno.watchFs(dirname(path), { recursive: false });
  let late = false;
  const timer = setTimeout(() => {
    late = true;
    watcher.close();
  }, seconds * 1000);
  const changes = watcher[Symbol.asyncIterator]();
  try {
    while (true) {
      const text = await Deno.readTextFile(path).catch(() => "");
      const found = find(text);
      if (found !== undefined) return found;
      if ((await changes.next()).done) {
        throw new Error(`"${path}" has not what is waited for after ${seconds} s:\n${text}`);
      }
    }
  } finally {
    clearTimeout(timer);
    if (!late) watcher.close();
  }
}
