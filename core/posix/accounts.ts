/** Accounts, from wherever this machine has them (getpwnam(3): files, LDAP, SSSD). */
import { libc } from "./libc.ts";
import { lookUpEntry } from "./name_service.ts";

/** An account. */
export interface Account {
  readonly name: string;
  readonly uid: number;
  readonly gid: number;
  readonly home: string;
}

/** struct passwd (pwd.h, 64 bits): its size, and where name, uid, gid and home are. */
const PASSWD = { size: 48, name: 0, uid: 16, gid: 20, home: 32 } as const;
/**
 * The account of a name, or undefined.
 *
 * @throws {PosixError} when the name service fails
 */
export function accountByName(name: string): Account | undefined {
  if (name === "" || name.includes("\0")) return undefined;
  const bytes = new TextEncoder().encode(`${name}\0`);
  return lookUpEntry("an account", {
    size: PASSWD.size,
    ask: (entry, strings, found) =>
      libc().getpwnam_r(bytes, entry, strings, BigInt(strings.length), found),
    read: readEntry,
  });
}

/**
 * The account of a user id, or undefined.
 *
 * @throws {PosixError} when the name service fails
 */
export function accountById(uid: number): Account | undefined {
  return lookUpEntry("an account", {
    size: PASSWD.size,
    ask: (entry, strings, found) =>
      libc().getpwuid_r(uid, entry, strings, BigInt(strings.length), found),
    read: readEntry,
  });
}

function readEntry(entry: Uint8Array<ArrayBuffer>, strings: Uint8Array<ArrayBuffer>): Account {
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
