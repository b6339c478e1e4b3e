/** Asking the C library's name services: files, LDAP, SSSD (nsswitch.conf(5)). */
import { errorCode, PosixError } from "./error.ts";

/** Bytes for an entry's texts, first tried and then: sysconf(3) calls its answer a suggestion. */
const STRINGS_SIZES = [4 * 1024, 1024 * 1024] as const;

const ERANGE = 34;
/** What some name services say for "not found" (getpwnam(3), getgrnam(3), Errors). */
const NOT_FOUND = ["ENOENT", "ESRCH", "EBADF", "EPERM"];

type Bytes = Uint8Array<ArrayBuffer>;

/** One of the functions `get…_r`, and what it fills. */
export interface EntryKind<T> {
  /** Bytes of the entry itself. */
  readonly size: number;
  /** Makes the call; `found` takes the entry's address, which stays zero when there is none. */
  ask(entry: Bytes, strings: Bytes, found: Bytes): number;
  /** Reads the entry; its texts are in `strings`. */
  read(entry: Bytes, strings: Bytes): T;
}

/**
 * Looks up an entry.
 *
 * @param what for the error, e.g. `an account`
 * @returns undefined when there is none
 * @throws {PosixError} when the name service fails
 */
export function lookUpEntry<T>(what: string, { size, ask, read }: EntryKind<T>): T | undefined {
  let failed = ERANGE;
  for (const stringsSize of STRINGS_SIZES) {
    const entry = new Uint8Array(size);
    const strings = new Uint8Array(stringsSize);
    const found = new Uint8Array(8);
    failed = ask(entry, strings, found);
    if (failed === ERANGE) continue;
    if (failed !== 0) break;
    const missing = new DataView(found.buffer).getBigUint64(0, true) === 0n;
    return missing ? undefined : read(entry, strings);
  }
  if (NOT_FOUND.includes(errorCode(failed))) return undefined;
  throw new PosixError(failed, `Cannot look up ${what}`);
}
