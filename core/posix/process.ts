/** What a process is born with, and who it acts for. */
import type { Account } from "./accounts.ts";
import { shownName } from "./descriptor.ts";
import { Directory } from "./directory.ts";
import { PosixError } from "./error.ts";
import { errno, libc } from "./libc.ts";

const SIG_SETMASK = 2;
/** sigset_t of the C library. */
const SIGNAL_SET_SIZE = 128;
const LAST_SIGNAL = 64;
const SIGPIPE = 13;
/** At least struct sigaction; what is done with the signal comes first. */
const SIGNAL_ACTION_SIZE = 256;
const SIG_IGN = 1n;

const CLOSE_RANGE_CLOEXEC = 4n;
const SYS_CLOSE_RANGE = 436n;
const LAST_DESCRIPTOR = 0xffffffffn;
const F_SETFD = 2;
const FD_CLOEXEC = 1;

/**
 * Unblocks all signals. HTCondor's daemons start their tools with most signals blocked: no handler
 * is ever called then, children inherit it, and waiting for one can hang. What is ignored besides
 * being blocked gets its default back; what is only ignored was meant so, as by nohup(1).
 *
 * @throws {PosixError}
 */
export function unblockSignals(): void {
  const blocked = new Uint8Array(SIGNAL_SET_SIZE);
  const failed = libc().pthread_sigmask(SIG_SETMASK, new Uint8Array(SIGNAL_SET_SIZE), blocked);
  if (failed !== 0) throw new PosixError(failed, "Cannot unblock signals");
  for (let signal = 1; signal <= LAST_SIGNAL; signal++) {
    // The runtime itself ignores SIGPIPE, and gives children its default.
    if (signal !== SIGPIPE && isMember(blocked, signal)) stopIgnoring(signal);
  }
}

function isMember(signals: Uint8Array, signal: number): boolean {
  return ((signals[(signal - 1) >> 3]! >> ((signal - 1) & 7)) & 1) === 1;
}

function stopIgnoring(signal: number): void {
  const action = new Uint8Array(SIGNAL_ACTION_SIZE);
  const known = libc().sigaction(signal, null, action) === 0;
  if (!known || new DataView(action.buffer).getBigUint64(0, true) !== SIG_IGN) return;
  libc().sigaction(signal, new Uint8Array(SIGNAL_ACTION_SIZE), null);
}

/**
 * Keeps inherited descriptors, such as a daemon's sockets, from the programs started here.
 *
 * @throws {PosixError} where the kernel has no close_range(2) (before Linux 5.11) and there is no
 *   `/proc`
 */
export function keepDescriptors(): void {
  const ranged = libc().close_range(SYS_CLOSE_RANGE, 3n, LAST_DESCRIPTOR, CLOSE_RANGE_CLOEXEC);
  if (Number(ranged) === 0) return;
  using open = Directory.open("/proc/self/fd");
  for (const { name } of open.entries()) {
    const fd = Number(shownName(name));
    if (fd > 2) libc().fcntl(fd, F_SETFD, FD_CLOEXEC);
  }
}

/** The user this process acts as. */
export function effectiveUser(): number {
  return libc().geteuid();
}

/**
 * Becomes another user for good, in all threads: real, effective and saved ids, and all groups. Of
 * `/proc/self` much belongs to root thereafter (proc(5)).
 *
 * @throws {PosixError} when not root; nothing may be done after that
 */
export function becomeUser({ name, uid, gid }: Account): void {
  const bytes = new TextEncoder().encode(`${name}\0`);
  const steps = [
    ["groups", () => libc().initgroups(bytes, gid)],
    ["group", () => libc().setresgid(gid, gid, gid)],
    ["user", () => libc().setresuid(uid, uid, uid)],
  ] as const;
  for (const [what, step] of steps) {
    if (step() !== 0) throw new PosixError(errno(), `Cannot take the ${what} of "${name}"`);
  }
}
