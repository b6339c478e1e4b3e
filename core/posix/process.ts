/** What a process is born with, and who it acts for. */
import type { Account } from "./accounts.ts";
import { errno, libc } from "./libc.ts";
import { PosixError } from "./error.ts";

const SIG_SETMASK = 2;
/** sigset_t of the C library. */
const SIGNAL_SET_SIZE = 128;
const CLOSE_RANGE_CLOEXEC = 4n;
const SYS_CLOSE_RANGE = 436n;
const LAST_DESCRIPTOR = 0xffffffffn;
const F_GETFD = 1;
const F_SETFD = 2;
const FD_CLOEXEC = 1;
/** Where descriptors are looked for on kernels without close_range(2). */
const HIGHEST_DESCRIPTOR = 4096;

/**
 * Unblocks all signals. HTCondor's daemons start their tools with most signals blocked: no handler
 * is ever called then, children inherit it, and waiting for one can hang.
 */
export function unblockSignals(): void {
  const failed = libc().pthread_sigmask(SIG_SETMASK, new Uint8Array(SIGNAL_SET_SIZE), null);
  if (failed !== 0) throw new PosixError(failed, "Cannot unblock signals");
}

/** Keeps inherited descriptors, such as a daemon's sockets, from the programs started here. */
export function keepDescriptors(): void {
  const ranged = libc().close_range(SYS_CLOSE_RANGE, 3n, LAST_DESCRIPTOR, CLOSE_RANGE_CLOEXEC);
  if (Number(ranged) === 0) return;
  for (let fd = 3; fd < HIGHEST_DESCRIPTOR; fd++) {
    const flags = libc().fcntl(fd, F_GETFD, 0);
    if (flags >= 0) libc().fcntl(fd, F_SETFD, flags | FD_CLOEXEC);
  }
}

/** The user this process acts as. */
export function effectiveUser(): number {
  return libc().geteuid();
}

/**
 * Becomes another user for good: real, effective and saved ids, and all groups.
 *
 * @throws {PosixError} when not root; nothing may be done after that
 */
export function becomeUser({ name, uid, gid }: Account): void {
  const bytes = new TextEncoder().encode(`${name}\0`);
  for (
    const [failed, what] of [
      [libc().initgroups(bytes, gid), "groups"],
      [libc().setresgid(gid, gid, gid), "group"],
      [libc().setresuid(uid, uid, uid), "user"],
    ] as const
  ) {
    if (failed !== 0) throw new PosixError(errno(), `Cannot take the ${what} of "${name}"`);
  }
}
