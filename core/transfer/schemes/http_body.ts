/**
 * Reading HTTP bodies, with as few steps per byte as there can be.
 */

/**
 * All of a body of known length that fits in memory.
 *
 * @param length what the server announced; the runtime hands out no more than that
 * @param moved told of each piece as it comes: a small body may come slowly, too
 * @returns the bytes that came
 */
export async function readWhole(
  body: ReadableStream<Uint8Array> | null,
  length: number,
  moved: (bytes: number) => void,
): Promise<Uint8Array> {
  // Read into its own place: pieces of the stream's making are larger than most small files.
  let whole = new Uint8Array(length);
  let at = 0;
  const reader = body === null ? undefined : byteReader(body);
  if (reader === undefined) {
    for await (const chunk of body ?? []) {
      whole.set(chunk, at);
      at += chunk.length;
      moved(chunk.length);
    }
    return whole.subarray(0, at);
  }
  for (let done = false; !done;) {
    // With nothing left to read there is still the end to see, which frees the connection.
    const chunk = await reader.read(at < length ? whole.subarray(at) : new Uint8Array(1));
    done = chunk.done;
    if (at < length && chunk.value !== undefined) {
      whole = new Uint8Array(chunk.value.buffer);
      at += chunk.value.length;
      moved(chunk.value.length);
    }
  }
  return whole.subarray(0, at);
}

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
