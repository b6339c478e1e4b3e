/**
 * Directories held open, whose entries are named by bytes and reached without following a symbolic
 * link (openat(2), unlinkat(2), getdents64(2)).
 */
import {
  AT_FDCWD,
  CALLS,
  O_DIRECTORY,
  O_NOCTTY,
  O_NOFOLLOW,
  O_NONBLOCK,
  openAt,
  pathBuffer,
  readAll,
  shownName,
  terminate,
} from "./descriptor.ts";
import { PosixError } from "./error.ts";
import { errno, libc } from "./libc.ts";

export { PATH_MAX, shownName } from "./descriptor.ts";

const AT_REMOVEDIR = 0x200;
const EIO = 5;
const EINVAL = 22;
const SLASH = 47;

/** Bytes of entries asked for at once. */
const LISTING_SIZE = 65536;

/** struct linux_dirent64: its length, its type, its name (getdents64(2)). */
const [LENGTH_AT, TYPE_AT, NAME_AT] = [16, 18, 19];

/** What an entry is; `other` also when the file system does not tell. */
export type EntryType = "directory" | "file" | "symlink" | "other";

/** An entry of a directory. */
export interface DirectoryEntry {
  /** Its name, whatever bytes it is made of. */
  readonly name: Uint8Array<ArrayBuffer>;
  readonly type: EntryType;
}

const ENTRY_TYPES: Readonly<Record<number, EntryType>> = {
  4: "directory",
  8: "file",
  10: "symlink",
};

const encoder = new TextEncoder();
const HERE = encoder.encode(".");

/**
 * An open directory.
 *
 * Names are those of entries: no path, nor `.` or `..`, for these lead out of it (`EINVAL`).
 */
export class Directory implements Disposable {
  #fd: number;

  private constructor(fd: number) {
    this.#fd = fd;
  }

  /**
   * Opens a directory by a path that is trusted, following symbolic links.
   *
   * @throws {PosixError}
   */
  static open(path: string): Directory {
    return new Directory(openAt(AT_FDCWD, encoder.encode(path), { flags: O_DIRECTORY }));
  }

  /**
   * Opens a directory in this one; a symbolic link is an error, `ENOTDIR` as for a file.
   *
   * @throws {PosixError}
   */
  openDirectory(name: Uint8Array): Directory {
    return new Directory(this.#open(name, O_DIRECTORY | O_NOFOLLOW));
  }

  /**
   * Reads a regular file in this directory, not following a symbolic link (`ELOOP`).
   *
   * @param limit most bytes
   * @throws {PosixError} also for what is no regular file (`EINVAL`), and for a longer one (`EFBIG`)
   */
  readFile(name: Uint8Array, limit: number): Uint8Array<ArrayBuffer> {
    // Without waiting for a FIFO's writer, and without taking a terminal for this process's own.
    const fd = this.#open(name, O_NOFOLLOW | O_NONBLOCK | O_NOCTTY);
    try {
      return readAll(fd, name, { limit });
    } finally {
      libc().close(fd);
    }
  }

  /**
   * Removes what is no directory; a symbolic link itself.
   *
   * @returns 0, or the error's number: this is called a million times, and mostly succeeds
   */
  unlink(name: Uint8Array): number {
    return this.#remove(name, 0);
  }

  /**
   * Removes as {@linkcode unlink} does, on another thread: where each removal waits for a disk or a
   * server several at a time take little longer than one. The directory must stay open meanwhile.
   */
  async unlinkAside(name: Uint8Array): Promise<number> {
    if (!isEntryName(name) || terminate(name) !== 0) return this.unlink(name);
    // The shared buffer is somebody else's before the call is made.
    const path = new Uint8Array(new ArrayBuffer(name.length + 1));
    path.set(name);
    const failed = await libc().unlinkat_aside(this.#fd, path, 0);
    // The number of the error is known to the other thread alone: it is found out by doing it again.
    return failed === 0 ? 0 : this.unlink(name);
  }

  /** Removes an empty directory; returns as {@linkcode unlink}. */
  removeDirectory(name: Uint8Array): number {
    return this.#remove(name, AT_REMOVEDIR);
  }

  /**
   * Lists the directory from its beginning, `.` and `..` left out. Entries may be removed meanwhile.
   * A descriptor is open until the listing ends or the loop is left.
   *
   * @throws {PosixError}
   */
  *entries(): Generator<DirectoryEntry, void> {
    // A descriptor of its own has a position of its own.
    const fd = openAt(this.#fd, HERE, { flags: O_DIRECTORY });
    const buffer = new Uint8Array(LISTING_SIZE);
    try {
      while (true) {
        const length = Number(
          libc().getdents64(CALLS.getdents64, BigInt(fd), buffer, BigInt(LISTING_SIZE)),
        );
        if (length < 0) throw new PosixError(errno(), "Cannot list directory");
        if (length === 0) return;
        yield* parseEntries(buffer.subarray(0, length));
      }
    } finally {
      libc().close(fd);
    }
  }

  /** Closes the directory; it cannot be used any more (`EBADF`). */
  [Symbol.dispose](): void {
    if (this.#fd >= 0) libc().close(this.#fd);
    this.#fd = -1;
  }

  #open(name: Uint8Array, flags: number): number {
    if (!isEntryName(name)) throw new PosixError(EINVAL, `Cannot open "${shownName(name)}"`);
    return openAt(this.#fd, name, { flags });
  }

  #remove(name: Uint8Array, flags: number): number {
    const invalid = isEntryName(name) ? terminate(name) : EINVAL;
    if (invalid !== 0) return invalid;
    return libc().unlinkat(this.#fd, pathBuffer, flags) === 0 ? 0 : errno();
  }
}

/**
 * Takes apart what getdents64(2) gives.
 *
 * @throws {PosixError} when it is no such thing
 */
export function* parseEntries(listing: Uint8Array): Generator<DirectoryEntry, void> {
  const view = new DataView(listing.buffer, listing.byteOffset, listing.length);
  for (let at = 0; at < listing.length;) {
    const left = listing.length - at;
    const size = left > NAME_AT ? view.getUint16(at + LENGTH_AT, true) : 0;
    const end = listing.indexOf(0, at + NAME_AT);
    if (size <= NAME_AT || size > left || end < 0 || end >= at + size) {
      throw new PosixError(EIO, "Cannot list directory");
    }
    const name = listing.slice(at + NAME_AT, end);
    const type = ENTRY_TYPES[listing[at + TYPE_AT]!] ?? "other";
    if (!isDots(name)) yield { name, type };
    at += size;
  }
}

function isEntryName(name: Uint8Array): boolean {
  return name.length > 0 && !isDots(name) && !name.includes(SLASH);
}

function isDots(name: Uint8Array): boolean {
  return name[0] === 46 && (name.length === 1 || (name.length === 2 && name[1] === 46));
}
