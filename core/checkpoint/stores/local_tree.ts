/** What is in the directories of a job, without following a symbolic link. */
import { type Directory, PosixError } from "../../posix/mod.ts";
import { CleanupFailure } from "../failure.ts";
import { joinPaths, shown } from "../name.ts";
import { Slices } from "./slices.ts";

/** Deepest directory that is looked into: each level holds a descriptor. */
const DEEPEST = 256;

/** What is in a directory. */
interface Listing {
  readonly files: readonly Uint8Array[];
  readonly directories: readonly Uint8Array[];
}

/** Goes through a tree. */
export class LocalTree {
  readonly #signal: AbortSignal;
  readonly #slices = new Slices();

  constructor(signal: AbortSignal) {
    this.#signal = signal;
  }

  /**
   * The files below a directory, by their paths in it. They may be removed while this goes on.
   *
   * @throws {PosixError}
   * @throws {CleanupFailure} `NotDeleted` for directories too deep
   */
  async *files(directory: Directory, depth = 0): AsyncGenerator<Uint8Array> {
    const { files, directories } = list(directory);
    for (const name of files) {
      if (this.#signal.aborted) return;
      if (this.#slices.isOver) await this.#slices.pause();
      yield name;
    }
    for (const name of directories) {
      using inner = enter(directory, name, depth);
      if (inner === undefined) continue;
      for await (const path of this.files(inner, depth + 1)) yield joinPaths(name, path);
    }
  }

  /** Removes the directories below a directory that hold no file. */
  async prune(directory: Directory, depth = 0): Promise<void> {
    for (const name of list(directory).directories) {
      if (this.#signal.aborted) return;
      if (this.#slices.isOver) await this.#slices.pause();
      using inner = enter(directory, name, depth);
      if (inner === undefined) continue;
      await this.prune(inner, depth + 1);
      directory.removeDirectory(name);
    }
  }
}

/** Opens a directory in another; undefined when it is gone, or something else by now. */
export function enter(
  parent: Directory,
  name: Uint8Array,
  depth = 0,
): Directory | undefined {
  if (depth >= DEEPEST) {
    throw new CleanupFailure(
      "NotDeleted",
      `Cannot look into ${shown(name)}: more than ${DEEPEST} directories deep`,
    );
  }
  try {
    return parent.openDirectory(name);
  } catch (error) {
    const gone = error instanceof PosixError && ["ENOENT", "ENOTDIR", "ELOOP"].includes(error.code);
    if (gone) return undefined;
    throw error;
  }
}

/** All entries at once, for they may be removed before the next is looked at. */
function list(directory: Directory): Listing {
  const [files, directories]: [Uint8Array[], Uint8Array[]] = [[], []];
  for (const { name, type } of directory.entries()) {
    (isDirectory(directory, { name, type }) ? directories : files).push(name);
  }
  return { files, directories };
}

/** Not every file system says what an entry is. */
function isDirectory(parent: Directory, { name, type }: { name: Uint8Array; type: string }) {
  if (type !== "other") return type === "directory";
  try {
    using _ = parent.openDirectory(name);
    return true;
  } catch {
    return false;
  }
}
