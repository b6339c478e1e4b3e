/**
 * Files that are there whole or not at all: written beside their place under another name, synced,
 * and then given the name (rename(2), link(2)). A crash leaves what was there before.
 */
import { basename, dirname, join } from "@std/path";
import { systemErrorText } from "../../errors.ts";

/** A file that has no name yet. */
export interface StagedFile {
  /** Gives it its name, unless there is something of that name. */
  publishNew(): void;
  /** Gives it its name, and takes that from what has it. */
  replace(): void;
  /** Removes what is left of it; after it got its name, nothing. */
  discard(): void;
}

/**
 * Writes a file under a temporary name beside its place.
 *
 * @param path its place
 * @param text its content
 * @param options.mode permission bits, which it has before it has its name
 * @throws {Error} naming the file, and leaving nothing behind
 */
export function stageFile(
  path: string,
  text: string,
  { mode }: { readonly mode: number },
): StagedFile {
  const temporary = join(dirname(path), `.${basename(path)}.${crypto.randomUUID()}.tmp`);
  const discard = () => removeIfThere(temporary);
  orSay(path, () => {
    // O_EXCL, and nobody else may read it at any time.
    using file = Deno.openSync(temporary, { write: true, createNew: true, mode: 0o600 });
    try {
      const bytes = new TextEncoder().encode(text);
      for (let at = 0; at < bytes.length;) at += file.writeSync(bytes.subarray(at));
      file.syncSync();
      if (mode !== 0o600) Deno.chmodSync(temporary, mode);
    } catch (error) {
      discard();
      throw error;
    }
  });
  return {
    publishNew: () =>
      orSay(path, () => {
        Deno.linkSync(temporary, path);
        try {
          Deno.removeSync(temporary);
          syncDirectory(path);
        } catch (error) {
          removeIfThere(path);
          throw error;
        }
      }),
    replace: () =>
      orSay(path, () => {
        Deno.renameSync(temporary, path);
        syncDirectory(path);
      }),
    discard,
  };
}

/**
 * Puts new files into their places: all of them, or none when one cannot be put there.
 *
 * @returns takes them away again, for whoever fails at what comes next
 */
export function publishNewFiles(
  files: readonly { readonly path: string; readonly text: string; readonly mode: number }[],
): () => void {
  const staged: StagedFile[] = [];
  const published: string[] = [];
  const undo = () => published.forEach(removeIfThere);
  try {
    for (const { path, text, mode } of files) staged.push(stageFile(path, text, { mode }));
    for (const [i, file] of staged.entries()) {
      file.publishNew();
      published.push(files[i]!.path);
    }
    return undo;
  } catch (error) {
    undo();
    throw error;
  } finally {
    for (const file of staged) file.discard();
  }
}

function syncDirectory(path: string): void {
  using directory = Deno.openSync(dirname(path));
  directory.syncSync();
}

function orSay(path: string, work: () => void): void {
  try {
    work();
  } catch (error) {
    throw new Error(`Cannot write "${path}": ${stateOf(error)}`, { cause: error });
  }
}

/** Tidies up after an error, which is the one to be told. */
function removeIfThere(path: string): void {
  try {
    Deno.removeSync(path);
  } catch {
    // It is gone already, or cannot be removed.
  }
}

function stateOf(error: unknown): string {
  if (error instanceof Deno.errors.AlreadyExists) {
    return "it is there already: move it away first, or name another file";
  }
  // The runtime's own text names the temporary file.
  return systemErrorText(error);
}
