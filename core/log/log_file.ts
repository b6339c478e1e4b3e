/**
 * A daemon's log file. HTCondor's log directory belongs to the account of its daemons, so a daemon
 * that is root trusts nothing in it: no link is followed, and only a regular file is written to.
 */
import { basename, dirname } from "@std/path";
import { Directory, isSameFile, type OpenFile, PosixError, shownName } from "../posix/mod.ts";
import type { LogLimit } from "./log_limit.ts";

const LOG_MODE = 0o644;
/** Most earlier logs looked for when the oldest are to go. */
const MOST_LISTED = 10_000;

const encoder = new TextEncoder();
const decoder = new TextDecoder();

/** A log that cannot be opened. */
export class LogFileError extends Error {
  override readonly name = "LogFileError";
  /** `ELOOP` and the like; `EMLINK` for a file that has a second name. */
  readonly code: string;

  constructor(path: string, code: string, state: string, options?: ErrorOptions) {
    super(`Cannot open log "${path}": ${state}`, options);
    this.code = code;
  }
}

/** How a log is kept. */
export interface LogFileOptions {
  /** When it is set aside. */
  readonly limit: LogLimit;
  /** Logs that are kept when set aside: one as `.old`, more by the time that each ended. */
  readonly keep: number;
  /** The clock. */
  readonly now: () => Date;
}

/** An open log file. */
export class LogFile implements Disposable {
  readonly path: string;
  #options: LogFileOptions;
  #directory: Directory;
  #file: OpenFile;
  #size: number;
  /** Unix time of the last line in milliseconds. */
  #written: number;
  /** Size from which on setting it aside is tried again. */
  #retryAt = 0;
  /** Whether the last line is not whole. */
  #torn = false;
  /** Lines that a full disk took. */
  #lost = 0;

  private constructor(path: string, options: LogFileOptions) {
    this.path = path;
    this.#options = options;
    this.#directory = openDirectory(path);
    try {
      this.#file = openFile(this.#directory, path);
    } catch (error) {
      this.#directory[Symbol.dispose]();
      throw error;
    }
    const { size, mtime } = this.#file.status();
    this.#size = size;
    this.#written = size === 0 ? options.now().getTime() : mtime;
  }

  /**
   * Opens a log to be written at its end, and makes it when it is missing (0644).
   *
   * @param path absolute
   * @throws {LogFileError}
   */
  static open(path: string, options: LogFileOptions): LogFile {
    return new LogFile(path, options);
  }

  /** Sets it aside by other rules from now on. */
  configure(options: LogFileOptions): void {
    this.#options = options;
  }

  /**
   * Writes a line, with its line break. Never throws: where the disk is full lines are lost, and
   * once there is room again the log says how many.
   */
  write(line: string): void {
    const bytes = encoder.encode(line);
    try {
      if (this.#isFull(bytes.length)) this.#rotate();
      if (this.#lost > 0) this.#append(encoder.encode(`${stampOf(line)}${this.#lostText()}\n`));
      this.#lost = 0;
      this.#append(bytes);
      this.#written = this.#options.now().getTime();
    } catch {
      this.#lost++;
    }
  }

  /**
   * Opens the file of its name anew where that is another by now, as after logrotate(8). What cannot
   * be opened leaves it as it is.
   */
  reopen(): void {
    try {
      using current = openDirectory(this.path);
      const seen = current.status(encoder.encode(basename(this.path)));
      if (isSameFile(seen, this.#file.status())) return;
    } catch {
      // Gone, or its directory is: a new one is made.
    }
    this.#reopen();
  }

  [Symbol.dispose](): void {
    this.#file[Symbol.dispose]();
    this.#directory[Symbol.dispose]();
  }

  #reopen(): void {
    try {
      const next = new LogFile(this.path, this.#options);
      this[Symbol.dispose]();
      this.#directory = next.#directory;
      this.#file = next.#file;
      this.#size = next.#size;
      this.#torn = false;
      this.#written = next.#written;
      this.#retryAt = 0;
    } catch {
      // The old one is better than none.
    }
  }

  #append(bytes: Uint8Array): void {
    // A part of a line may be there: what comes next begins on a line of its own.
    const line = this.#torn ? encoder.encode(`\n${decoder.decode(bytes)}`) : bytes;
    try {
      this.#file.write(line);
      this.#torn = false;
      this.#size += line.length;
    } catch (error) {
      const { size } = this.#file.status();
      if (size > this.#size) this.#torn = true;
      this.#size = size;
      throw error;
    }
  }

  #lostText(): string {
    return `WARNING: ${this.#lost} lines could not be written before this one`;
  }

  #isFull(more: number): boolean {
    const { bytes, age } = this.#options.limit;
    if (this.#size === 0) return false;
    if (bytes !== undefined && this.#size + more > Math.max(bytes, this.#retryAt)) return true;
    const period = (time: number) => Math.floor(time / age!);
    return age !== undefined && this.#size >= this.#retryAt &&
      period(this.#options.now().getTime()) > period(this.#written);
  }

  #rotate(): void {
    const { keep, now, limit } = this.#options;
    const name = basename(this.path);
    const aside = keep > 1 ? `${name}.${timeSuffix(now())}` : `${name}.old`;
    try {
      // Nothing but the file that is open is set aside.
      const there = this.#directory.status(encoder.encode(name));
      if (isSameFile(there, this.#file.status())) {
        this.#directory.rename(encoder.encode(name), encoder.encode(aside));
      }
    } catch (error) {
      const gone = error instanceof PosixError && error.code === "ENOENT";
      // Somebody put a directory in the way, say: not tried again at each line.
      if (!gone) {
        this.#retryAt = this.#size + (limit.bytes ?? 1 << 20);
        return;
      }
    }
    this.#reopen();
    if (keep > 1) this.#removeOldest(name, keep);
  }

  #removeOldest(name: string, keep: number): void {
    const old: string[] = [];
    let seen = 0;
    for (const entry of this.#directory.entries()) {
      if (++seen > MOST_LISTED) break;
      const text = shownName(entry.name);
      if (text.startsWith(`${name}.`) && /^\d{8}T\d{6}$/.test(text.slice(name.length + 1))) {
        old.push(text);
      }
    }
    for (const one of old.toSorted().slice(0, Math.max(0, old.length - keep))) {
      this.#directory.unlink(encoder.encode(one));
    }
  }
}

function openDirectory(path: string): Directory {
  try {
    return Directory.open(dirname(path));
  } catch (cause) {
    throw explained(path, cause);
  }
}

function openFile(directory: Directory, path: string): OpenFile {
  const name = encoder.encode(basename(path));
  try {
    make(directory, name);
    const file = directory.appendFile(name, LOG_MODE);
    if (file.status().nlink === 1) return file;
    file[Symbol.dispose]();
  } catch (cause) {
    throw explained(path, cause);
  }
  // A hard link may be to any file of the file system.
  throw new LogFileError(path, "EMLINK", "it has a second name; remove it");
}

/** A new log is for all to read, whatever the umask. */
function make(directory: Directory, name: Uint8Array): void {
  try {
    using file = directory.createFile(name, LOG_MODE);
    file.chmod(LOG_MODE);
  } catch (error) {
    if (!(error instanceof PosixError && error.code === "EEXIST")) throw error;
  }
}

function explained(path: string, cause: unknown): LogFileError {
  const error = cause instanceof PosixError ? cause : undefined;
  const code = error?.code ?? "EIO";
  const state = code === "ELOOP"
    ? "a symbolic link is in its place; remove it"
    : error?.message.replace(/^.*": /, "") ?? String(cause);
  return new LogFileError(path, code, state, { cause });
}

/** The time in front of a line. */
function stampOf(line: string): string {
  return /^\S+ \S+ /.exec(line)?.[0] ?? "";
}

/** As HTCondor names its own logs that are set aside, by local time. */
function timeSuffix(date: Date): string {
  const two = (n: number) => String(n).padStart(2, "0");
  return `${date.getFullYear()}${two(date.getMonth() + 1)}${two(date.getDate())}` +
    `T${two(date.getHours())}${two(date.getMinutes())}${two(date.getSeconds())}`;
}
