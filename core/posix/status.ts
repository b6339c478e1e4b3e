/** What a file is, whose, and who may do what with it (statx(2)). */
import { S_IFMT, S_IFREG, statusOf } from "./descriptor.ts";

/** What an entry is; `other` also when the file system does not tell. */
export type EntryType = "directory" | "file" | "symlink" | "other";

/** What there is to know of a file. */
export interface FileStatus {
  readonly type: EntryType;
  readonly uid: number;
  readonly gid: number;
  /** Permissions with the set-id and sticky bits, without the type: 0 to 07777. */
  readonly mode: number;
  readonly nlink: number;
  /** Bytes. */
  readonly size: number;
  /** Unix time of its content in milliseconds. */
  readonly mtime: number;
  readonly inode: bigint;
  /** Its file system, as `major:minor`. */
  readonly dev: string;
}

const STATX_BASIC_STATS = 0x7ffn;
/** Offsets in struct statx. */
const AT = {
  nlink: 16,
  uid: 20,
  gid: 24,
  mode: 28,
  inode: 32,
  size: 40,
  mtimeSeconds: 112,
  mtimeNanoseconds: 120,
  devMajor: 136,
  devMinor: 140,
} as const;

const TYPES: Readonly<Record<number, EntryType>> = {
  0o040000: "directory",
  [S_IFREG]: "file",
  0o120000: "symlink",
};

/**
 * Looks at something; a symbolic link at the path's end is not followed.
 *
 * @param at the descriptor of the directory that a relative path starts from
 * @param path an empty one stands for the descriptor itself
 * @throws {PosixError}
 */
export function fileStatus(at: number, path: Uint8Array): FileStatus {
  const view = statusOf(at, path, { mask: STATX_BASIC_STATS, follow: false });
  const mode = view.getUint16(AT.mode, true);
  const seconds = Number(view.getBigInt64(AT.mtimeSeconds, true));
  return {
    type: TYPES[mode & S_IFMT] ?? "other",
    uid: view.getUint32(AT.uid, true),
    gid: view.getUint32(AT.gid, true),
    mode: mode & ~S_IFMT,
    nlink: view.getUint32(AT.nlink, true),
    size: Number(view.getBigUint64(AT.size, true)),
    mtime: seconds * 1000 + Math.floor(view.getUint32(AT.mtimeNanoseconds, true) / 1e6),
    inode: view.getBigUint64(AT.inode, true),
    dev: `${view.getUint32(AT.devMajor, true)}:${view.getUint32(AT.devMinor, true)}`,
  };
}

/** Whether two looks were at the same file. */
export function isSameFile(a: FileStatus, b: FileStatus): boolean {
  return a.inode === b.inode && a.dev === b.dev;
}
