/** The file that says which groups a user is in (`LOCAL_CREDMON_AUTHZ_GROUP_MAPFILE`). */
import { systemErrorText } from "../../errors.ts";
import { readSmallFile, UnusableFile } from "../../std/small_file.ts";
import { isGroupName } from "../names.ts";

/** Largest map, in bytes. */
const LARGEST_MAP = 32 * 1024 * 1024;

const OTHERS_WRITE = 0o002;

/** Most groups of one user; the others are left out. */
export const MOST_GROUPS = 1000;

/** A user's groups. */
export interface Groups {
  /** In the order of the map. */
  readonly names: readonly string[];
  /** How many more there are whose names are none, or that are too many. */
  readonly refused: number;
}

const NONE: Groups = { names: [], refused: 0 };

/** A map, read once and asked often. */
export class GroupMap {
  /** What it was made of. */
  readonly text: string;
  #groups: ReadonlyMap<string, string> | undefined;

  /** @param text is taken apart when it is first asked: most maps are as they were */
  constructor(text: string) {
    this.text = text;
  }

  /** The groups of a user; none for users whom the map does not know. */
  of(user: string): Groups {
    const list = this.#lists().get(user);
    if (list === undefined) return NONE;
    const all = list.split(",").filter((name) => name !== "");
    const names = all.filter(isGroupName).slice(0, MOST_GROUPS);
    return { names, refused: all.length - names.length };
  }

  /** Whether a user is in a group, be it one of too many. */
  has(user: string, group: string): boolean {
    return this.#lists().get(user)?.split(",").includes(group) ?? false;
  }

  /** The users whom the map knows, in its order. */
  users(): IterableIterator<string> {
    return this.#lists().keys();
  }

  #lists(): ReadonlyMap<string, string> {
    return this.#groups ??= parse(this.text);
  }
}

/**
 * Takes a map apart: the groups of each user, not yet split. A line is `* user group,group`, split at
 * blanks; whatever follows counts for nothing, and so do all other lines. The first line of a user
 * wins.
 */
function parse(text: string): ReadonlyMap<string, string> {
  const groups = new Map<string, string>();
  for (let start = 0; start < text.length;) {
    const end = text.indexOf("\n", start);
    const line = text.slice(start, end < 0 ? text.length : end);
    const [, user, list] = /^\s*\*\s+(\S+)\s+(\S+)/.exec(line) ?? [];
    if (user !== undefined && !groups.has(user)) groups.set(user, list!);
    start = end < 0 ? text.length : end + 1;
  }
  return groups;
}

/** A map that cannot be read. The message is the state found alone. */
export class GroupMapError extends Error {
  override readonly name = "GroupMapError";
}

/**
 * Reads a map. One that everybody can write to is refused: it says who may do what.
 *
 * @param path of a regular file of at most 32 MiB; symbolic links are followed, it is no secret
 * @throws {GroupMapError}
 */
export function readGroupMap(path: string): GroupMap {
  try {
    return new GroupMap(readSmallFile(path, { limit: LARGEST_MAP, objection }));
  } catch (cause) {
    if (cause instanceof UnusableFile) throw new GroupMapError(cause.message, { cause });
    throw new GroupMapError(systemErrorText(cause), { cause });
  }
}

function objection({ mode }: Deno.FileInfo): string | undefined {
  const bits = (mode ?? 0) & 0o7777;
  return (bits & OTHERS_WRITE) === 0
    ? undefined
    : `everybody can write to it, its mode is ${bits.toString(8).padStart(4, "0")}; chmod o-w it`;
}
