/**
 * The temporary file of a download.
 *
 * A download never touches its target: it fills `<dir>/.<name>.part-<pid>-<n>`, created exclusively
 * when the first byte is to be written, and the finished file is renamed over the target. What an
 * attempt left behind stays, with the identity its bytes have, so that the next one may resume.
 */
import { basename, dirname, join } from "@std/path";

/** Identity of the content whose beginning a part file holds. */
export interface ContentIdentity {
  /** URL that was asked for; where it led may change, and the content may not. */
  readonly url: string;
  /** Where its redirects led, for content that has nothing else to be known by. */
  readonly place?: string;
  /** Length of the whole content in bytes, when the server said. */
  readonly total?: number;
  /** Entity tag (RFC 9110, section 8.8.3); a weak one can only prove a change. */
  readonly etag?: string;
  /** `Last-Modified`, asked for only where there is no strong entity tag. */
  readonly lastModified?: string;
}

/** Longest base name that Linux file systems take, in bytes. */
const NAME_MAX = 255;

/** Begins anywhere, for the process id alone is not unique where containers share a directory. */
let counter = crypto.getRandomValues(new Uint32Array(1))[0]! >>> 8;

/** A download's temporary file; see above. */
export class PartFile {
  readonly path: string;
  /** Set by a scheme that can continue a broken download. */
  identity: ContentIdentity | undefined;
  #exists = false;
  /** Size of a file written at once, which saves asking for it. */
  #written: number | undefined;

  /**
   * @param target the name the file is to get
   * @param directory where the temporary file lives; the target's own directory by default
   */
  constructor(target: string, directory: string = dirname(target)) {
    const suffix = `.part-${Deno.pid}-${++counter}`;
    this.path = join(
      directory,
      `.${shorten(basename(target), NAME_MAX - suffix.length - 1)}${suffix}`,
    );
  }

  /** Bytes that are there now. */
  size(): number {
    try {
      return Deno.statSync(this.path).size;
    } catch (error) {
      if (error instanceof Deno.errors.NotFound) return 0;
      throw error;
    }
  }

  /**
   * Opens the file for writing at `offset`; whatever it holds from there on is dropped.
   *
   * @throws when it cannot be created or opened
   */
  open(offset = 0): Deno.FsFile {
    const file = Deno.openSync(
      this.path,
      this.#exists ? { write: true } : { write: true, createNew: true, mode: 0o666 },
    );
    this.#exists = true;
    this.#written = undefined;
    try {
      if (offset === 0) this.identity = undefined;
      file.truncateSync(offset);
      file.seekSync(offset, Deno.SeekMode.Start);
    } catch (error) {
      file.close();
      throw error;
    }
    return file;
  }

  /** Writes the whole file at once: for content small enough to be in memory. */
  write(bytes: Uint8Array): void {
    if (this.#exists) {
      using file = this.open();
      return writeFully(file, bytes);
    }
    this.#exists = true;
    // With a mode given, Deno would set just that and pass by the umask.
    Deno.writeFileSync(this.path, bytes, { createNew: true });
    this.#written = bytes.length;
  }

  /**
   * Takes the file as finished, whoever wrote it: a plug-in's author may write to `path` directly.
   *
   * @returns its size in bytes
   * @throws when there is no file
   */
  finish(): number {
    if (this.#written !== undefined) return this.#written;
    const { size } = Deno.statSync(this.path);
    this.#exists = true;
    return size;
  }

  /** Puts the file in place of `target`, at once. */
  rename(target: string): void {
    Deno.renameSync(this.path, target);
    this.#exists = false;
  }

  /** Deletes the file, if there is one. */
  remove(): void {
    this.identity = undefined;
    this.#exists = false;
    try {
      Deno.removeSync(this.path);
    } catch (error) {
      if (!(error instanceof Deno.errors.NotFound)) throw error;
    }
  }
}

/** Writes all of `bytes` where a file or a stream stands. */
export function writeFully(
  file: { writeSync(bytes: Uint8Array): number },
  bytes: Uint8Array,
): void {
  let done = 0;
  while (done < bytes.length) done += file.writeSync(bytes.subarray(done));
}

/** Cuts a name to at most `limit` bytes of UTF-8 without splitting a character. */
function shorten(name: string, limit: number): string {
  if (name.length * 3 <= limit) return name;
  const bytes = new TextEncoder().encode(name);
  if (bytes.length <= limit) return name;
  let end = limit;
  while (end > 0 && (bytes[end]! & 0xc0) === 0x80) end--;
  return new TextDecoder().decode(bytes.subarray(0, end));
}
