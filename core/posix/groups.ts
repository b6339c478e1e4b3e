/** Groups, from wherever this machine has them (getgrnam(3)). */
import { libc } from "./libc.ts";
import { lookUpEntry } from "./name_service.ts";

/** struct group (grp.h, 64 bits): its size, and where the number is. */
const GROUP = { size: 32, gid: 16 } as const;

/**
 * The number of a group, or undefined when there is no such group.
 *
 * @throws {PosixError} when the name service fails, or the group has more members than a mebibyte
 *   names
 */
export function groupByName(name: string): number | undefined {
  if (name === "" || name.includes("\0")) return undefined;
  const bytes = new TextEncoder().encode(`${name}\0`);
  return lookUpEntry("a group", {
    size: GROUP.size,
    ask: (entry, strings, found) =>
      libc().getgrnam_r(bytes, entry, strings, BigInt(strings.length), found),
    read: (entry) => new DataView(entry.buffer).getUint32(GROUP.gid, true),
  });
}
