/** Removing the files of a checkpoint one by one, several at a time. */
import { CleanupFailure } from "../failure.ts";
import type { Batch, RemoveOptions } from "../store.ts";
import { inParallel, upTo } from "./parallel.ts";

/** How {@linkcode eachOf} goes about it. */
export interface EachOptions extends RemoveOptions {
  /** Files at a time. */
  readonly parallel: number;
  /** Whether a failure concerns all files; by default, whether it is one of the two kinds below. */
  concernsAll?(failure: CleanupFailure): boolean;
}

/**
 * Calls `removeOne` for each file of a batch and reports how it ended.
 *
 * @param removeOne removes a file; throws a `CleanupFailure` for what concerns this file alone.
 *   `StoreUnavailable` and `Credentials` concern all: no further file is begun, and it is thrown.
 * @throws whatever else `removeOne` throws
 */
export async function eachOf(
  batch: Batch,
  { parallel, signal, done, concernsAll = isFatal }: EachOptions,
  removeOne: (name: Uint8Array, index: number) => Promise<void>,
): Promise<void> {
  const limit = Math.min(parallel, batch.count);
  await inParallel(upTo(batch.count), { limit, signal }, async (index) => {
    try {
      await removeOne(batch.name(index), index);
    } catch (error) {
      if (!(error instanceof CleanupFailure) || concernsAll(error)) throw error;
      // What failed because it was told to stop is no failure of the file.
      if (error.kind !== "Transient" || !signal.aborted) done(index, error);
      return;
    }
    done(index);
  });
}

function isFatal({ kind }: CleanupFailure): boolean {
  return kind === "StoreUnavailable" || kind === "Credentials";
}
