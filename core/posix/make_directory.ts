/** Directories that are there at once, with their owner and mode. */
import type { Directory } from "./directory.ts";
import { PosixError } from "./error.ts";
import type { Owner } from "./open_file.ts";
import { effectiveUser } from "./process.ts";
import { temporaryName } from "./temporary_name.ts";

const EPERM = 1;
/** As a directory is made; bits that it gets from the one above come on top. */
const NEW_MODE = 0o700;

/** How a directory is made. */
export interface MakeOptions {
  /** Its permissions, whatever the umask. */
  readonly mode: number;
  /** Its owner; whoever makes things in the directory above unless given. */
  readonly owner?: Owner;
}

/**
 * Makes a directory beside its place, and renames it once it is as it should be. What a kill leaves
 * is empty, and has a name that `isTemporaryName()` knows.
 *
 * @throws {PosixError} `ENOTEMPTY`, `EEXIST` or `ENOTDIR` when the name is taken; an empty directory
 *   is replaced
 */
export function makeDirectory(
  parent: Directory,
  name: Uint8Array,
  { mode, owner }: MakeOptions,
): void {
  const temporary = temporaryName(name);
  parent.makeDirectory(temporary, NEW_MODE);
  try {
    using made = parent.openDirectory(temporary);
    // Whoever may change the directory above may have put another one there meanwhile.
    const { uid, mode: found } = made.itself.status();
    const fresh = uid === effectiveUser() && (found & 0o777 & ~NEW_MODE) === 0 &&
      made.entries().next().done === true;
    if (!fresh) throw new PosixError(EPERM, "Cannot make a directory", "somebody replaced it");
    if (owner !== undefined) made.itself.chown(owner);
    made.itself.chmod(mode);
    made.itself.sync();
    parent.rename(temporary, name);
  } catch (error) {
    parent.removeDirectory(temporary);
    throw error;
  }
  parent.itself.sync();
}
