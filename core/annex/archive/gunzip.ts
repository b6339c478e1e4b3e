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
  const { readable, writable } = new DecompressionStream("gzip");
  const fed = feed(source, writable.getWriter());
  try {
    yield* readable;
  } catch (error) {
    const broken = await fed;
    throw broken ? broken.error : archiveError("no whole gzip stream, or more than one", error);
  } finally {
    // Whoever reads no further ends this too, and the source is closed when it has ended.
    await fed;
  }
}

/**
 * Writes all of the source.
 *
 * @returns what reading the source threw, if it did
 */
async function feed(
  source: AsyncIterable<Uint8Array>,
  writer: WritableStreamDefaultWriter<BufferSource>,
): Promise<{ readonly error: unknown } | undefined> {
  // What is wrong with the stream itself, its reader is told.
  writer.closed.catch(() => {});
  try {
    for await (const chunk of source) {
      for (let at = 0; at < chunk.length; at += PORTION) {
        const isTaken = await writer.write(chunk.slice(at, at + PORTION)).then(
          () => true,
          () => false,
        );
        if (!isTaken) return undefined;
      }
    }
  } catch (error) {
    await writer.abort(error).catch(() => {});
    return { error };
  }
  await writer.close().catch(() => {});
  return undefined;
}
