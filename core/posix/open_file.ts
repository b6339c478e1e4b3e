/** Files held open: what is done to one stays with it, wherever its name leads by then. */
import { readAll, shownName } from "./descriptor.ts";
import { PosixError } from "./error.ts";
import { errno, libc } from "./libc.ts";
import { type FileStatus, fileStatus } from "./status.ts";

const [EINTR, EAGAIN, EIO, EBADF] = [4, 11, 5, 9] as const;
const [LOCK_EX, LOCK_NB] = [2, 4] as const;
/** What leaves an owner or a group as it is (chown(2)). */
const UNCHANGED = 0xffffffff;

const ITSELF = new Uint8Array();

/** An owner to be given to a file; what is not there stays as it is. */
export interface Owner {
  readonly uid?: number;
  readonly gid?: number;
}

/** An open file or directory, closed when disposed of. */
export class OpenFile implements Disposable {
  readonly #name: Uint8Array;
  #fd: number;

  /** @param fd its descriptor, which is this object's from now on @param name for errors */
  constructor(fd: number, name: Uint8Array) {
    this.#fd = fd;
    this.#name = name;
  }

  /** Its number, for calls; below zero once it is closed. */
  get descriptor(): number {
    return this.#fd;
  }

  /** What it is. @throws {PosixError} */
  status(): FileStatus {
    // A number below zero would stand for the working directory.
    if (this.#fd < 0) throw new PosixError(EBADF, this.#action("look at"));
    return fileStatus(this.#fd, ITSELF);
  }

  /**
   * Reads from where it is to its end.
   *
   * @param limit most bytes
   * @throws {PosixError} also for what is no regular file (`EINVAL`), and for a longer one (`EFBIG`)
   */
  readAll(limit: number): Uint8Array<ArrayBuffer> {
    if (this.#fd < 0) throw new PosixError(EBADF, this.#action("read"));
    return readAll(this.#fd, this.#name, { limit });
  }

  /** Writes all of the bytes. @throws {PosixError} part of them may have been written */
  write(bytes: Uint8Array): void {
    for (let at = 0; at < bytes.length;) {
      const rest = bytes.subarray(at) as Uint8Array<ArrayBuffer>;
      const n = Number(libc().write(this.#fd, rest, BigInt(rest.length)));
      const error = n < 0 ? errno() : n === 0 ? EIO : 0;
      if (error === EINTR) continue;
      if (error !== 0) throw new PosixError(error, this.#action("write"));
      at += n;
    }
  }

  /** Gives it permissions, whatever the umask. @throws {PosixError} */
  chmod(mode: number): void {
    this.#check(libc().fchmod(this.#fd, mode), "set the mode of");
  }

  /** Gives it an owner. @throws {PosixError} */
  chown({ uid = UNCHANGED, gid = UNCHANGED }: Owner): void {
    this.#check(libc().fchown(this.#fd, uid, gid), "set the owner of");
  }

  /** Waits until it is on the disk. @throws {PosixError} */
  sync(): void {
    this.#check(libc().fsync(this.#fd), "write");
  }

  /**
   * Waits as {@linkcode sync} does, on another thread. It must not be disposed of meanwhile.
   *
   * @returns false when that failed. The other thread alone knows why, and a second fsync(2) may
   *   not: the kernel says it once. So it is to be written anew.
   */
  async syncAside(): Promise<boolean> {
    return await libc().fsync_aside(this.#fd) === 0;
  }

  /**
   * Tries to lock it against all others that lock it so (flock(2)). The lock goes with the file.
   *
   * @returns whether it is locked now
   * @throws {PosixError}
   */
  tryLock(): boolean {
    while (libc().flock(this.#fd, LOCK_EX | LOCK_NB) !== 0) {
      const error = errno();
      if (error === EAGAIN) return false;
      if (error !== EINTR) throw new PosixError(error, this.#action("lock"));
    }
    return true;
  }

  /** Closes it; it cannot be used any more (`EBADF`). */
  [Symbol.dispose](): void {
    if (this.#fd >= 0) libc().close(this.#fd);
    this.#fd = -1;
  }

  #check(result: number, verb: string): void {
    if (result !== 0) throw new PosixError(errno(), this.#action(verb));
  }

  #action(verb: string): string {
    return `Cannot ${verb} "${shownName(this.#name)}"`;
  }
}
