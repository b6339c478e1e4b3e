/** Accounts, from wherever this machine has them (getpwnam(3): files, LDAP, SSSD). */
import { libc } from "./libc.ts";
import { PosixError } from "./error.ts";

/** An account. */
export interface Account {
  readonly name: string;
  readonly uid: number;
  readonly gid: number;
  readonly home: string;
}

/** struct passwd: five pointers, of which uid and gid stand in the third's place (pwd.h, 64 bits). */
const PASSWD_SIZE = 48;
/** sysconf(3) calls its answer a suggestion; entries are far smaller. */
const STRINGS_SIZE = 64 * 1024;

/** The account of a name, or undefined. */
export function accountByName(name: string): Account | undefined {
  if (name === "" || name.includes("\0")) return undefined;
  const bytes = new TextEncoder().encode(`${name}\0`);
  return lookUp((entry, strings, found) =>
    libc().getpwnam_r(bytes, entry, strings, BigInt(strings.length), found)
  );
}

/** The account of a user id, or undefined. */
export function accountById(uid: number): Account | undefined {
  return lookUp((entry, strings, found) =>
    libc().getpwuid_r(uid, entry, strings, BigInt(strings.length), found)
  );
}

type Bytes = Uint8Array<ArrayBuffer>;

function lookUp(
  ask: (entry: Bytes, strings: Bytes, found: Bytes) => number,
): Account | undefined {
  const [entry, strings, found] = [
    new Uint8Array(PASSWD_SIZE),
    new Uint8Array(STRINGS_SIZE),
    new Uint8Array(8),
  ];
  const failed = ask(entry, strings, found);
  // Some name services say "not found" as an error (getpwnam(3), Errors).
  if ([2, 3, 9, 1].includes(failed)) return undefined;
  if (failed !== 0) throw new PosixError(failed, "Cannot look up an account");
  if (new DataView(found.buffer).getBigUint64(0, true) === 0n) return undefined;
  const view = new DataView(entry.buffer);
  const text = (at: number) => {
    const pointer = Deno.UnsafePointer.create(view.getBigUint64(at, true));
    return pointer === null ? "" : Deno.UnsafePointerView.getCString(pointer);
  };
  return {
    name: text(0),
    uid: view.getUint32(16, true),
    gid: view.getUint32(20, true),
    home: text(32),
  };
}
