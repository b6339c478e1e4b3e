/** What a program says on a pipe that others may hold on to. */

/** Most bytes that are kept. */
const LIMIT = 16 * 1024;

/** Reads all of a stream, so that nobody waits for it, and keeps its beginning. */
export class SshOutput {
  readonly #reader: ReadableStreamDefaultReader<Uint8Array>;
  readonly #ended: Promise<void>;
  #text = "";

  constructor(stream: ReadableStream<Uint8Array>) {
    this.#reader = stream.getReader();
    this.#ended = this.#read();
  }

  /** The text, at the stream's end or after some milliseconds without it; nothing is read then. */
  async end(ms: number): Promise<string> {
    const late = setTimeout(() => this.#reader.cancel(), ms);
    await this.#ended;
    clearTimeout(late);
    return this.#text;
  }

  async #read(): Promise<void> {
    const decoder = new TextDecoder();
    while (true) {
      const { value } = await this.#reader.read();
      if (value === undefined) return;
      const room = LIMIT - this.#text.length;
      if (room > 0) this.#text += decoder.decode(value.subarray(0, room), { stream: true });
    }
  }
}
