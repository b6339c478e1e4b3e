/** The bytes of an archive, in order, as many at a time as the format asks for. */

import { archiveError } from "./error.ts";

/** Reads a stream of bytes by counted portions, and no more than a bound in all. */
export class ByteReader {
  readonly #source: AsyncIterator<Uint8Array>;
  readonly #limit: number;
  #chunk: Uint8Array = new Uint8Array();
  #taken = 0;

  /**
   * @param source what to read
   * @param limit most bytes there may be
   */
  constructor(source: AsyncIterable<Uint8Array>, limit: number) {
    this.#source = source[Symbol.asyncIterator]();
    this.#limit = limit;
  }

  /**
   * Takes what is there, at least one byte.
   *
   * @param most most bytes wanted
   * @returns nothing at the end; valid until the next call
   * @throws {AnnexError} when there are more bytes than allowed
   */
  async some(most: number): Promise<Uint8Array | undefined> {
    while (this.#chunk.length === 0) {
      const next = await this.#source.next();
      if (next.done) return undefined;
      this.#chunk = next.value;
      this.#taken += next.value.length;
      if (this.#taken > this.#limit) {
        throw archiveError(`more than ${this.#limit} bytes unpacked`);
      }
    }
    const part = this.#chunk.subarray(0, most);
    this.#chunk = this.#chunk.subarray(part.length);
    return part;
  }

  /**
   * Takes a number of bytes.
   *
   * @returns a copy; nothing when the stream has ended where it would begin
   * @throws {AnnexError} when it ends in the middle
   */
  async exactly(length: number): Promise<Uint8Array | undefined> {
    const bytes = new Uint8Array(length);
    let filled = 0;
    while (filled < length) {
      const part = await this.some(length - filled);
      if (part === undefined) {
        if (filled === 0) return undefined;
        throw archiveError("it ends in the middle");
      }
      bytes.set(part, filled);
      filled += part.length;
    }
    return bytes;
  }

  /** Gives up the rest. */
  async close(): Promise<void> {
    await this.#source.return?.();
  }
}
