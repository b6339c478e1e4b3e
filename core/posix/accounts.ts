/** Accounts, from wherever this machine has them (getpwnam(3): files, LDAP, SSSD). */
import { errorCode, PosixError } from "./error.ts";
import { libc } from "./libc.ts";

/** An account. */
export interface Account {
  readonly name: string;
  readonly uid: number;
  readonly gid: number;
  readonly home: string;
}

/** struct passwd (pwd.h, 64 bits): its size, and where name, uid, gid and home are. */
const PASSWD = { size: 48, name: 0, uid: 16, gid: 20, home: 32 } as const;
/** Bytes for an entry's texts, first tried and then: sysconf(3) calls its answer a suggestion. */
const STRINGS_SIZES = [4 * 1024, 1024 * 1024] as const;

const ERANGE = 34;
/** What some name services say for "not found" (getpwnam(3), Errors). */
const NOT_FOUND = ["ENOENT", "ESRCH", "EBADF", "EPERM"];

/**
 * The account of a name, or undefined.
 *
 * @throws {PosixError} when the name service fails
 */
export function accountByName(name: string): Account | undefined {
  if (name === "" || name.includes("\0")) return undefined;
  const bytes = new TextEncoder().encode(`${name}\0`);
  return lookUp((entry, strings, found) =>
    libc().getpwnam_r(bytes, entry, strings, BigInt(strings.length), found)
  );
}

/**
 * The account of a user id, or undefined.
 *
 * @throws {PosixError} when the name service fails
 */
export function accountById(uid: number): Account | undefined {
  return lookUp((entry, strings, found) =>
    libc().getpwuid_r(uid, entry, strings, BigInt(strings.length), found)
  );
}

type Bytes = Uint8Array<ArrayBuffer>;

function lookUp(
  ask: (entry: Bytes, strings: Bytes, found: Bytes) => number,
): Account | undefined {
  let failed = ERANGE;
  for (const size of STRINGS_SIZES) {
    const entry = new Uint8Array(PASSWD.size);
    const strings = new Uint8Array(size);
    const found = new Uint8Array(8);
    failed = ask(entry, strings, found);
    if (failed === ERANGE) continue;
    if (failed !== 0) break;
    const missing = new DataView(found.buffer).getBigUint64(0, true) === 0n;
    return missing ? undefined : readEntry(entry, strings);
  }
  if (NOT_FOUND.includes(errorCode(failed))) return undefined;
  throw new PosixError(failed, "Cannot look up an account");
}

function readEntry(entry: Bytes, strings: Bytes): Account {
  const view = new DataView(entry.buffer);
  const base = Deno.UnsafePointer.value(Deno.UnsafePointer.of(strings));
  // All texts are in the buffer: that is what it was given for.
  const text = (at: number) => {
    const start = Number(view.getBigUint64(at, true) - base);
    const rest = start >= 0 && start < strings.length ? strings.subarray(start) : new Uint8Array(1);
    return new TextDecoder().decode(rest.subarray(0, rest.indexOf(0)));
  };
  return {
    name: text(PASSWD.name),
    uid: view.getUint32(PASSWD.uid, true),
    gid: view.getUint32(PASSWD.gid, true),
    home: text(PASSWD.home),
  };
}
