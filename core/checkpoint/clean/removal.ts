/** Removing a list of files from a store, with all that can happen on the way. */
import { errorText } from "../../errors.ts";
import { CleanupFailure } from "../failure.ts";
import { shown } from "../name.ts";
import { removeWithRetries } from "../retry.ts";
import type { Batch } from "../store.ts";
import { MOST_FAILURES } from "./cleanup_log.ts";
import type { OpenedStore } from "./open_store.ts";
import { complain, type Run } from "./run.ts";

/** Milliseconds between two times at which what is done is saved. */
const SAVE_INTERVAL = 5_000;
/** How many times as long as saving takes is worked before it is done again. */
const SAVE_SHARE = 20;

/** Attempts after the first, waits between them included: some minutes in all. */
const RETRIES = 8;

/** How a removal went. */
export interface RemovalOutcome {
  readonly gone: number;
  readonly failed: number;
  /** Files that were not begun, or whose outcome is unknown: the run was stopped. */
  readonly left: number;
  /** The first failure, with the index of its file where it concerns one. */
  readonly first: { readonly failure: CleanupFailure; readonly index: number } | undefined;
  /** Nothing at all was there to begin with, as far as the store can tell. */
  readonly wasAbsent: boolean;
  /** Whether a file is gone. */
  isGone(index: number): boolean;
}

/** What {@linkcode removeFiles} is told. */
export interface RemovalOptions {
  /** Called now and then, and when all is over unless nothing is left; keeps what is not gone. */
  save?(isGone: (index: number) => boolean): Promise<void>;
}

/**
 * Removes files, tries again what may go away by itself, and saves what was done so that the next
 * run begins where this one ended.
 */
export async function removeFiles(
  run: Run,
  { store }: OpenedStore,
  { batch, save }: { batch: Batch } & RemovalOptions,
): Promise<RemovalOutcome> {
  const { settings, host, log } = run;
  const gone = new Uint8Array(batch.count);
  let [goneCount, failedCount] = [0, 0];
  let first: RemovalOutcome["first"];
  let wasAbsent = false;
  const absent = () => void (wasAbsent = true);
  const stop = new AbortController();
  const signal = AbortSignal.any([run.signal, stop.signal]);
  const isGone = (index: number) => gone[index] === 1;

  const done = (index: number, failure?: CleanupFailure): void => {
    run.progress.step();
    if (failure === undefined) {
      gone[index] = 1;
      goneCount++;
      return;
    }
    first ??= { failure, index };
    if (failedCount++ < MOST_FAILURES) {
      log.write({
        event: "failure",
        job: run.name,
        base: batch.base.text,
        file: shown(batch.name(index)).slice(1, -1),
        kind: failure.kind,
        message: failure.message,
      });
    }
    // Upstream gives up a checkpoint at its first failure.
    if (settings.strict) stop.abort();
  };

  const saver = save && !settings.strict ? saveOften(run, () => save(isGone)) : undefined;
  try {
    if (settings.strict) await store.remove(batch, { signal, done });
    else {
      const { clock } = host;
      const retry = { clock, retries: RETRIES, deadline: run.deadline };
      await removeWithRetries(store, batch, { signal, done, absent, ...retry });
    }
  } catch (error) {
    if (!signal.aborted) {
      const failure = asFailure(error);
      first ??= { failure, index: -1 };
      const { kind, message } = failure;
      log.write({ event: "failure", job: run.name, base: batch.base.text, kind, message });
    }
  } finally {
    await saver?.end();
  }
  const left = batch.count - goneCount - failedCount;
  const outcome = { gone: goneCount, failed: failedCount, left, first, wasAbsent, isGone };
  if (save && !settings.strict && goneCount > 0 && goneCount < batch.count) {
    // Nothing is lost but time: the next run removes again what is gone already.
    await save(isGone).catch((error) => {
      complain(run, `Failed to save what is done of '${batch.base.text}': ${errorText(error)}`);
    });
  }
  return outcome;
}

/** Whatever went wrong, as a failure. */
export function asFailure(error: unknown): CleanupFailure {
  return error instanceof CleanupFailure
    ? error
    : new CleanupFailure("NotDeleted", errorText(error), { cause: error });
}

/** Calls `save` every few seconds, one call at a time. */
function saveOften(run: Run, save: () => Promise<void>): { end(): Promise<void> } {
  const over = new AbortController();
  const loop = async () => {
    for (let pause = SAVE_INTERVAL;;) {
      await run.host.clock.sleep(pause, over.signal);
      const start = run.host.clock.monotonic();
      await save();
      // A MANIFEST of a million files takes its time to write: never more than a small share.
      pause = Math.max(SAVE_INTERVAL, (run.host.clock.monotonic() - start) * SAVE_SHARE);
    }
  };
  // What cannot be saved now is tried again, and the last time it is said.
  const ended = loop().catch(() => {});
  return {
    end: async () => {
      over.abort();
      await ended;
    },
  };
}
