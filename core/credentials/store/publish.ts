/** Putting a credential's files into their places. */
import {
  type Directory,
  type FileStatus,
  isSameFile,
  makeDirectory,
  PosixError,
  replaceFile,
} from "../../posix/mod.ts";
import { showName } from "../names.ts";
import { isGone, storeError } from "./error.ts";
import { bytesOf, fileOwner, openUser, type Place, statusOf } from "./place.ts";
import type { CredentialExtension, CredentialName } from "./types.ts";

/** As HTCondor's credd makes a user's directory and a `.top`. */
const [USER_MODE, TOP_MODE] = [0o2700, 0o600];

/** What is to be put where. */
export interface Publication extends CredentialName {
  readonly extension: CredentialExtension;
  readonly bytes: Uint8Array;
  readonly mode: number;
}

/**
 * Puts a file of a credential into its place, as long as the credential has its `.top`.
 *
 * Users and the credd remove credentials at any moment; one that was removed must not come back by
 * this. So the `.top` is looked for right before the file gets its name, and once more after: what
 * was removed in between takes the new file with it.
 *
 * @returns `gone` when the credential was removed
 * @throws {StoreError} the old file is left
 */
export async function publish(
  place: Place,
  { user, name, extension, bytes, mode }: Publication,
): Promise<"published" | "gone"> {
  const [top, target] = [`${name}.top`, `${name}.${extension}`];
  const action = `Cannot write ${showName(`${user}/${target}`)}`;
  try {
    using directory = openUser(place, user);
    if (directory === undefined) return "gone";
    const isWanted = () => statusOf(directory, top)?.type === "file";
    if (!isWanted()) return "gone";
    const placed = await replaceFile(directory, bytesOf(target), bytes, {
      mode,
      owner: fileOwner(place.trust),
      confirm: isWanted,
    });
    if (placed === undefined) return "gone";
    if (isWanted() && isStillThere(place, directory, user)) return "published";
    removePlaced(directory, target, placed);
    return "gone";
  } catch (error) {
    if (isGone(error)) return "gone";
    throw storeError(error, action);
  }
}

/**
 * Makes a `.top` unless it is there, and the user's directory when that is missing.
 *
 * @throws {StoreError}
 */
export async function create(
  place: Place,
  { user, name }: CredentialName,
  bytes: Uint8Array,
): Promise<"created" | "present"> {
  const top = `${name}.top`;
  try {
    using directory = openUser(place, user) ?? makeUser(place, user);
    const isMissing = () => statusOf(directory, top) === undefined;
    if (!isMissing()) return "present";
    const placed = await replaceFile(directory, bytesOf(top), bytes, {
      mode: TOP_MODE,
      owner: fileOwner(place.trust),
      confirm: isMissing,
    });
    return placed === undefined ? "present" : "created";
  } catch (error) {
    throw storeError(error, `Cannot make ${showName(`${user}/${top}`)}`);
  }
}

function makeUser(place: Place, user: string): Directory {
  const { self, condor } = place.trust;
  try {
    const owner = self === 0 ? condor : {};
    makeDirectory(place.directory, bytesOf(user), { mode: USER_MODE, owner });
  } catch (error) {
    // The credd made it meanwhile.
    const taken = error instanceof PosixError && ["EEXIST", "ENOTEMPTY"].includes(error.code);
    if (!taken) throw error;
  }
  const made = openUser(place, user);
  if (made === undefined) throw new Error("somebody removed it at once");
  return made;
}

/** Whether the user's name still leads to the directory that was written to. */
function isStillThere(place: Place, directory: Directory, user: string): boolean {
  const found = statusOf(place.directory, user);
  return found !== undefined && isSameFile(found, directory.itself.status());
}

/** Removes what was written for a credential that is gone, unless it is another's by now. */
function removePlaced(directory: Directory, target: string, placed: FileStatus): void {
  const found = statusOf(directory, target);
  if (found !== undefined && isSameFile(found, placed)) directory.unlink(bytesOf(target));
}
