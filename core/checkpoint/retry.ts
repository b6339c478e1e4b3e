/** Trying again what a store could not do just now. */
import type { Clock } from "../clock.ts";
import { pick } from "./batch.ts";
import { CleanupFailure, LONGEST_PAUSE } from "./failure.ts";
import type { Batch, RemoveOptions, Store } from "./store.ts";

/** First wait in milliseconds, before jitter; each further one is twice as long. */
const FIRST_WAIT = 500;
/** Longest wait that no store asked for. */
const LONGEST_WAIT = 30_000;
/** An attempt is given up after so many failures in succession that lasted so long (ms). */
const HOPELESS = { failures: 3, lasting: 60_000 } as const;

/** How {@linkcode removeWithRetries} tries again. */
export interface RetryOptions extends RemoveOptions {
  /** Attempts after the first. */
  readonly retries: number;
  /** No attempt begins after this time of `clock.monotonic()`; absent for no limit. */
  readonly deadline?: number;
  readonly clock: Pick<Clock, "monotonic" | "random" | "sleep">;
  /** Told about each wait, in one line. */
  readonly verbose?: (text: string) => void;
}

/**
 * Removes files as {@linkcode Store.remove} does, and tries those again that failed with
 * `Transient`, with waits that double and are spread, so that jobs that failed together do not
 * return together. A store's own `retryAfter` is a lower bound. A store that answers nothing but
 * `Transient` for a minute is not asked for each file: a million time-outs take months.
 *
 * `done` is called for each file with how it ended; not for what was never begun.
 *
 * @throws {CleanupFailure} what the store threw, once it is not to be tried again
 */
export async function removeWithRetries(
  store: Store,
  batch: Batch,
  options: RetryOptions,
): Promise<void> {
  const { signal, retries, deadline = Infinity, clock, verbose } = options;
  let todo = batch;
  /** The indices of `todo` in the batch; absent while they are the same. */
  let indices: readonly number[] | undefined;
  for (let attempt = 0;; attempt++) {
    const round = await removeOnce(store, todo, {
      signal,
      clock,
      done: (index, failure) => options.done(indices?.[index] ?? index, failure),
      // Later on it may be this run that has removed everything.
      ...(attempt === 0 && options.absent && { absent: options.absent }),
    });
    const { postponed, thrown } = round;
    const again = round.unsettled.map((index) => indices?.[index] ?? index);
    const asked = [thrown, ...postponed.values()].map((failure) => failure?.retryAfter ?? 0);
    const wait = Math.max(
      // A plug-in of others may ask for anything.
      Math.min(LONGEST_PAUSE, asked.reduce((a, b) => Math.max(a, b), 0)) * 1000,
      Math.min(LONGEST_WAIT, FIRST_WAIT * 2 ** attempt) * (0.5 + clock.random()),
    );
    const over = again.length === 0 || attempt >= retries || signal.aborted ||
      clock.monotonic() + wait >= deadline || (thrown !== undefined && thrown.kind !== "Transient");
    if (!over) {
      verbose?.(`Trying ${again.length} files again in ${(wait / 1000).toFixed(1)} s`);
      await clock.sleep(wait, signal).catch((error) => {
        if (!signal.aborted) throw error;
      });
    }
    if (over || signal.aborted) {
      for (const [index, failure] of postponed) options.done(indices?.[index] ?? index, failure);
      if (thrown !== undefined) throw thrown;
      return;
    }
    indices = again;
    todo = pick(batch, again);
  }
}

/** How one attempt ended, by index. */
interface Round {
  /** Those to try again. */
  readonly unsettled: readonly number[];
  /** Those of them that have a failure of their own. */
  readonly postponed: ReadonlyMap<number, CleanupFailure>;
  /** What concerns all that were not reported. */
  readonly thrown: CleanupFailure | undefined;
}

async function removeOnce(
  store: Store,
  batch: Batch,
  { signal, done, clock, absent }: RemoveOptions & { clock: Pick<Clock, "monotonic"> },
): Promise<Round> {
  const settled = new Uint8Array(batch.count);
  const postponed = new Map<number, CleanupFailure>();
  const stop = new AbortController();
  let thrown: CleanupFailure | undefined;
  let [streak, answeredAt] = [0, clock.monotonic()];
  try {
    await store.remove(batch, {
      signal: AbortSignal.any([signal, stop.signal]),
      ...(absent && { absent }),
      done(index, failure) {
        if (failure?.kind === "Transient") {
          postponed.set(index, failure);
          const silence = clock.monotonic() - answeredAt;
          if (++streak < HOPELESS.failures || silence < HOPELESS.lasting) return;
          thrown ??= failure;
          stop.abort();
        } else {
          [streak, answeredAt] = [0, clock.monotonic()];
          settled[index] = 1;
          done(index, failure);
        }
      },
    });
  } catch (error) {
    if (!(error instanceof CleanupFailure)) throw error;
    thrown = error;
  }
  const unsettled = thrown === undefined ? [...postponed.keys()].sort((a, b) => a - b) : [];
  if (thrown !== undefined) {
    for (let index = 0; index < batch.count; index++) if (!settled[index]) unsettled.push(index);
  }
  return { unsettled, postponed, thrown };
}
