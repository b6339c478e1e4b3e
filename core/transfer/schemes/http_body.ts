/**
 * Reading HTTP bodies, with as few steps per byte as there can be.
 */

/**
 * A body in pieces of at most `size` bytes. A piece is good only until the next one is asked for:
 * byte streams are read into one buffer over and over.
 */
export async function* chunksOf(
  body: ReadableStream<Uint8Array> | null,
  size: number,
): AsyncGenerator<Uint8Array> {
  const reader = body === null ? undefined : byteReader(body);
  if (reader === undefined) {
    if (body !== null) yield* body;
    return;
  }
  let done = false;
  try {
    let buffer = new Uint8Array(size);
    for (;;) {
      const chunk = await reader.read(buffer);
      if (chunk.value !== undefined && chunk.value.length > 0) yield chunk.value;
      if (chunk.done) break;
      buffer = new Uint8Array(chunk.value.buffer);
    }
    done = true;
  } finally {
    if (!done) reader.cancel().catch(() => {}); // the error that ended the reading says it all
    reader.releaseLock();
  }
}

function byteReader(body: ReadableStream<Uint8Array>): ReadableStreamBYOBReader | undefined {
  try {
    return body.getReader({ mode: "byob" });
  } catch (error) {
    if (error instanceof TypeError && !body.locked) return undefined;
    throw error;
  }
}
