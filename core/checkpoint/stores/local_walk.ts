/**
 * The directories between a checkpoint's and the file at hand, held open: files in the order of
 * their directories then cost one system call each, and no symbolic link is ever followed.
 */
import { Directory, type EntryType, PosixError } from "../../posix/mod.ts";
import { CleanupFailure } from "../failure.ts";
import { sameBytes, shown } from "../name.ts";
import { failureOf, isOfTheStore } from "./local_failure.ts";

/** A directory on the way: open, not there, or not to be entered. */
interface Step {
  readonly name: Uint8Array;
  readonly state: Directory | "missing" | CleanupFailure;
}

/** A way down from a directory; on the way back up empty directories are removed. */
export class LocalWalk implements Disposable {
  readonly #root: Step["state"];
  readonly #steps: Step[] = [];

  /** @param root is neither closed nor removed */
  constructor(root: Directory | "missing") {
    this.#root = root;
  }

  /**
   * Goes to a directory.
   *
   * @param way its components below the root
   * @param depth how many of them count
   * @returns it, or `missing`
   * @throws {CleanupFailure} `Unsafe` where a symbolic link is in the way
   * @throws {PosixError} where the file system as a whole fails
   */
  enter(way: readonly Uint8Array[], depth: number = way.length): Directory | "missing" {
    let same = 0;
    while (
      same < this.#steps.length && same < depth && sameBytes(this.#steps[same]!.name, way[same]!)
    ) {
      same++;
    }
    this.#leave(same);
    let state: Step["state"] = this.#state;
    for (let i = same; i < depth && state instanceof Directory; i++) {
      const name = way[i]!.slice();
      state = open(state, name);
      this.#steps.push({ name, state });
    }
    if (state instanceof CleanupFailure) throw state;
    return state;
  }

  /** Goes back to the root. */
  [Symbol.dispose](): void {
    this.#leave(0);
  }

  get #state(): Step["state"] {
    return this.#steps.at(-1)?.state ?? this.#root;
  }

  #leave(depth: number): void {
    while (this.#steps.length > depth) {
      const { name, state } = this.#steps.pop()!;
      if (!(state instanceof Directory)) continue;
      state[Symbol.dispose]();
      const parent = this.#state;
      // What is not empty stays: whoever removes the last file in it comes by here again.
      if (parent instanceof Directory) parent.removeDirectory(name);
    }
  }
}

function open(parent: Directory, name: Uint8Array): Step["state"] {
  try {
    return parent.openDirectory(name);
  } catch (error) {
    if (!(error instanceof PosixError) || isOfTheStore(error)) throw error;
    if (isAbsence(error)) return "missing";
    if (error.code !== "ENOTDIR" && error.code !== "ELOOP") return failureOf(error);
    // Nothing can be below a file.
    return typeOf(parent, name) === "file" ? "missing" : new CleanupFailure(
      "Unsafe",
      `Refused to go through ${shown(name)}: not a directory, perhaps a symbolic link`,
    );
  }
}

/** There is nothing of that name; one that is too long cannot be anything's. */
function isAbsence({ code }: PosixError): boolean {
  return code === "ENOENT" || code === "ENAMETOOLONG";
}

/** What an entry is; the slow way, for what is never met in a checkpoint. */
function typeOf(parent: Directory, name: Uint8Array): EntryType | undefined {
  for (const entry of parent.entries()) {
    if (sameBytes(entry.name, name)) return entry.type;
  }
  return undefined;
}
