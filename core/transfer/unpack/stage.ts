/**
 * The directory that an archive is unpacked into before anything gets its final name.
 *
 * It lies beside the target, so that moving is renaming. Nothing is moved before all of it is known
 * to fit: a directory only onto a directory, anything else only onto what is no directory.
 */
import { join } from "@std/path";
import { type ArchiveName, quote, refused } from "./failures.ts";

let counter = 0;

/** See above. */
export class Stage {
  readonly path: string;
  readonly #directory: string;
  readonly #archive: ArchiveName;

  /** Makes the directory, for this user only, inside `directory`. */
  constructor(directory: string, archive: ArchiveName) {
    this.#directory = directory;
    this.#archive = archive;
    this.path = join(directory, `.unpack-${Deno.pid}-${++counter}`);
    Deno.mkdirSync(this.path, { mode: 0o700 });
  }

  /**
   * Gives everything its final name, replacing files that exist.
   *
   * @returns the files and links, relative to the directory
   * @throws {TransferFailure} Parameter, when a file and a directory have the same name
   */
  commit(): string[] {
    const moves: string[] = [];
    const files: string[] = [];
    this.#plan("", moves, files);
    for (const each of moves) Deno.renameSync(join(this.path, each), join(this.#directory, each));
    return files;
  }

  /** Deletes what is left, as far as possible: the outcome of unpacking does not hang on it. */
  remove(): void {
    try {
      Deno.removeSync(this.path, { recursive: true });
    } catch {
      // The job's directory is deleted as a whole later on.
    }
  }

  /** Collects what to rename and what files there are, below one directory. */
  #plan(directory: string, moves: string[], files: string[]): void {
    for (const entry of Deno.readDirSync(join(this.path, directory))) {
      const each = join(directory, entry.name);
      const there = look(join(this.#directory, each));
      if (there !== undefined && there.isDirectory !== entry.isDirectory) {
        const state = there.isDirectory ? "a directory" : "not a directory";
        throw refused(this.#archive, `${quote(each)} exists and is ${state}`);
      }
      if (!entry.isDirectory) {
        moves.push(each);
        files.push(each);
      } else if (there === undefined) {
        moves.push(each);
        this.#list(each, files);
      } else {
        this.#plan(each, moves, files);
      }
    }
  }

  #list(directory: string, files: string[]): void {
    for (const entry of Deno.readDirSync(join(this.path, directory))) {
      const each = join(directory, entry.name);
      if (entry.isDirectory) this.#list(each, files);
      else files.push(each);
    }
  }
}

function look(path: string): Deno.FileInfo | undefined {
  try {
    return Deno.lstatSync(path);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw error;
  }
}
