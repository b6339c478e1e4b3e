/**
 * What every kind of destination is to the clean-up: a store that files are removed from.
 *
 * A new kind is one file in `stores/` that exports a {@linkcode BackEnd}, a line in `stores/mod.ts`
 * and a file in `cmd/`; it has to pass `tests/checkpoint/stores/contract.ts`.
 */
import type { Permissions, Program } from "../cli/program.ts";
import type { ClassAd } from "../classad/ad.ts";
import type { CleanupFailure } from "./failure.ts";
import type { Base, JobLocation } from "./location.ts";

/** The files of one checkpoint that are to be removed. */
export interface Batch {
  readonly base: Base;
  /** The checkpoint was never uploaded completely (`-ignore-missing-files`). */
  readonly ignoreMissing: boolean;
  /** The checkpoint has no other files than these; the store may remove it as a whole. */
  readonly whole?: boolean;
  readonly count: number;
  /** The name at an index from 0: bytes, as the MANIFEST has them; not to be changed or kept. */
  name(index: number): Uint8Array;
}

/** How a removal reports, and is stopped. */
export interface RemoveOptions {
  /** When aborted nothing new is begun; what is under way may end. */
  readonly signal: AbortSignal;
  /**
   * Called once for each file that was dealt with, in any order: with nothing when it is gone,
   * whoever removed it, else with what went wrong. Files never reported were not begun.
   */
  done(index: number, failure?: CleanupFailure): void;
  /**
   * Called when not even the checkpoint's own directory is there: somebody removed all of it, or the
   * store is not what it is taken for. Its files are reported as gone all the same.
   */
  absent?(): void;
}

/** A file found at a destination. */
export interface Leftover {
  /** The number of its checkpoint. */
  readonly number: string;
  /** Its name below `<destination>/<gid>/<number>/`. */
  readonly name: Uint8Array;
}

/** A destination, opened with the arguments of one line of the map. Holds connections. */
export interface Store extends AsyncDisposable {
  /**
   * Removes files, and the directories that HTCondor made for them as they become empty.
   *
   * Nothing is tried again here: a failure of kind `Transient` makes the caller try again later.
   * What concerns one file is reported; what concerns the whole store is thrown.
   *
   * @throws {CleanupFailure} when none of the files can be removed, e.g. `StoreUnavailable`
   */
  remove(batch: Batch, options: RemoveOptions): Promise<void>;
  /**
   * Lists what is at a job's location, at any depth; stores that cannot list do not have it.
   *
   * @throws {CleanupFailure}
   */
  leftovers?(location: JobLocation, signal: AbortSignal): AsyncIterable<Leftover>;
  /**
   * Removes the directories at a job's location that hold no file, at any depth, and the location
   * itself likewise; stores without directories do not have it. Files are never removed.
   *
   * @throws {CleanupFailure}
   */
  prune?(location: JobLocation, signal: AbortSignal): Promise<void>;
}

/** What a store may know of its surroundings. */
export interface StoreContext {
  env(name: string): string | undefined;
  /** Removals to have under way at once, where they go one by one and the store can take it. */
  readonly parallel: number;
  /** The home directory and name of the user it runs as, by the user database, not `HOME`. */
  readonly user: { readonly name: string; readonly home: string } | undefined;
  /** The job's ad; undefined when there is none to be had. Asked for only when needed. */
  jobAd(): Promise<ClassAd | undefined>;
  /** Takes one line of what is being done, for `-verbose`. */
  verbose(text: string): void;
}

/** A kind of destination, and the plug-in for it. */
export interface BackEnd {
  /** The plug-in's description; its options are those of this kind, without the common ones. */
  readonly program: Program;
  /** What its executable may do. */
  readonly permissions: Permissions;
  /**
   * Opens the store that the arguments of a line of the map describe; connects to nothing yet.
   *
   * @param args e.g. `["-prefix", "osdf:///vo/", "-path", "/ceph/vo"]`
   * @throws {UsageError} for wrong arguments
   * @throws {CleanupFailure} for credentials that are not there
   */
  open(args: readonly string[], context: StoreContext): Promise<Store>;
}
