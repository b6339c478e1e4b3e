/** Decompression (RFC 1952) with memory that is bounded also for what expands a thousandfold. */

import { archiveError } from "./error.ts";

/** Bytes decompressed at a time: deflate makes at most 1032 out of one. */
const PORTION = 4096;

/**
 * Decompresses one gzip stream. What follows it, a second one too, is refused; so is a stream that
 * is cut short or whose check value is wrong, but only after its content was given out.
 *
 * @param source compressed bytes; what reading them throws is thrown as it is
 * @throws {AnnexError}
 */
export async function* gunzip(
  source: AsyncIterable<Uint8Array>,
): AsyncGenerator<Uint8Array, void, void> {
  let broken: { readonly error: unknown } | undefined;
  async function* portions(): AsyncGenerator<Uint8Array<ArrayBuffer>, void, void> {
    try {
      for await (const chunk of source) {
        for (let at = 0; at < chunk.length; at += PORTION) yield chunk.slice(at, at + PORTION);
      }
    } catch (error) {
      broken = { error };
      throw error;
    }
  }
  const unpacked = ReadableStream.from(portions()).pipeThrough(new DecompressionStream("gzip"));
  try {
    yield* unpacked;
  } catch (error) {
    if (broken) throw broken.error;
    throw archiveError("no whole gzip stream, or more than one", error);
  }
}
