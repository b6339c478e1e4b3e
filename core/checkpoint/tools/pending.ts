/** What waits below `checkpoint-cleanup`, in SPOOL and wherever else it may lie. */
import { join } from "@std/path";
import { errorText } from "../../errors.ts";
import { isRescanNote } from "../clean/rescan_note.ts";

/** The directory that HTCondor makes in SPOOL. */
const CLEANUP = "checkpoint-cleanup";

/** Most entries looked at in one directory. */
const MOST_ENTRIES = 1_000_000;

/** Something that waits: a job's directory, or a note that its destination is to be looked at. */
export interface Pending {
  readonly path: string;
  /** Name of the owner's directory. */
  readonly owner: string;
  readonly kind: "job" | "note";
  /** Who it belongs to. */
  readonly uid: number;
  /** When it last changed, Unix time in milliseconds. */
  readonly changedAt: number;
}

/** A place that could not be looked into, or must not be. */
export interface Unreadable {
  readonly path: string;
  readonly reason: string;
}

/**
 * Finds what waits. Symbolic links are never followed, neither to owners' nor to jobs' directories.
 *
 * @param spools directories that hold `checkpoint-cleanup`
 */
export async function findPending(
  spools: readonly string[],
): Promise<{ pending: Pending[]; unreadable: Unreadable[] }> {
  const pending: Pending[] = [];
  const unreadable: Unreadable[] = [];
  const list = async (path: string): Promise<Deno.DirEntry[]> => {
    const found: Deno.DirEntry[] = [];
    try {
      for await (const entry of Deno.readDir(path)) {
        if (found.push(entry) >= MOST_ENTRIES) break;
      }
    } catch (error) {
      if (!(error instanceof Deno.errors.NotFound)) {
        unreadable.push({ path, reason: errorText(error) });
      }
    }
    return found.sort((a, b) => a.name < b.name ? -1 : 1);
  };
  for (const spool of new Set(spools)) {
    for (const owner of await list(join(spool, CLEANUP))) {
      const home = join(spool, CLEANUP, owner.name);
      if (!owner.isDirectory) {
        if (owner.isSymlink) unreadable.push({ path: home, reason: "it is a symbolic link" });
        continue;
      }
      for (const entry of await list(home)) {
        const path = join(home, entry.name);
        const kind = entry.isDirectory
          ? "job"
          : entry.isFile && isRescanNote(entry.name)
          ? "note"
          : undefined;
        if (kind === undefined) {
          if (entry.isSymlink) unreadable.push({ path, reason: "it is a symbolic link" });
          continue;
        }
        const status = await Deno.lstat(path).catch(() => undefined);
        // Done by somebody else meanwhile, or swapped for something else.
        if (status === undefined || status.isSymlink) continue;
        pending.push({
          path,
          owner: owner.name,
          kind,
          uid: status.uid ?? 0,
          changedAt: status.mtime?.getTime() ?? 0,
        });
      }
    }
  }
  return { pending, unreadable };
}
