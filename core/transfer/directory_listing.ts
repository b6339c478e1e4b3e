/**
 * Which names exist in the directories of a run's targets.
 *
 * A batch has thousands of files in few directories: to read such a directory once costs less than
 * to ask for each name, and nobody else is at work in a job's scratch directory meanwhile.
 */
import { basename, dirname } from "@std/path";

/** Names that are asked for one by one before the directory is read. */
const ASKED_SINGLY = 16;

/** The names in some directories, as they were when first needed. */
export class DirectoryListing {
  readonly #asked = new Map<string, number>();
  readonly #names = new Map<string, ReadonlySet<string>>();

  /** What is at `path`, links not followed; undefined where nothing is, or nothing can be seen. */
  look(path: string): Deno.FileInfo | undefined {
    return this.#mayExist(dirname(path), basename(path)) ? look(path) : undefined;
  }

  /** Whether `directory` exists, be it by a link. */
  has(directory: string): boolean {
    return this.#names.has(directory) || look(directory, Deno.statSync) !== undefined;
  }

  #mayExist(directory: string, name: string): boolean {
    const names = this.#names.get(directory);
    if (names !== undefined) return names.has(name);
    const asked = (this.#asked.get(directory) ?? 0) + 1;
    this.#asked.set(directory, asked);
    if (asked > ASKED_SINGLY) {
      try {
        const found = new Set(Array.from(Deno.readDirSync(directory), (entry) => entry.name));
        this.#names.set(directory, found);
      } catch {
        this.#asked.set(directory, -Infinity); // it cannot be read, or is not there yet
      }
    }
    return true;
  }
}

/** What is at `path`; undefined where nothing is, or nothing can be seen. */
export function look(path: string, stat = Deno.lstatSync): Deno.FileInfo | undefined {
  try {
    return stat(path);
  } catch {
    return undefined; // writing will say why
  }
}
