/** What is in the credential directory: credentials by user and name, and marks. */
import {
  type Directory,
  type DirectoryEntry,
  type FileStatus,
  PosixError,
} from "../../posix/mod.ts";
import { concat } from "../../std/bytes.ts";
import { isCredentialName, isUserName, showName } from "../names.ts";
import { storeError } from "./error.ts";
import type { NoteTaker } from "./notes.ts";
import { bytesOf, openUser, type Place, statusOf } from "./place.ts";
import { fileFault, tokenFault } from "./trust.ts";
import type { FileFacts, ListedCredential, Mark } from "./types.ts";

/** Bounds of what one look takes in; what is beyond is noted. */
const LIMITS = {
  /** Entries of the directory itself. */
  entries: 500_000,
  /** Providers of a user, and credentials of a user's provider. */
  providers: 64,
  credentials: 1000,
  /** Entries of a user's directory: three files for each credential, and some. */
  userEntries: 4 * 64 * 1000,
} as const;

/** Most bytes of a credential's file. */
export const FILE_LIMIT = 256 * 1024;

const TOP = ".top";
const USE = ".use";
const MARK = ".mark";
const DOT = 46;

/**
 * Lists the credentials that have a `.top`, by user and then by name.
 *
 * @param notes takes what was skipped, and why
 * @throws {StoreError} when the directory itself cannot be listed
 */
export function* listCredentials(
  place: Place,
  notes: NoteTaker,
): Generator<ListedCredential, void> {
  for (const user of listUsers(place, notes)) yield* listUser(place, user, notes);
  notes.end();
}

/**
 * Lists the names of what may be users' directories, sorted.
 *
 * @throws {StoreError}
 */
function listUsers(place: Place, notes: NoteTaker): string[] {
  const users: string[] = [];
  for (const { name, type: told } of rootEntries(place, notes)) {
    // Some file systems do not tell with the name.
    const type = told === "other" ? statusOf(place.directory, name)?.type : told;
    if (type !== "directory" && type !== "symlink") continue;
    const user = latin1(name);
    if (type === "symlink") notes.note(`Skipped ${showName(name)}: it is a symbolic link`);
    else if (isUserName(user)) users.push(user);
    else notes.note(`Skipped ${showName(name)}: it is no user's name`);
  }
  return users.sort();
}

/**
 * Lists the marks of users who are to be removed.
 *
 * @throws {StoreError}
 */
export function* listMarks(place: Place, notes: NoteTaker): Generator<Mark, void> {
  for (const { name, type } of rootEntries(place, notes)) {
    const mark = latin1(name);
    const user = mark.slice(0, -MARK.length);
    if (!mark.endsWith(MARK) || !isUserName(user) || type === "directory") continue;
    const status = statusOf(place.directory, mark);
    if (status?.type === "file") yield { user, since: status.mtime };
  }
}

/** The entries of the directory itself, without hidden ones and up to a bound. */
function* rootEntries(
  { directory, path }: Place,
  notes: NoteTaker,
): Generator<DirectoryEntry, void> {
  let count = 0;
  try {
    for (const entry of directory.entries()) {
      if (++count > LIMITS.entries) {
        notes.note(`Cut ${showName(path)}: it has more than ${LIMITS.entries} entries`);
        return;
      }
      if (entry.name[0] !== DOT) yield entry;
    }
  } catch (error) {
    throw storeError(error, `Cannot list ${showName(path)}`);
  }
}

/** All of a user at once: nothing stays open while a credential is worked on. */
function listUser(place: Place, user: string, notes: NoteTaker): ListedCredential[] {
  try {
    using directory = openUser(place, user);
    if (directory === undefined) return [];
    const found: ListedCredential[] = [];
    for (const name of topNames(directory, user, notes)) {
      const listed = listCredential(place, directory, { user, name, notes });
      if (listed !== undefined) found.push(listed);
    }
    return found;
  } catch (error) {
    // One user must not be in the way of the others.
    notes.note(`Skipped ${showName(user)}: ${reasonOf(error)}`);
    return [];
  }
}

function listCredential(
  { trust }: Place,
  directory: Directory,
  { user, name, notes }: {
    readonly user: string;
    readonly name: string;
    readonly notes: NoteTaker;
  },
): ListedCredential | undefined {
  const top = statusOf(directory, name + TOP);
  if (top === undefined) return undefined;
  const large = top.size > FILE_LIMIT ? `it has more than ${FILE_LIMIT} bytes` : undefined;
  const fault = fileFault(top, trust) ?? large;
  if (fault !== undefined) {
    notes.note(`Skipped ${showName(`${user}/${name}${TOP}`)}: ${fault}`);
    return undefined;
  }
  const use = statusOf(directory, name + USE);
  const useFault = use && tokenFault(use, trust);
  if (useFault !== undefined) {
    notes.note(`Ignored ${showName(`${user}/${name}${USE}`)}: ${useFault}`);
  }
  const credential = { user, name, top: factsOf(top) };
  return use === undefined || useFault !== undefined
    ? credential
    : { ...credential, use: factsOf(use) };
}

/** Names of a user's `.top` files, sorted and within the bounds. */
function topNames(directory: Directory, user: string, notes: NoteTaker): string[] {
  const names: string[] = [];
  let count = 0;
  for (const { name, type } of directory.remainingEntries()) {
    if (++count > LIMITS.userEntries) {
      notes.note(`Cut ${showName(user)}: it has more than ${LIMITS.userEntries} entries`);
      break;
    }
    const file = latin1(name);
    if (!file.endsWith(TOP) || name[0] === DOT) continue;
    const credential = file.slice(0, -TOP.length);
    const shown = () => showName(concat([bytesOf(`${user}/`), name]));
    if (!isCredentialName(credential)) {
      notes.note(`Skipped ${shown()}: it is no credential's name`);
    } else if (type === "symlink") notes.note(`Skipped ${shown()}: it is a symbolic link`);
    else names.push(credential);
  }
  names.sort();
  return names.length > LIMITS.providers ? cut(names, user, notes) : names;
}

/** Leaves the first credentials of the first providers. */
function cut(names: readonly string[], user: string, notes: NoteTaker): string[] {
  const counts = new Map<string, number>();
  return names.filter((name) => {
    const [provider = ""] = name.split("_", 1);
    const count = (counts.get(provider) ?? 0) + 1;
    if (count === 1 && counts.size >= LIMITS.providers) {
      notes.note(`Cut ${showName(user)}: it has more than ${LIMITS.providers} providers`);
      return false;
    }
    counts.set(provider, count);
    if (count <= LIMITS.credentials) return true;
    const what = `more than ${LIMITS.credentials} credentials of ${showName(provider)}`;
    notes.note(`Cut ${showName(user)}: it has ${what}`);
    return false;
  });
}

function factsOf({ size, mtime, inode }: FileStatus): FileFacts {
  return { size, mtime, inode };
}

function reasonOf(error: unknown): string {
  if (error instanceof PosixError) return error.state;
  const { message } = error as Error;
  return message.slice(message.indexOf(": ") + 2);
}

/** Bytes as text of which each character is one: what is no ASCII is no name. */
function latin1(name: Uint8Array): string {
  return String.fromCharCode(...name);
}
