/**
 * The file that a plug-in's result ads go to.
 *
 * HTCondor makes it beforehand, filled with spaces, so that a plug-in can report on a full disk; it
 * reads it even after a plug-in was killed. So it is never truncated; ads are written from its
 * start, blanks fill the rest, and while files are under way it is kept up to date.
 */
import { look } from "./directory_listing.ts";
import { writeFully } from "./part_file.ts";

/** Bytes kept free for each ad, reserved before the first transfer. */
const BYTES_PER_AD = 1536;

/** Characters of ads written in one go. */
const BATCH = 64 * 1024;

/** Blanks written in one go. */
const BLANKS = new Uint8Array(64 * 1024).fill(0x20);

const encoder = new TextEncoder();

/** The open out file. */
export class OutFile {
  readonly #file: Deno.FsFile;
  readonly #regular: boolean;
  #length: number;
  /** Where the ads end; blanks follow. */
  #used: number;

  /**
   * Opens the file as it is, or makes it.
   *
   * @throws when it cannot be opened for writing
   */
  constructor(path: string) {
    if (look(path, Deno.statSync)?.isFifo) throw new TypeError("it is a pipe");
    this.#file = Deno.openSync(path, { write: true, create: true });
    const { isFile, size } = this.#file.statSync();
    this.#regular = isFile;
    this.#length = size;
    this.#used = size;
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
    this.#used = 0;
  }

  /**
   * Replaces the content by these ads, each printed, in order.
   *
   * @throws when not all of them could be written
   */
  write(ads: readonly string[]): void {
    this.#file.seekSync(0, Deno.SeekMode.Start);
    let written = 0;
    let batch = "";
    const flush = () => {
      const bytes = encoder.encode(batch);
      writeFully(this.#file, bytes);
      written += bytes.length;
      batch = "";
    };
    // Ten thousand ads as one text would be the largest thing in memory.
    for (const ad of ads) {
      batch += `${ad}\n`;
      if (batch.length >= BATCH) flush();
    }
    flush();
    this.#blank(written, this.#used);
    this.#used = written;
    this.#length = Math.max(this.#length, written);
  }

  /** Blanks from one place to another. */
  #blank(from: number, to: number): void {
    for (let at = from; at < to;) {
      at += this.#file.writeSync(BLANKS.subarray(0, Math.min(BLANKS.length, to - at)));
    }
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
