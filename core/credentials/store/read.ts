/** Reading the store's files, none of which is trusted before it is open. */
import { type Directory, PosixError } from "../../posix/mod.ts";
import { showName } from "../names.ts";
import { isGone, StoreError, storeError } from "./error.ts";
import { bytesOf } from "./place.ts";
import { fileFault, tokenFault, type Trust } from "./trust.ts";

/** What is to be read. */
export interface ReadOptions {
  /** Most bytes. */
  readonly limit: number;
  readonly trust: Trust;
  /** The file as errors name it. */
  readonly shown: string;
  /** Whether it is a token file, which has to be its owner's alone. */
  readonly token?: boolean;
}

/**
 * Reads a file by its name in a directory, following no link; what it is, is looked at once it is
 * open.
 *
 * @returns undefined when it is gone
 * @throws {StoreError} `unsafe`, `large`, and for the disk's errors
 */
export function readChecked(
  directory: Directory,
  name: string,
  { limit, trust, shown, token = false }: ReadOptions,
): Uint8Array<ArrayBuffer> | undefined {
  const action = `Cannot read ${showName(shown)}`;
  try {
    using file = directory.openFile(bytesOf(name));
    const status = file.status();
    const fault = token ? tokenFault(status, trust) : fileFault(status, trust);
    if (fault !== undefined) throw new StoreError("unsafe", `${action}: ${fault}`);
    return file.readAll(limit);
  } catch (error) {
    if (isGone(error)) return undefined;
    // A socket's name.
    if (error instanceof PosixError && error.code === "ENXIO") {
      throw new StoreError("unsafe", `${action}: it is no regular file`, { cause: error });
    }
    throw storeError(error, action);
  }
}
