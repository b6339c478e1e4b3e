/** The credential directory, held open, and the way to what is in it. */
import { basename, dirname, resolve } from "@std/path";
import {
  accountByName,
  Directory,
  type FileStatus,
  groupByName,
  isSameFile,
  makeDirectory,
  type Owner,
  PosixError,
} from "../../posix/mod.ts";
import { showName } from "../names.ts";
import { isGone, StoreError, storeError } from "./error.ts";
import { directoryFault, type Trust, trustFor, userFault } from "./trust.ts";
import type { CondorIds } from "./types.ts";

/** As condor_master makes the directory. */
const DIRECTORY_MODE = 0o2770;

const encoder = new TextEncoder();

/** What all parts of the store work with. */
export interface Place {
  readonly path: string;
  readonly directory: Directory;
  readonly trust: Trust;
}

/** A name, as the file system has it. */
export function bytesOf(name: string): Uint8Array<ArrayBuffer> {
  return encoder.encode(name);
}

/**
 * Opens the credential directory, and makes it when it is missing and may be written to. It is held
 * open from then on, so that no other can be put in its place.
 *
 * @throws {StoreError}
 */
export function openPlace(
  given: string,
  { condor = defaultIds(), access }: { condor?: CondorIds; access: "read" | "write" },
): Place {
  const trust = trustFor(condor);
  // A slash or a dot at its end would have a link there followed.
  const path = resolve(given);
  const action = `Cannot use ${showName(path)}`;
  const directory = openOrMake(path, { trust, make: access === "write" });
  try {
    const fault = directoryFault(directory.itself.status(), trust);
    if (fault !== undefined) throw new StoreError("unsafe", `${action}: ${fault}`);
    if (!directory.isAllowed(access)) {
      const state = `no permission to ${access === "write" ? "write to" : "read"} it, run as root`;
      throw new StoreError("denied", `${action}: ${state}`);
    }
    return { path, directory, trust };
  } catch (error) {
    directory[Symbol.dispose]();
    throw error;
  }
}

/**
 * Makes sure that the directory held open is still what its path leads to.
 *
 * @throws {StoreError} `replaced` when it is not
 */
export function checkPlace({ path, directory }: Place): void {
  const action = `Cannot use ${showName(path)}`;
  try {
    using found = Directory.open(path, { follow: false });
    if (isSameFile(found.itself.status(), directory.itself.status())) return;
  } catch (error) {
    if (!(error instanceof PosixError) || !["ENOENT", "ENOTDIR"].includes(error.code)) {
      throw storeError(error, action);
    }
  }
  throw new StoreError("replaced", `${action}: it was removed or replaced, start this again`);
}

/**
 * Opens a user's directory, following no link.
 *
 * @returns undefined when it is gone
 * @throws {StoreError} `unsafe` when it is not to be trusted
 */
export function openUser({ directory, trust }: Place, user: string): Directory | undefined {
  const action = `Cannot use ${showName(user)}`;
  let opened: Directory | undefined;
  try {
    opened = directory.openDirectory(bytesOf(user));
    const fault = userFault(opened.itself.status(), trust);
    if (fault !== undefined) throw new StoreError("unsafe", `${action}: ${fault}`);
    return opened;
  } catch (error) {
    opened?.[Symbol.dispose]();
    if (isGone(error)) return undefined;
    if (error instanceof PosixError && error.code === "ENOTDIR") {
      throw new StoreError("unsafe", `${action}: it is no directory`, { cause: error });
    }
    throw storeError(error, action);
  }
}

/** Looks at an entry without following it; undefined when it is gone. @throws {PosixError} */
export function statusOf(
  directory: Directory,
  name: string | Uint8Array,
): FileStatus | undefined {
  try {
    return directory.status(typeof name === "string" ? bytesOf(name) : name);
  } catch (error) {
    if (isGone(error)) return undefined;
    throw error;
  }
}

/** Whose new files become: those of root get HTCondor's group, whatever the directory's is. */
export function fileOwner({ self, condor: { gid } }: Trust): Owner {
  return self === 0 && gid !== undefined ? { gid } : {};
}

function openOrMake(
  path: string,
  { trust, make }: { readonly trust: Trust; readonly make: boolean },
): Directory {
  const action = `Cannot use ${showName(path)}`;
  for (let made = false;; made = true) {
    try {
      return Directory.open(path, { follow: false });
    } catch (error) {
      if (error instanceof PosixError && error.code === "ENOTDIR") {
        throw new StoreError(
          "unsafe",
          `${action}: it is no directory, nor may it be a link to one`,
          {
            cause: error,
          },
        );
      }
      if (!isGone(error) || !make || made) throw storeError(error, action);
      makePlace(path, trust);
    }
  }
}

/** Makes the directory as condor_master does: HTCondor's daemons have to write there too. */
function makePlace(path: string, trust: Trust): void {
  try {
    using parent = Directory.open(dirname(path));
    makeDirectory(parent, bytesOf(basename(path)), {
      mode: DIRECTORY_MODE,
      owner: fileOwner(trust),
    });
  } catch (error) {
    // Somebody else made it meanwhile.
    if (error instanceof PosixError && ["EEXIST", "ENOTEMPTY"].includes(error.code)) return;
    throw storeError(error, `Cannot make ${showName(path)}`);
  }
}

/** @throws {StoreError} when the machine's name services fail: all users' directories are condor's */
function defaultIds(): CondorIds {
  try {
    const account = accountByName("condor");
    const gid = groupByName("condor") ?? account?.gid;
    return {
      ...(account === undefined ? {} : { uid: account.uid }),
      ...(gid === undefined ? {} : { gid }),
    };
  } catch (error) {
    throw storeError(error, 'Cannot look up the account "condor"');
  }
}
