/**
 * Removing files from a mounted file system: one after the other while that is quick, several at a
 * time where each one waits for a disk or a server.
 */
import { type Directory, PosixError } from "../../posix/mod.ts";
import { CleanupFailure } from "../failure.ts";
import { componentsOf, sameBytes, shown } from "../name.ts";
import type { Batch, RemoveOptions } from "../store.ts";
import { failureOf, isOfTheStore } from "./local_failure.ts";
import { LocalWalk } from "./local_walk.ts";
import { inParallel } from "./parallel.ts";
import { Slices } from "./slices.ts";

const ENOENT = 2;
const ENAMETOOLONG = 36;

/** Microseconds for a file: a removal that waits for nothing takes a third of it. */
const SLOW = 40;
/** Most files of a directory that are looked ahead at. */
const AHEAD = 1024;

/** Where and how {@linkcode removeAll} removes. */
export interface RemovalOptions extends Pick<RemoveOptions, "signal" | "done"> {
  readonly root: Directory | "missing";
  /** The directories below the root that all names are below. */
  readonly top: readonly Uint8Array[];
  /** Files removed at a time where that takes its time. */
  readonly parallel: number;
  /** Microseconds for a file from which on that is so. */
  readonly slow?: number;
}

/** Removes files, and the directories that become empty; tells whether all files are gone. */
export async function removeAll(batch: Batch, options: RemovalOptions): Promise<boolean> {
  const { root, top, signal, parallel, slow = SLOW } = options;
  using walk = new LocalWalk(root);
  const slices = new Slices();
  let isEmpty = true;
  const done = (index: number, failure: CleanupFailure | undefined) => {
    isEmpty &&= failure === undefined;
    options.done(index, failure);
  };
  for (let index = 0; index < batch.count && !signal.aborted;) {
    // One after the other again wherever a directory holds but one of the files.
    if (parallel > 1 && slices.average >= slow) {
      const count = await removeAhead(walk, batch, { index, top, signal, parallel, done });
      index += count;
      if (count > 0) continue;
    }
    done(index, removeOne(walk, top, batch.name(index)));
    index++;
    if (slices.isOver) await slices.pause();
  }
  return isEmpty && !signal.aborted;
}

/**
 * Removes several files of one directory at a time.
 *
 * @returns how many were dealt with; 0 where there are no several
 */
async function removeAhead(
  walk: LocalWalk,
  batch: Batch,
  { index, top, signal, parallel, done }: Pick<RemovalOptions, "top" | "signal" | "parallel"> & {
    readonly index: number;
    done(index: number, failure: CleanupFailure | undefined): void;
  },
): Promise<number> {
  const ways: Uint8Array[][] = [];
  for (let i = index; i < batch.count && ways.length < AHEAD; i++) {
    const way = wayOf(top, batch.name(i));
    if (way === undefined || (ways.length > 0 && !areSiblings(way, ways[0]!))) break;
    ways.push(way);
  }
  if (ways.length < 2) return 0;
  const directory = enterOrNothing(walk, ways[0]!);
  if (directory === undefined) return 0;
  await inParallel(ways.entries(), { limit: parallel, signal }, async ([i, way]) => {
    const name = way.at(-1)!;
    done(index + i, judge(await directory.unlinkAside(name), batch.name(index + i)));
  });
  return ways.length;
}

/** Removes a file; returns why it could not. */
function removeOne(
  walk: LocalWalk,
  top: readonly Uint8Array[],
  name: Uint8Array,
): CleanupFailure | undefined {
  try {
    const way = [...top, ...componentsOf(name)];
    const directory = walk.enter(way, way.length - 1);
    if (directory === "missing") return undefined;
    return judge(directory.unlink(way.at(-1)!), name);
  } catch (error) {
    if (error instanceof CleanupFailure) return error;
    if (!(error instanceof PosixError)) throw error;
    if (isOfTheStore(error)) throw failureOf(error);
    return failureOf(error);
  }
}

/** What the number of an error means for a file. */
function judge(number: number, name: Uint8Array): CleanupFailure | undefined {
  if (number === 0 || number === ENOENT || number === ENAMETOOLONG) return undefined;
  const error = new PosixError(number, `Cannot remove ${shown(name)}`);
  if (isOfTheStore(error)) throw failureOf(error);
  return failureOf(error);
}

function wayOf(top: readonly Uint8Array[], name: Uint8Array): Uint8Array[] | undefined {
  try {
    return [...top, ...componentsOf(name)];
  } catch {
    return undefined;
  }
}

/** The directory of a file; nothing where it is not there or not to be entered. */
function enterOrNothing(walk: LocalWalk, way: readonly Uint8Array[]): Directory | undefined {
  try {
    const directory = walk.enter(way, way.length - 1);
    return directory === "missing" ? undefined : directory;
  } catch {
    // Said for each file, one after the other.
    return undefined;
  }
}

function areSiblings(a: readonly Uint8Array[], b: readonly Uint8Array[]): boolean {
  if (a.length !== b.length) return false;
  return a.slice(0, -1).every((part, i) => sameBytes(part, b[i]!));
}
