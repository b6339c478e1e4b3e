/** Where file systems are mounted. */
import { AT_FDCWD, PATH_MAX, pathBuffer, statusOf, terminate } from "./descriptor.ts";
import { Directory } from "./directory.ts";
import { PosixError } from "./error.ts";
import { errno, libc } from "./libc.ts";

/** Offsets in struct statx, and the attribute of a mount's root (statx(2), Linux 5.8). */
const [ATTRIBUTES_AT, ATTRIBUTES_MASK_AT] = [8, 56];
const STATX_ATTR_MOUNT_ROOT = 0x2000n;

/** More than the kernel's largest table: 100,000 mounts at 150 bytes. */
const MOUNTS_LIMIT = 16 << 20;

const encoder = new TextEncoder();

/**
 * Says whether something is mounted at a path, be it a file system or a part of one (bind mount).
 *
 * @param path symbolic links are followed
 * @returns false also when there is nothing at the path
 * @throws {PosixError} when that cannot be told
 */
export function isMountPoint(path: string): boolean {
  try {
    const status = statusOf(AT_FDCWD, encoder.encode(path));
    if (status.getBigUint64(ATTRIBUTES_MASK_AT, true) & STATX_ATTR_MOUNT_ROOT) {
      return (status.getBigUint64(ATTRIBUTES_AT, true) & STATX_ATTR_MOUNT_ROOT) !== 0n;
    }
    return isListedMountPoint(path);
  } catch (error) {
    if (error instanceof PosixError && ["ENOENT", "ENOTDIR"].includes(error.code)) return false;
    throw error;
  }
}

/**
 * The same by the kernel's table, for kernels that do not answer it at once. One mount that another
 * hides counts as well.
 *
 * @throws {PosixError}
 */
export function isListedMountPoint(path: string): boolean {
  const place = latin1(realPath(path));
  using self = Directory.open("/proc/self");
  return mountPoints(self.readFile(encoder.encode("mountinfo"), MOUNTS_LIMIT)).has(place);
}

/**
 * Takes the mount points out of `/proc/self/mountinfo` (proc_pid_mountinfo(5)).
 *
 * @returns their paths, each byte a character
 */
export function mountPoints(table: Uint8Array): Set<string> {
  const points = latin1(table).split("\n").map((line) => line.split(" ")[4] ?? "");
  return new Set(points.filter((point) => point !== "").map(unescape));
}

function unescape(text: string): string {
  return text.replaceAll(/\\([0-3][0-7]{2})/g, (_, octal: string) => {
    return String.fromCharCode(Number.parseInt(octal, 8));
  });
}

function realPath(path: string): Uint8Array {
  const bytes = encoder.encode(path);
  const invalid = terminate(bytes);
  if (invalid !== 0) throw new PosixError(invalid, `Cannot resolve "${path}"`);
  const resolved = new Uint8Array(PATH_MAX);
  // The answer is the buffer's address.
  if (libc().realpath(pathBuffer, resolved) === null) {
    throw new PosixError(errno(), `Cannot resolve "${path}"`);
  }
  return resolved.subarray(0, resolved.indexOf(0));
}

/** Bytes as text of which each character is one. */
function latin1(bytes: Uint8Array): string {
  let text = "";
  for (let at = 0; at < bytes.length; at += 8192) {
    text += String.fromCharCode(...bytes.subarray(at, at + 8192));
  }
  return text;
}
