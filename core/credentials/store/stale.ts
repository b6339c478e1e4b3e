/** Clearing away what killed processes left half written. */
import { type Directory, isTemporaryName } from "../../posix/mod.ts";
import { isUserName, showName } from "../names.ts";
import { storeError } from "./error.ts";
import { openUser, type Place, statusOf } from "./place.ts";

/**
 * Removes temporary files and empty temporary directories of this user, here and in the users'
 * directories. Nothing is followed, and nothing else is touched.
 *
 * @param before Unix time in milliseconds: what was changed later is left
 * @returns how many
 * @throws {StoreError} when the directory itself cannot be listed
 */
export function removeStale(place: Place, before: number): number {
  let count = 0;
  try {
    count += removeFrom(place, place.directory, before);
    for (const { name, type } of place.directory.entries()) {
      const user = String.fromCharCode(...name);
      if (type === "file" || type === "symlink" || !isUserName(user)) continue;
      count += removeFromUser(place, user, before);
    }
  } catch (error) {
    throw storeError(error, `Cannot list ${showName(place.path)}`);
  }
  return count;
}

function removeFromUser(place: Place, user: string, before: number): number {
  try {
    using directory = openUser(place, user);
    return directory === undefined ? 0 : removeFrom(place, directory, before);
  } catch {
    // Listing the credentials says what is wrong with it.
    return 0;
  }
}

function removeFrom({ trust }: Place, directory: Directory, before: number): number {
  let count = 0;
  for (const { name, type } of directory.entries()) {
    if (type === "symlink" || !isTemporaryName(String.fromCharCode(...name))) continue;
    const status = statusOf(directory, name);
    if (status === undefined || status.uid !== trust.self || status.mtime > before) continue;
    const failed = status.type === "file"
      ? directory.unlink(name)
      : status.type === "directory"
      ? directory.removeDirectory(name)
      : -1;
    if (failed === 0) count++;
  }
  return count;
}
