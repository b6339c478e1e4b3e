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
  /** Who the owner's directory belongs to. */
  readonly ownerUid: number;
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
  /** Who it belongs to, where that is known. */
  readonly uid?: number;
}

/** What was found. */
export interface Found {
  readonly pending: Pending[];
  readonly unreadable: Unreadable[];
}

/**
 * Finds what waits. Symbolic links are never followed, neither to owners' nor to jobs' directories.
 *
 * @param spools directories that hold `checkpoint-cleanup`
 */
export async function findPending(spools: readonly string[]): Promise<Found> {
  const found: Found = { pending: [], unreadable: [] };
  for (const spool of new Set(spools)) {
    if (await statusOf(spool, { follow: true }) === undefined) {
      found.unreadable.push({ path: spool, reason: "there is no such directory" });
      continue;
    }
    for (const { name, isDirectory, isSymlink } of await list(join(spool, CLEANUP), found)) {
      const home = join(spool, CLEANUP, name);
      if (isDirectory) await lookInto(home, name, found);
      else if (isSymlink) found.unreadable.push({ path: home, reason: "it is a symbolic link" });
    }
  }
  return found;
}

async function lookInto(home: string, owner: string, found: Found): Promise<void> {
  const ownerUid = (await statusOf(home))?.uid;
  // It went meanwhile.
  if (ownerUid === undefined || ownerUid === null) return;
  for (const entry of await list(home, found, ownerUid)) {
    const path = join(home, entry.name);
    const isNote = entry.isFile && isRescanNote(entry.name);
    if (entry.isSymlink) {
      found.unreadable.push({ path, reason: "it is a symbolic link", uid: ownerUid });
    }
    if (!entry.isDirectory && !isNote) continue;
    const status = await statusOf(path);
    // Done by somebody else meanwhile, or swapped for something else.
    if (status === undefined || status.isDirectory !== entry.isDirectory) continue;
    found.pending.push({
      path,
      owner,
      ownerUid,
      kind: isNote ? "note" : "job",
      uid: status.uid ?? 0,
      changedAt: status.mtime?.getTime() ?? 0,
    });
  }
}

async function list(
  path: string,
  { unreadable }: Found,
  uid?: number,
): Promise<Deno.DirEntry[]> {
  const entries: Deno.DirEntry[] = [];
  const owner = uid === undefined ? {} : { uid };
  try {
    for await (const entry of Deno.readDir(path)) {
      // The runtime cannot name it; HTCondor does not either.
      if (entry.name.includes("\ufffd")) {
        unreadable.push({ path: join(path, entry.name), reason: "its name is no text", ...owner });
      } else if (entries.push(entry) >= MOST_ENTRIES) break;
    }
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) {
      unreadable.push({ path, reason: errorText(error), ...owner });
    }
  }
  return entries.sort((a, b) => a.name < b.name ? -1 : 1);
}

async function statusOf(
  path: string,
  { follow = false } = {},
): Promise<Deno.FileInfo | undefined> {
  return await (follow ? Deno.stat(path) : Deno.lstat(path)).catch(() => undefined);
}
