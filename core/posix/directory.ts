/**
 * Directories held open, whose entries are named by bytes and reached without following a symbolic
 * link (openat(2), unlinkat(2), renameat(2)).
 */
import {
  AT_FDCWD,
  O_APPEND,
  O_CREAT,
  O_DIRECTORY,
  O_EXCL,
  O_NOCTTY,
  O_NOFOLLOW,
  O_NONBLOCK,
  O_RDWR,
  O_WRONLY,
  openAt,
  pathBuffer,
  shownName,
  terminate,
} from "./descriptor.ts";
import { PosixError } from "./error.ts";
import { errno, libc } from "./libc.ts";
import { type DirectoryEntry, isDots, listEntries } from "./listing.ts";
import { OpenFile } from "./open_file.ts";
import { type FileStatus, fileStatus } from "./status.ts";

export { PATH_MAX, shownName } from "./descriptor.ts";
export type { EntryType } from "./status.ts";

const AT_REMOVEDIR = 0x200;
const AT_EACCESS = 0x200;
/** Right to read and to pass, and to write besides (access(2)). */
const [MAY_READ, MAY_CHANGE] = [5, 7];
const EINVAL = 22;
const SLASH = 47;

/** Neither waiting for a FIFO's other end, nor taking a terminal for this process's own. */
const CAREFUL = O_NOFOLLOW | O_NONBLOCK | O_NOCTTY;

const encoder = new TextEncoder();
const HERE = encoder.encode(".");

/**
 * An open directory.
 *
 * Names are those of entries: no path, nor `.` or `..`, for these lead out of it (`EINVAL`).
 */
export class Directory implements Disposable {
  /** The directory as a file: its status, mode, owner, lock, and its entries' way to the disk. */
  readonly itself: OpenFile;

  private constructor(fd: number, name: Uint8Array) {
    this.itself = new OpenFile(fd, name);
  }

  /**
   * Opens a directory by a path that is trusted.
   *
   * @param options.follow whether the path itself may be a symbolic link (else `ENOTDIR`); so unless
   *   given. Those further up are followed.
   * @throws {PosixError}
   */
  static open(path: string, { follow = true }: { readonly follow?: boolean } = {}): Directory {
    const name = encoder.encode(path);
    const flags = O_DIRECTORY | (follow ? 0 : O_NOFOLLOW);
    return new Directory(openAt(AT_FDCWD, name, { flags }), name);
  }

  /**
   * Opens a directory in this one; a symbolic link is an error, `ENOTDIR` as for a file.
   *
   * @throws {PosixError}
   */
  openDirectory(name: Uint8Array): Directory {
    return new Directory(this.#open(name, { flags: O_DIRECTORY | O_NOFOLLOW }), name);
  }

  /**
   * Looks at an entry; of a symbolic link, at the link itself.
   *
   * @throws {PosixError}
   */
  status(name: Uint8Array): FileStatus {
    checkName(name, "look at");
    return fileStatus(this.#fd, name);
  }

  /** Whether this process may read the directory, and also write to it when that is asked for. */
  isAllowed(access: "read" | "write"): boolean {
    terminate(HERE);
    const wanted = access === "write" ? MAY_CHANGE : MAY_READ;
    return libc().faccessat(this.#fd, pathBuffer, wanted, AT_EACCESS) === 0;
  }

  /**
   * Opens a file, not following a symbolic link (`ELOOP`). What it is, is to be looked at: no FIFO is
   * waited for.
   *
   * @param options.access `update` for reading and writing, as some file systems want for a lock;
   *   `read` unless given
   * @throws {PosixError}
   */
  openFile(
    name: Uint8Array,
    { access = "read" }: { readonly access?: "read" | "update" } = {},
  ): OpenFile {
    const flags = CAREFUL | (access === "update" ? O_RDWR : 0);
    return new OpenFile(this.#open(name, { flags }), name);
  }

  /**
   * Makes a file for writing; `EEXIST` when anything is there.
   *
   * @param mode of the file, less the umask
   * @throws {PosixError}
   */
  createFile(name: Uint8Array, mode: number): OpenFile {
    const flags = O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW;
    return new OpenFile(this.#open(name, { flags, mode }), name);
  }

  /**
   * Opens a regular file for writing at its end, and makes it when it is missing. A symbolic link is
   * not followed (`ELOOP`).
   *
   * @param mode of a new file, less the umask
   * @throws {PosixError} also for what is no regular file (`EINVAL`)
   */
  appendFile(name: Uint8Array, mode: number): OpenFile {
    const flags = O_WRONLY | O_APPEND | O_CREAT | CAREFUL;
    const file = new OpenFile(this.#open(name, { flags, mode }), name);
    if (file.status().type === "file") return file;
    file[Symbol.dispose]();
    throw new PosixError(EINVAL, `Cannot open "${shownName(name)}"`, "not a regular file");
  }

  /**
   * Reads a regular file in this directory, not following a symbolic link (`ELOOP`).
   *
   * @param limit most bytes
   * @throws {PosixError} also for what is no regular file (`EINVAL`), and for a longer one (`EFBIG`)
   */
  readFile(name: Uint8Array, limit: number): Uint8Array<ArrayBuffer> {
    using file = this.openFile(name);
    return file.readAll(limit);
  }

  /**
   * Makes a directory.
   *
   * @param mode of the directory, less the umask
   * @throws {PosixError}
   */
  makeDirectory(name: Uint8Array, mode: number): void {
    checkName(name, "make");
    if (libc().mkdirat(this.#fd, pathBuffer, mode) === 0) return;
    throw new PosixError(errno(), `Cannot make "${shownName(name)}"`);
  }

  /**
   * Renames an entry within the directory, in place of what has that name.
   *
   * @throws {PosixError}
   */
  rename(from: Uint8Array, to: Uint8Array): void {
    checkName(to, "make");
    checkName(from, "rename");
    const target = new Uint8Array(to.length + 1);
    target.set(to);
    if (libc().renameat(this.#fd, pathBuffer, this.#fd, target) === 0) return;
    throw new PosixError(errno(), `Cannot rename "${shownName(from)}" to "${shownName(to)}"`);
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
    try {
      yield* listEntries(fd);
    } finally {
      libc().close(fd);
    }
  }

  /**
   * Lists what {@linkcode entries} lists, but once only, and with no descriptor besides the
   * directory's own: for many small directories. What is listed is what no listing of this kind has
   * come to yet.
   *
   * @throws {PosixError}
   */
  remainingEntries(): Generator<DirectoryEntry, void> {
    return listEntries(this.#fd);
  }

  /** Closes the directory; it cannot be used any more (`EBADF`). */
  [Symbol.dispose](): void {
    this.itself[Symbol.dispose]();
  }

  /** The descriptor. Below zero once it is closed, and never the number of the working directory. */
  get #fd(): number {
    return this.itself.descriptor;
  }

  #open(name: Uint8Array, { flags, mode = 0 }: { flags: number; mode?: number }): number {
    checkName(name, "open");
    return openAt(this.#fd, name, { flags, mode });
  }

  #remove(name: Uint8Array, flags: number): number {
    const invalid = nameError(name);
    if (invalid !== 0) return invalid;
    return libc().unlinkat(this.#fd, pathBuffer, flags) === 0 ? 0 : errno();
  }
}

function isEntryName(name: Uint8Array): boolean {
  return name.length > 0 && !isDots(name) && !name.includes(SLASH);
}

/** Puts a name into {@linkcode pathBuffer}, as {@linkcode terminate} does. */
function nameError(name: Uint8Array): number {
  return isEntryName(name) ? terminate(name) : EINVAL;
}

function checkName(name: Uint8Array, verb: string): void {
  const invalid = nameError(name);
  if (invalid !== 0) throw new PosixError(invalid, `Cannot ${verb} "${shownName(name)}"`);
}
