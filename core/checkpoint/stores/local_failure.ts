/** Errors of a file system, as failures of a clean-up. */
import type { PosixError } from "../../posix/error.ts";
import { CleanupFailure, type CleanupFailureKind } from "../failure.ts";

/** Errors that say more about the file system than about the file. */
const OF_THE_STORE: Readonly<Record<string, CleanupFailureKind>> = {
  ENOTCONN: "StoreUnavailable",
  EHOSTDOWN: "Transient",
  ESTALE: "Transient",
  ETIMEDOUT: "Transient",
};

/** Errors of a single file that may go away by themselves. */
const PASSING = ["EIO", "EINTR", "EAGAIN", "ENFILE", "EMFILE", "ENOMEM"];

/** A failure that concerns all files, not only the one it was met at. */
export function isOfTheStore({ code }: PosixError): boolean {
  return Object.hasOwn(OF_THE_STORE, code);
}

/** The failure that an error of the file system is. */
export function failureOf(error: PosixError): CleanupFailure {
  const kind = OF_THE_STORE[error.code] ??
    (PASSING.includes(error.code) ? "Transient" : "NotDeleted");
  return new CleanupFailure(kind, error.message, { cause: error });
}

/** The failure of a store whose own directory cannot be opened. */
export function unavailable(error: PosixError): CleanupFailure {
  const kind = OF_THE_STORE[error.code] ??
    (error.code === "EIO" ? "Transient" : "StoreUnavailable");
  return new CleanupFailure(kind, error.message, { cause: error });
}
