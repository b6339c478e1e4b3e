/**
 * `sweep`: cleaning up whatever was left, for all owners; the retry that condor_preen cannot be
 * where it may not look into the owners' directories.
 */
import { join } from "@std/path";
import { errorText } from "../../errors.ts";
import { effectiveUser } from "../../posix/mod.ts";
import { JOB_AD } from "../clean/job_directory.ts";
import { RESCAN_AFTER } from "../clean/rescan_note.ts";
import { cleanInChild } from "./child.ts";
import { FairQueue } from "./fair_queue.ts";
import type { ToolHost } from "./host.ts";
import { findPending, type Pending } from "./pending.ts";
import { printable, printableJson } from "./printable.ts";

/** What `sweep` is told. */
export interface SweepOptions {
  readonly spools: readonly string[];
  /** Seconds. */
  readonly olderThan: number;
  readonly jobs: number;
  /** Seconds for one job, 0 for no limit. */
  readonly budget: number;
  readonly dryRun: boolean;
  readonly json: boolean;
}

/** What became of one of them. */
interface Result {
  readonly path: string;
  readonly owner: string;
  readonly state: "clean" | "planned" | "left" | "skipped";
  /** What the clean-up said, or why there was none. */
  readonly text: string;
}

/** What all parts of one sweep share. */
interface Sweep {
  readonly options: SweepOptions;
  readonly host: ToolHost;
  /** Who does it. */
  readonly me: number;
  readonly signal: AbortSignal;
}

/**
 * Cleans up what waits, several jobs at once, each in a process that becomes the owner. Without
 * root's rights only one's own is done.
 *
 * @returns the exit status: 0 when nothing is left
 */
export async function sweep(options: SweepOptions, host: ToolHost): Promise<number> {
  const stop = new AbortController();
  const end = host.onSignal(() => stop.abort());
  const run: Sweep = { options, host, me: effectiveUser(), signal: stop.signal };
  const results: Result[] = [];
  try {
    const queue = new FairQueue(await findDue(run, results), ({ ownerUid }) => ownerUid);
    const worker = async () => {
      for (let one; !stop.signal.aborted && (one = queue.next()) !== undefined;) {
        results.push({ path: one.path, owner: one.owner, ...await sweepOne(run, one) });
        queue.done(one);
      }
    };
    await Promise.all(Array.from({ length: options.jobs }, worker));
  } finally {
    end();
  }
  const stopped = stop.signal.aborted;
  report(results.sort((a, b) => a.path < b.path ? -1 : 1), { json: options.json, stopped, host });
  const isDone = results.every(({ state }) => state === "clean" || state === "planned");
  return isDone && !stopped ? 0 : 1;
}

/** What is to be done now; what cannot be done is a result at once. */
async function findDue({ options, host, me }: Sweep, results: Result[]): Promise<Pending[]> {
  const { pending, unreadable } = await findPending(options.spools);
  const isMine = (uid: number | undefined) => me === 0 || uid === undefined || uid === me;
  for (const { path, reason, uid } of unreadable) {
    if (isMine(uid)) results.push({ path, owner: "", state: "skipped", text: reason });
  }
  const now = host.clock.now();
  return pending.filter(({ kind, changedAt, ownerUid }) =>
    isMine(ownerUid) &&
    now - changedAt >= Math.max(options.olderThan * 1000, kind === "note" ? RESCAN_AFTER : 0)
  );
}

async function sweepOne(run: Sweep, one: Pending): Promise<Pick<Result, "state" | "text">> {
  const { path, uid, ownerUid } = one;
  const { dryRun, budget } = run.options;
  // What others put there, or let be linked there, is not the owner's to have cleaned up.
  if (uid !== ownerUid) {
    return { state: "skipped", text: `it belongs to user ${uid}, what it is in to ${ownerUid}` };
  }
  if (uid === 0 && run.me === 0) {
    return { state: "skipped", text: "it belongs to root: see clean -as-root" };
  }
  if (one.kind === "job" && !await isThere(join(path, JOB_AD))) {
    if (dryRun) return { state: "planned", text: `no ${JOB_AD} in it: would remove it if empty` };
    return await removeIfEmpty(path)
      ? { state: "clean", text: "" }
      : { state: "skipped", text: `no ${JOB_AD} in it` };
  }
  try {
    const { host, signal } = run;
    const { success, text } = await cleanInChild(path, { dryRun, budget, host, signal });
    if (!success) return { state: "left", text };
    // What goes as it should is no news.
    return dryRun ? { state: "planned", text } : { state: "clean", text: "" };
  } catch (error) {
    return { state: "left", text: errorText(error) };
  }
}

function report(
  results: readonly Result[],
  { json, stopped, host }: { json: boolean; stopped: boolean; host: ToolHost },
): void {
  if (json) {
    host.out(printableJson({ results, stopped }));
    return;
  }
  for (const { path, state, text } of results) {
    if (state === "clean") continue;
    host.out(`${printable(path)}: ${state}`);
    for (const line of text.split("\n")) if (line !== "") host.out(`  ${printable(line)}`);
  }
  const count = (state: Result["state"]) => results.filter((one) => one.state === state).length;
  const planned = count("planned") === 0 ? "" : `${count("planned")} planned, `;
  host.out(
    `${planned}${count("clean")} clean, ${count("left")} left, ${count("skipped")} skipped` +
      (stopped ? "; stopped before the end" : ""),
  );
}

async function isThere(path: string): Promise<boolean> {
  return await Deno.lstat(path).then(() => true, () => false);
}

async function removeIfEmpty(path: string): Promise<boolean> {
  return await Deno.remove(path).then(() => true, () => false);
}
