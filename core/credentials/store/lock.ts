/** One credential monitor at a time in a directory. */
import type { Clock } from "../../clock.ts";
import { isSameFile, type OpenFile, PosixError } from "../../posix/mod.ts";
import { showName } from "../names.ts";
import { StoreError, storeError } from "./error.ts";
import { bytesOf, type Place, statusOf } from "./place.ts";
import type { LockOptions } from "./types.ts";

const LOCK = ".credmon.lock";
const LOCK_MODE = 0o600;
const POLL_MS = 100;
/** Others may change the directory: how often what they put there is cleared away. */
const ATTEMPTS = 16;
const NEVER = new AbortController().signal;

/** The lock of a directory (flock(2)), which ends with the process at the latest. */
export class StoreLock implements Disposable {
  readonly #place: Place;
  readonly #note: (line: string) => void;
  #file: OpenFile;

  private constructor(place: Place, note: (line: string) => void, file: OpenFile) {
    this.#place = place;
    this.#note = note;
    this.#file = file;
  }

  /**
   * Takes the lock.
   *
   * @param note takes a line about what lay in the lock's place and is none
   * @returns undefined when another process kept it all the time
   * @throws {StoreError}
   */
  static async take(
    place: Place,
    note: (line: string) => void,
    { wait = 0, signal = NEVER, clock }: LockOptions & { readonly clock: Clock },
  ): Promise<StoreLock | undefined> {
    for (let waited = 0;; waited += POLL_MS) {
      const file = tryOnce(place, note);
      if (file !== undefined) return new StoreLock(place, note, file);
      if (waited >= wait) return undefined;
      await clock.sleep(Math.min(POLL_MS, wait - waited), signal);
    }
  }

  /**
   * Makes sure that the lock still is where others look for it: whoever may write to the directory
   * may have removed it. It is taken again then.
   *
   * @throws {StoreError} `replaced` when another process has it by now
   */
  check(): void {
    const found = statusOf(this.#place.directory, LOCK);
    if (found !== undefined && isSameFile(found, this.#file.status())) return;
    const file = tryOnce(this.#place, this.#note);
    if (file === undefined) {
      const state = "it was removed, and another process has taken it";
      throw new StoreError("replaced", `Cannot keep the lock ${showName(LOCK)}: ${state}`);
    }
    this.#file[Symbol.dispose]();
    this.#file = file;
  }

  [Symbol.dispose](): void {
    this.#file[Symbol.dispose]();
  }
}

/** Takes the lock if it is free; what is no lock of ours is cleared away first. */
function tryOnce({ directory, trust }: Place, note: (line: string) => void): OpenFile | undefined {
  const name = bytesOf(LOCK);
  const action = `Cannot lock ${showName(LOCK)}`;
  try {
    for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
      const status = statusOf(directory, LOCK);
      if (status === undefined) {
        make();
        continue;
      }
      if (status.type !== "file" || status.uid !== trust.self || status.nlink > 1) {
        if (status.type === "directory") {
          throw new StoreError("unsafe", `${action}: it is a directory, remove it`);
        }
        note(`Removed ${showName(LOCK)}: it was no lock of this user's`);
        directory.unlink(name);
        continue;
      }
      using opened = new DisposableStack();
      const file = opened.use(directory.openFile(name, { access: "update" }));
      if (!isSameFile(file.status(), status)) continue;
      if (!file.tryLock()) return undefined;
      const now = statusOf(directory, LOCK);
      if (now === undefined || !isSameFile(now, status)) continue;
      opened.move();
      return file;
    }
  } catch (error) {
    throw storeError(error, action);
  }
  throw new StoreError("failed", `${action}: somebody replaces it again and again`);

  function make(): void {
    try {
      directory.createFile(name, LOCK_MODE)[Symbol.dispose]();
    } catch (error) {
      if (!(error instanceof PosixError && error.code === "EEXIST")) throw error;
    }
  }
}
