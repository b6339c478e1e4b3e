/**
 * The file that a plug-in's result ads go to.
 *
 * HTCondor makes it beforehand, filled with spaces, so that a plug-in can report on a full disk; it
 * reads it even after a plug-in was killed. So it is never truncated; ads are written from its
 * start, blanks fill the rest, and while files are under way it is kept up to date.
 */
import { writeFully } from "./part_file.ts";

/** Bytes kept free for each ad, reserved before the first transfer. */
const BYTES_PER_AD = 1536;

/** Blanks written in one go. */
const BLANKS = new Uint8Array(64 * 1024).fill(0x20);

const encoder = new TextEncoder();

/** The open out file. */
export class OutFile {
  readonly #file: Deno.FsFile;
  readonly #regular: boolean;
  #length: number;

  /**
   * Opens the file as it is, or makes it.
   *
   * @throws when it cannot be opened for writing
   */
  constructor(path: string) {
    this.#file = Deno.openSync(path, { write: true, create: true });
    const { isFile, size } = this.#file.statSync();
    this.#regular = isFile;
    this.#length = size;
  }

  /**
   * Blanks whatever the file holds and extends it for `ads` ads. A full disk is no error yet: what
   * could be reserved stays reserved.
   */
  reserve(ads: number): void {
    this.#file.seekSync(0, Deno.SeekMode.Start);
    const wanted = Math.max(this.#length, ads * BYTES_PER_AD);
    let done = 0;
    try {
      while (done < wanted) {
        done += this.#file.writeSync(BLANKS.subarray(0, Math.min(BLANKS.length, wanted - done)));
      }
    } catch (error) {
      if (done < this.#length) throw error;
    }
    this.#length = Math.max(this.#length, done);
  }

  /**
   * Replaces the content by these ads, each printed, in order.
   *
   * @throws when not all of them could be written
   */
  write(ads: readonly string[]): void {
    const bytes = encoder.encode(ads.length === 0 ? "" : `${ads.join("\n")}\n`);
    this.#file.seekSync(0, Deno.SeekMode.Start);
    writeFully(this.#file, bytes);
    for (let at = bytes.length; at < this.#length;) {
      at += this.#file.writeSync(BLANKS.subarray(0, Math.min(BLANKS.length, this.#length - at)));
    }
    this.#length = Math.max(this.#length, bytes.length);
  }

  [Symbol.dispose](): void {
    this.close();
  }

  /** Makes the content durable and closes the file. */
  close(): void {
    try {
      if (this.#regular) this.#file.syncSync();
    } finally {
      this.#file.close();
    }
  }
}
