/**
 * Directories held open, whose entries are named by bytes and reached without following a symbolic
 * link (openat(2), unlinkat(2), getdents64(2)).
 */
import { errno, libc } from "./libc.ts";
import { PosixError } from "./error.ts";

const AT_FDCWD = -100;
const AT_REMOVEDIR = 0x200;
const O_NONBLOCK = 0o4000;
const O_CLOEXEC = 0o2000000;
// These two differ between the architectures (fcntl.h).
const [O_DIRECTORY, O_NOFOLLOW] = Deno.build.arch === "aarch64"
  ? [0o40000, 0o100000]
  : [0o200000, 0o400000];
const SYS_GETDENTS64 = Deno.build.arch === "aarch64" ? 61n : 217n;

/** Bytes of entries asked for at once. */
const LISTING_SIZE = 65536n;

/** Longest path the kernel takes, with its zero byte. */
const PATH_MAX = 4096;

/** What an entry is; `other` when the file system does not tell. */
export type EntryType = "directory" | "file" | "symlink" | "other";

/** An entry of a directory. */
export interface DirectoryEntry {
  /** Its name, whatever bytes it is made of. */
  readonly name: Uint8Array;
  readonly type: EntryType;
}

const ENTRY_TYPES: Readonly<Record<number, EntryType>> = {
  4: "directory",
  8: "file",
  10: "symlink",
};

const encoder = new TextEncoder();
const decoder = new TextDecoder();
/** Where a name is put with a zero byte after it; calls do not overlap. */
const scratch = new Uint8Array(PATH_MAX);

/** An open directory. */
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
    return new Directory(open(AT_FDCWD, encoder.encode(path), O_DIRECTORY));
  }

  /**
   * Opens a directory in this one; a symbolic link is an error (`ELOOP` or `ENOTDIR`).
   *
   * @param name one component, no path
   * @throws {PosixError}
   */
  openDirectory(name: Uint8Array): Directory {
    return new Directory(open(this.#fd, name, O_DIRECTORY | O_NOFOLLOW));
  }

  /**
   * Reads a regular file in this directory, not following a symbolic link.
   *
   * @param limit most bytes
   * @throws {PosixError} `E27`, "File too large", beyond the limit
   */
  readFile(name: Uint8Array, limit: number): Uint8Array {
    const fd = open(this.#fd, name, O_NOFOLLOW | O_NONBLOCK);
    try {
      return readAll(fd, name, limit);
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

  /** Removes an empty directory; returns as {@linkcode unlink}. */
  removeDirectory(name: Uint8Array): number {
    return this.#remove(name, AT_REMOVEDIR);
  }

  /**
   * Lists the directory from its beginning, `.` and `..` left out.
   *
   * @throws {PosixError}
   */
  *entries(): Generator<DirectoryEntry> {
    // A descriptor of its own has a position of its own.
    const fd = open(this.#fd, encoder.encode("."), O_DIRECTORY);
    const buffer = new Uint8Array(Number(LISTING_SIZE));
    const view = new DataView(buffer.buffer);
    try {
      while (true) {
        const length = Number(libc().getdents64(SYS_GETDENTS64, BigInt(fd), buffer, LISTING_SIZE));
        if (length < 0) throw new PosixError(errno(), "Cannot list directory");
        if (length === 0) return;
        for (let at = 0; at < length;) {
          const size = view.getUint16(at + 16, true);
          const end = buffer.indexOf(0, at + 19);
          const name = buffer.slice(at + 19, end);
          const type = ENTRY_TYPES[buffer[at + 18]!] ?? "other";
          if (!isDots(name)) yield { name, type };
          at += size;
        }
      }
    } finally {
      libc().close(fd);
    }
  }

  /** Closes the directory; it cannot be used any more. */
  [Symbol.dispose](): void {
    if (this.#fd >= 0) libc().close(this.#fd);
    this.#fd = -1;
  }

  #remove(name: Uint8Array, flags: number): number {
    terminate(name);
    return libc().unlinkat(this.#fd, scratch, flags) === 0 ? 0 : errno();
  }
}

/** A name as it may be shown: what is no text becomes U+FFFD. */
export function shownName(name: Uint8Array): string {
  return decoder.decode(name);
}

function isDots(name: Uint8Array): boolean {
  return name[0] === 46 && (name.length === 1 || (name.length === 2 && name[1] === 46));
}

function open(at: number, name: Uint8Array, flags: number): number {
  terminate(name);
  const fd = libc().openat(at, scratch, flags | O_CLOEXEC, 0);
  if (fd < 0) throw new PosixError(errno(), `Cannot open "${shownName(name)}"`);
  return fd;
}

/** Puts a name into the scratch buffer; a zero byte inside would name something else. */
function terminate(name: Uint8Array): void {
  if (name.length >= PATH_MAX) throw new PosixError(36, "Cannot use name");
  if (name.includes(0)) throw new PosixError(22, `Cannot use name "${shownName(name)}"`);
  scratch.set(name);
  scratch[name.length] = 0;
}

function readAll(fd: number, name: Uint8Array, limit: number): Uint8Array {
  let buffer = new Uint8Array(64 * 1024);
  for (let filled = 0;;) {
    if (filled === buffer.length) {
      if (filled > limit) throw new PosixError(27, `Cannot read "${shownName(name)}"`);
      const larger = new Uint8Array(buffer.length * 2);
      larger.set(buffer);
      buffer = larger;
    }
    const rest = buffer.subarray(filled);
    const n = Number(libc().read(fd, rest, BigInt(rest.length)));
    if (n < 0) throw new PosixError(errno(), `Cannot read "${shownName(name)}"`);
    if (n === 0) return buffer.subarray(0, filled);
    filled += n;
  }
}
