/** Checkpoints in a file system that is mounted here. */
import { Directory, isMountPoint, PosixError } from "../../posix/mod.ts";
import { CleanupFailure } from "../failure.ts";
import { type JobLocation, quote } from "../location.ts";
import type { Batch, Leftover, RemoveOptions, Store } from "../store.ts";
import { leftoverAt } from "./leftover.ts";
import { unavailable } from "./local_failure.ts";
import { type Mapping, placeOf } from "./local_place.ts";
import { removeAll } from "./local_removal.ts";
import { enter, LocalTree } from "./local_tree.ts";

const encoder = new TextEncoder();

/** How a mounted destination is recognized. */
export interface LocalOptions extends Mapping {
  /** The directory has to be a mount point. */
  readonly requireMount: boolean;
  /** What has to be in the directory. */
  readonly sentinel: string | undefined;
  /** Files removed at a time where that takes its time. */
  readonly parallel: number;
  /** Microseconds for a file from which on that is so. */
  readonly slow?: number;
  verbose(text: string): void;
}

/**
 * A file system that is mounted here. It is looked at before anything is taken for gone: where it is
 * not mounted everything seems to be.
 */
export class LocalStore implements Store {
  readonly #options: LocalOptions;

  constructor(options: LocalOptions) {
    this.#options = options;
  }

  async remove(batch: Batch, { signal, done, absent }: RemoveOptions): Promise<void> {
    const { directory, gid } = placeOf(batch.base, this.#options);
    using root = this.#open(directory);
    const number = encoder.encode(batch.base.number);
    if (absent !== undefined && !hasNumber(root, gid, number)) absent();
    const { parallel, slow } = this.#options;
    const isEmpty = await removeAll(batch, {
      root: root ?? "missing",
      top: [gid, number],
      signal,
      done,
      parallel,
      ...(slow === undefined ? {} : { slow }),
    });
    if (root !== undefined && batch.whole && isEmpty) await pruneNumber(root, gid, number, signal);
  }

  /** Lists the files in the directories of a job's checkpoints. */
  async *leftovers(location: JobLocation, signal: AbortSignal): AsyncGenerator<Leftover> {
    const { directory, gid } = placeOf(location, this.#options);
    using root = this.#open(directory);
    using job = root && enter(root, gid);
    if (job === undefined) return;
    for await (const path of new LocalTree(signal).files(job)) {
      const found = leftoverAt(path);
      if (found !== undefined) yield found;
    }
  }

  /** Removes the directories of a job that hold no file, and its own. */
  async prune(location: JobLocation, signal: AbortSignal): Promise<void> {
    const { directory, gid } = placeOf(location, this.#options);
    using root = this.#open(directory);
    using job = root && enter(root, gid);
    if (root === undefined || job === undefined) return;
    await new LocalTree(signal).prune(job);
    if (!signal.aborted) root.removeDirectory(gid);
  }

  /** There is nothing to close: directories are held only while something is done in them. */
  [Symbol.asyncDispose](): Promise<void> {
    return Promise.resolve();
  }

  /** Makes sure that the store is there; the directory of a destination need not be. */
  #open(directory: string): Directory | undefined {
    const { path, requireMount, sentinel, verbose } = this.#options;
    verbose(`Looking into ${quote(directory)}`);
    try {
      using _ = Directory.open(path);
    } catch (error) {
      throw error instanceof PosixError ? unavailable(error) : error;
    }
    const missing = requireMount && !isMountPoint(path)
      ? "it is no mount point"
      : sentinel !== undefined && !isThere(`${path}/${sentinel}`)
      ? `${quote(sentinel)} is not in it`
      : undefined;
    if (missing !== undefined) {
      throw new CleanupFailure("StoreUnavailable", `Cannot use ${quote(path)}: ${missing}`);
    }
    try {
      return Directory.open(directory);
    } catch (error) {
      if (!(error instanceof PosixError)) throw error;
      if (error.code === "ENOENT") return undefined;
      throw unavailable(error);
    }
  }
}

/** Whether a checkpoint has a directory; one that cannot be looked into is there. */
function hasNumber(root: Directory | undefined, gid: Uint8Array, number: Uint8Array): boolean {
  try {
    using job = root && enter(root, gid);
    using checkpoint = job && enter(job, number);
    return checkpoint !== undefined;
  } catch (error) {
    if (error instanceof PosixError) return true;
    throw error;
  }
}

/** Removes what is left of a checkpoint by a run that ended between a file and its directory. */
async function pruneNumber(
  root: Directory,
  gid: Uint8Array,
  number: Uint8Array,
  signal: AbortSignal,
): Promise<void> {
  try {
    using job = enter(root, gid);
    if (job === undefined) return;
    using checkpoint = enter(job, number);
    if (checkpoint !== undefined) await new LocalTree(signal).prune(checkpoint);
    job.removeDirectory(number);
    root.removeDirectory(gid);
  } catch (error) {
    // Empty directories are no reason to keep the MANIFEST.
    if (!(error instanceof PosixError || error instanceof CleanupFailure)) throw error;
  }
}

function isThere(path: string): boolean {
  try {
    Deno.statSync(path);
    return true;
  } catch {
    return false;
  }
}
