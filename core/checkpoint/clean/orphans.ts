/**
 * Files at a job's destination that no MANIFEST names: an upload that ended with the job on hold
 * leaves them, and so does a MANIFEST that was damaged.
 */
import { baseOf, type JobLocation } from "../location.ts";
import type { Batch } from "../store.ts";
import { failureText } from "./failure_text.ts";
import type { OpenedStore } from "./open_store.ts";
import { asFailure, removeFiles } from "./removal.ts";
import { complain, type Run } from "./run.ts";

/** Most names that are held at a time. */
const MOST_NAMES = 10_000;

/** How a look for orphans went. */
export interface OrphanOutcome {
  /** Whether this kind of destination can be listed at all. */
  readonly couldList: boolean;
  readonly isClean: boolean;
  readonly gone: number;
}

/**
 * Removes everything at a job's location, or at one checkpoint of it. The caller has made sure that
 * nothing there is wanted any more.
 */
export async function removeOrphans(
  run: Run,
  opened: OpenedStore,
  { location, number }: { location: JobLocation; number?: string },
): Promise<OrphanOutcome> {
  const { store } = opened;
  if (store.leftovers === undefined) return { couldList: false, isClean: false, gone: 0 };
  const found = new Map<string, Uint8Array[]>();
  let [gone, held, isClean] = [0, 0, true];
  const flush = async () => {
    for (const [digits, names] of found) {
      const outcome = await remove(run, opened, { location, digits, names });
      gone += outcome.gone;
      isClean &&= outcome.isClean;
    }
    found.clear();
    held = 0;
  };
  try {
    for await (const leftover of store.leftovers(location, run.signal)) {
      if (number !== undefined && leftover.number !== number) continue;
      const names = found.get(leftover.number) ?? [];
      names.push(leftover.name);
      found.set(leftover.number, names);
      if (++held >= MOST_NAMES) await flush();
    }
    await flush();
    if (isClean && number === undefined) await store.prune?.(location, run.signal);
  } catch (error) {
    if (!run.signal.aborted) {
      const text = `Failed to look for orphans at '${location.destination}/${location.gid}': ` +
        asFailure(error).message;
      complain(run, text);
      run.log.write({ event: "failure", job: run.name, message: text });
    }
    isClean = false;
  }
  if (gone > 0) {
    run.log.write({
      event: "orphans",
      job: run.name,
      location: `${location.destination}/${location.gid}`,
      gone,
    });
  }
  return { couldList: true, isClean: isClean && !run.signal.aborted, gone };
}

async function remove(
  run: Run,
  opened: OpenedStore,
  { location, digits, names }: { location: JobLocation; digits: string; names: Uint8Array[] },
): Promise<{ gone: number; isClean: boolean }> {
  const batch: Batch = {
    base: baseOf(location, digits),
    ignoreMissing: true,
    count: names.length,
    name: (index) => names[index]!,
  };
  const outcome = await removeFiles(run, opened, { batch });
  if (outcome.first !== undefined) {
    complain(run, failureText(outcome.first, { batch, opened, jobAdPath: run.opener.jobAdPath }));
  }
  return { gone: outcome.gone, isClean: outcome.gone === names.length };
}
