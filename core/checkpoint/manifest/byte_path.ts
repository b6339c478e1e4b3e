/**
 * Files by paths of any bytes. Those that are text go the runtime's way; for the others, which the
 * runtime cannot name, there is the C library (statx(2), openat(2)). Symbolic links are followed.
 */
import { AT_FDCWD, O_NONBLOCK, openAt, statusOf } from "../../posix/descriptor.ts";
import { errno, libc } from "../../posix/libc.ts";
import { PosixError } from "../../posix/error.ts";
import { shown, textOf } from "../name.ts";
import { RefusedFile } from "../regular_file.ts";
import { type ByteSource, sha256Of } from "./hash.ts";

/** What a path leads to. */
export interface FileStatus {
  readonly type: "file" | "directory" | "socket" | "other";
  readonly size: number;
}

const STATX_TYPE_AND_SIZE = 0x201n;
const MODE_OFFSET = 28;
const SIZE_OFFSET = 40;
const TYPES: Readonly<Record<number, FileStatus["type"]>> = {
  0o04: "directory",
  0o10: "file",
  0o14: "socket",
};

/**
 * Says what there is at a path.
 *
 * @throws {PosixError} or what the runtime throws, e.g. when there is nothing
 */
export async function statBytes(path: Uint8Array): Promise<FileStatus> {
  const text = textOf(path);
  if (text === undefined) return statBytesSync(path);
  const { isFile, isDirectory, isSocket, size } = await Deno.stat(text);
  return {
    type: isFile ? "file" : isDirectory ? "directory" : isSocket ? "socket" : "other",
    size,
  };
}

/**
 * Says what there is at a path, at once: for very many of them, most of which lead nowhere.
 *
 * @throws {PosixError}
 */
export function statBytesSync(path: Uint8Array): FileStatus {
  const view = statusOf(AT_FDCWD, path, { mask: STATX_TYPE_AND_SIZE });
  return {
    type: TYPES[view.getUint16(MODE_OFFSET, true) >> 12] ?? "other",
    size: Number(view.getBigUint64(SIZE_OFFSET, true)),
  };
}

/**
 * The SHA-256 of a file.
 *
 * @param options.any take whatever can be read, and wait for a FIFO's writer; else only regular
 *   files are read
 * @throws {RefusedFile} for what is no regular file; {@linkcode PosixError} or what the runtime
 *   throws
 */
export async function hashFile(
  path: Uint8Array,
  { any = false }: { any?: boolean } = {},
): Promise<string> {
  const { type, size } = await statBytes(path);
  if (type !== "file" && !any) {
    throw new RefusedFile(`Cannot read ${shown(path)}: not a regular file`);
  }
  const text = textOf(path);
  if (text === undefined) {
    using source = new RawFile(path, size);
    return await sha256Of(source);
  }
  using file = await Deno.open(text);
  return await sha256Of({ size, read: (buffer) => file.read(buffer) });
}

/** A file that only the C library can name. */
class RawFile implements ByteSource, Disposable {
  readonly #fd: number;

  constructor(readonly path: Uint8Array, readonly size: number) {
    this.#fd = openAt(AT_FDCWD, path, { flags: O_NONBLOCK });
  }

  read(buffer: Uint8Array<ArrayBuffer>): Promise<number | null> {
    const n = Number(libc().read(this.#fd, buffer, BigInt(buffer.length)));
    if (n < 0) return Promise.reject(new PosixError(errno(), `Cannot read ${shown(this.path)}`));
    return Promise.resolve(n === 0 ? null : n);
  }

  [Symbol.dispose](): void {
    libc().close(this.#fd);
  }
}
