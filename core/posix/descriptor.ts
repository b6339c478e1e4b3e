/** Descriptors: opening, reading and asking about what has a name of any bytes (openat(2), statx(2)). */
import { PosixError } from "./error.ts";
import { errno, libc } from "./libc.ts";

/** Where paths start that start nowhere else: the working directory. */
export const AT_FDCWD = -100;
export const O_WRONLY = 1;
export const O_RDWR = 2;
export const O_CREAT = 0o100;
export const O_EXCL = 0o200;
export const O_NOCTTY = 0o400;
export const O_APPEND = 0o2000;
export const O_NONBLOCK = 0o4000;
const O_CLOEXEC = 0o2000000;

/** Numbers that differ between the architectures (fcntl.h, unistd.h). */
export const ARCHITECTURES = {
  x86_64: { O_DIRECTORY: 0o200000, O_NOFOLLOW: 0o400000, getdents64: 217n, statx: 332n },
  aarch64: { O_DIRECTORY: 0o40000, O_NOFOLLOW: 0o100000, getdents64: 61n, statx: 291n },
} as const;
export const { O_DIRECTORY, O_NOFOLLOW, ...CALLS } = ARCHITECTURES[Deno.build.arch];

/** Longest path the kernel takes, with its zero byte. */
export const PATH_MAX = 4096;

const EINTR = 4;
const EINVAL = 22;
const EFBIG = 27;
const ENAMETOOLONG = 36;

const AT_SYMLINK_NOFOLLOW = 0x100n;
const AT_EMPTY_PATH = 0x1000n;
const STATX_MODE = 2n;
const STATX_SIZE = 256;
export const S_IFMT = 0o170000;
export const S_IFREG = 0o100000;

const decoder = new TextDecoder();
/** Where {@linkcode terminate} puts a path; calls do not overlap. */
export const pathBuffer = new Uint8Array(PATH_MAX);

/** Where the kernel puts what it tells of a file; calls do not overlap. */
const status = new Uint8Array(STATX_SIZE);
const statusView = new DataView(status.buffer);

/** A name as it may be shown: what is no text becomes U+FFFD. */
export function shownName(name: Uint8Array): string {
  return decoder.decode(name);
}

/**
 * Puts a path into {@linkcode pathBuffer}, with a zero byte after it.
 *
 * @returns 0, or the number of the error that it deserves: a zero byte inside would name something
 *   else
 */
export function terminate(path: Uint8Array): number {
  if (path.length >= PATH_MAX) return ENAMETOOLONG;
  if (path.includes(0)) return EINVAL;
  pathBuffer.set(path);
  pathBuffer[path.length] = 0;
  return 0;
}

/**
 * Opens something, for reading unless the flags say more; children do not inherit it.
 *
 * @param at the descriptor of the directory that a relative path starts from
 * @param options.flags `O_…` besides
 * @param options.mode of what is made, less the umask
 * @returns the descriptor, to be closed
 * @throws {PosixError}
 */
export function openAt(
  at: number,
  path: Uint8Array,
  { flags, mode = 0 }: { flags: number; mode?: number },
): number {
  const invalid = terminate(path);
  if (invalid !== 0) throw new PosixError(invalid, `Cannot open "${shownName(path)}"`);
  while (true) {
    const fd = libc().openat(at, pathBuffer, flags | O_CLOEXEC, mode);
    if (fd >= 0) return fd;
    const error = errno();
    if (error !== EINTR) throw new PosixError(error, `Cannot open "${shownName(path)}"`);
  }
}

/**
 * What statx(2) tells, as it lies in memory until the next call.
 *
 * @param at the descriptor of the directory that a relative path starts from
 * @param path an empty one stands for the descriptor itself
 * @param options.mask what is asked for besides what is always told
 * @param options.follow whether a symbolic link at the path's end is followed; so unless given
 * @throws {PosixError}
 */
export function statusOf(
  at: number,
  path: Uint8Array,
  { mask = 0n, follow = true }: { mask?: bigint; follow?: boolean } = {},
): DataView {
  const flags = (path.length === 0 && at >= 0 ? AT_EMPTY_PATH : 0n) |
    (follow ? 0n : AT_SYMLINK_NOFOLLOW);
  const invalid = terminate(path);
  const failed = invalid !== 0 ||
    Number(libc().statx(CALLS.statx, BigInt(at), pathBuffer, flags, mask, status)) !== 0;
  if (failed) throw new PosixError(invalid || errno(), `Cannot look at "${shownName(path)}"`);
  return statusView;
}

/**
 * Reads a regular file that is open.
 *
 * @param name for errors
 * @param options.limit most bytes
 * @throws {PosixError} also for what is no regular file, and for one that is longer
 */
export function readAll(
  fd: number,
  name: Uint8Array,
  { limit }: { limit: number },
): Uint8Array<ArrayBuffer> {
  const action = `Cannot read "${shownName(name)}"`;
  const mode = statusOf(fd, new Uint8Array(), { mask: STATX_MODE }).getUint16(28, true);
  if ((mode & S_IFMT) !== S_IFREG) throw new PosixError(EINVAL, action, "not a regular file");
  let buffer = new Uint8Array(Math.min(limit, 64 * 1024) + 1);
  for (let filled = 0;;) {
    const rest = buffer.subarray(filled);
    const n = Number(libc().read(fd, rest, BigInt(rest.length)));
    const error = n < 0 ? errno() : 0;
    if (error === EINTR) continue;
    if (error !== 0) throw new PosixError(error, action);
    if (n === 0) return buffer.subarray(0, filled);
    filled += n;
    if (filled > limit) throw new PosixError(EFBIG, action, `more than ${limit} bytes`);
    if (filled === buffer.length) {
      const larger = new Uint8Array(Math.min(limit + 1, buffer.length * 2));
      larger.set(buffer);
      buffer = larger;
    }
  }
}
