/** Errors of system calls, by their names. */

/** Names of errors by number, as Linux numbers them on x86-64 and arm64 (errno(3)). */
const NAMES: Readonly<Record<number, readonly [code: string, text: string]>> = {
  1: ["EPERM", "Operation not permitted"],
  2: ["ENOENT", "No such file or directory"],
  5: ["EIO", "Input/output error"],
  9: ["EBADF", "Bad file descriptor"],
  12: ["ENOMEM", "Cannot allocate memory"],
  13: ["EACCES", "Permission denied"],
  16: ["EBUSY", "Device or resource busy"],
  17: ["EEXIST", "File exists"],
  20: ["ENOTDIR", "Not a directory"],
  21: ["EISDIR", "Is a directory"],
  22: ["EINVAL", "Invalid argument"],
  23: ["ENFILE", "Too many open files in system"],
  24: ["EMFILE", "Too many open files"],
  28: ["ENOSPC", "No space left on device"],
  30: ["EROFS", "Read-only file system"],
  36: ["ENAMETOOLONG", "File name too long"],
  38: ["ENOSYS", "Function not implemented"],
  39: ["ENOTEMPTY", "Directory not empty"],
  40: ["ELOOP", "Too many levels of symbolic links"],
  107: ["ENOTCONN", "Transport endpoint is not connected"],
  110: ["ETIMEDOUT", "Connection timed out"],
  112: ["EHOSTDOWN", "Host is down"],
  116: ["ESTALE", "Stale file handle"],
  122: ["EDQUOT", "Disk quota exceeded"],
};

/** The name of an error number, e.g. `ENOENT`; `E95` for one without a name here. */
export function errorCode(number: number): string {
  return NAMES[number]?.[0] ?? `E${number}`;
}

/** A system call that failed. */
export class PosixError extends Error {
  override readonly name = "PosixError";
  /** `ENOENT` and the like. */
  readonly code: string;

  /**
   * @param number the error's number
   * @param action what was tried, e.g. `Cannot remove "a"`
   */
  constructor(readonly number: number, action: string) {
    super(`${action}: ${NAMES[number]?.[1] ?? `error ${number}`}`);
    this.code = errorCode(number);
  }
}
