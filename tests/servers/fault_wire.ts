/** One accepted connection of the fault server, read and written byte for byte. */

import type { Socket } from "node:net";
import { createHash } from "node:crypto";

/** The head of a request exactly as it came. */
export interface RequestHead {
  readonly method: string;
  /** The request target byte for byte, such as `/a%2fb?sig=x%3D`, or an absolute URL. */
  readonly target: string;
  /** Such as `HTTP/1.1`. */
  readonly version: string;
  /** Names and values in order, in the case they came in. */
  readonly headers: readonly (readonly [name: string, value: string])[];
}

/** What came of a request's body. */
export interface ReceivedBody {
  /** Bytes received, without chunk framing. */
  readonly length: number;
  /** Lower-case hexadecimal SHA-256 of these bytes. */
  readonly sha256: string;
  /** The bytes themselves, up to the first 32 MiB. */
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** Whether the body came to its declared end. */
  readonly complete: boolean;
}

const HEAD_LIMIT = 1024 * 1024;
const KEPT_LIMIT = 32 * 1024 * 1024;
const LINE_FEED = 10;
const HEAD_END = new Uint8Array([13, 10, 13, 10]);

/** Reads a socket piece by piece and only on demand, so that what is not asked for is not drained. */
export class Wire {
  readonly #socket: Socket;
  readonly #tcp: Socket;
  #left: Uint8Array<ArrayBuffer> = new Uint8Array(0);
  #watched: Promise<Uint8Array<ArrayBuffer> | undefined> | undefined;
  #isClosed = false;
  /** Resolves when the connection is over, from whichever side. */
  readonly closed: Promise<void>;

  /** `tcp` is the connection below `socket` where that is one of TLS. */
  constructor(socket: Socket, tcp: Socket = socket) {
    this.#socket = socket;
    this.#tcp = tcp;
    socket.setNoDelay(true);
    // A reset by the client is an expected end here, and "close" follows it.
    socket.on("error", () => undefined);
    this.closed = new Promise((resolve) =>
      socket.once("close", () => {
        this.#isClosed = true;
        resolve();
      })
    );
  }

  /** The next bytes, or undefined at the end of the stream. */
  async read(): Promise<Uint8Array<ArrayBuffer> | undefined> {
    if (this.#left.length > 0) {
      const left = this.#left;
      this.#left = new Uint8Array(0);
      return left;
    }
    const watched = this.#watched;
    this.#watched = undefined;
    return await (watched ?? this.#receive());
  }

  /** Takes the end of the client's stream for its leave while nothing is expected from it; bytes that
   * come are kept for the next read. */
  watch(): void {
    if (this.#left.length > 0 || this.#watched) return;
    this.#watched = this.#receive().then((chunk) => {
      if (chunk === undefined) this.destroy();
      return chunk;
    });
  }

  async #receive(): Promise<Uint8Array<ArrayBuffer> | undefined> {
    while (!this.#isClosed) {
      const chunk: Uint8Array | null = this.#socket.read();
      if (chunk !== null) return new Uint8Array(chunk);
      if (this.#socket.readableEnded) return undefined;
      await new Promise<void>((resolve) => {
        const wake = () => {
          for (const event of ["readable", "end", "close"]) this.#socket.off(event, wake);
          resolve();
        };
        for (const event of ["readable", "end", "close"]) this.#socket.on(event, wake);
      });
    }
    return undefined;
  }

  /** The next head, or undefined when the client has ended the connection. */
  async readHead(): Promise<RequestHead | undefined> {
    const bytes = await this.#readThrough((all) => indexAfter(all, HEAD_END));
    if (bytes === undefined) return undefined;
    const [first = "", ...lines] = latin1(bytes).slice(0, -HEAD_END.length).split("\r\n");
    const [method = "", target = "", version = ""] = first.split(" ");
    const headers = lines.map((line): [string, string] => {
      const colon = line.indexOf(":");
      return [line.slice(0, colon), line.slice(colon + 1).trim()];
    });
    return { method, target, version, headers };
  }

  /**
   * Reads the body that `head` declares, but at most about `limit` bytes of it.
   *
   * @returns undefined when the request has no body.
   */
  async readBody(head: RequestHead, limit: number): Promise<ReceivedBody | undefined> {
    const declared = headerOf(head, "content-length");
    const chunked = headerOf(head, "transfer-encoding")?.toLowerCase() === "chunked";
    if (declared === undefined && !chunked) return undefined;
    const sink = new BodySink();
    let complete = false;
    if (chunked) {
      while (!complete && sink.length < limit) {
        const size = await this.#readChunkSize();
        if (size === undefined) break;
        complete = size === 0;
        await this.#pass(size, sink);
        // The line end after a chunk, or the empty line after an empty list of trailers.
        if (await this.#readLine() === undefined) break;
      }
    } else {
      const length = Number(declared);
      await this.#pass(Math.min(length, limit), sink);
      complete = sink.length === length;
    }
    return sink.finish(complete);
  }

  /** Reads and forgets everything until the client ends the connection. */
  async discard(): Promise<void> {
    while (await this.read() !== undefined);
  }

  /** Writes the bytes; false when the connection is already over. */
  write(bytes: Uint8Array): Promise<boolean> {
    if (this.#isClosed) return Promise.resolve(false);
    if (bytes.length === 0) return Promise.resolve(true);
    const written = new Promise<boolean>((resolve) =>
      this.#socket.write(bytes, (error) => resolve(!error))
    );
    return Promise.race([written, this.closed.then(() => false)]);
  }

  /** Says that nothing more will be written. */
  finish(): void {
    this.#socket.end();
  }

  /** Ends the connection with a TCP reset, which may overtake bytes not yet delivered. */
  reset(): void {
    this.#tcp.resetAndDestroy();
  }

  /** Ends the connection without a further word. */
  destroy(): void {
    this.#socket.destroy();
  }

  async #readLine(): Promise<string | undefined> {
    const bytes = await this.#readThrough((all) => all.indexOf(LINE_FEED) + 1);
    return bytes === undefined ? undefined : latin1(bytes).trimEnd();
  }

  async #readChunkSize(): Promise<number | undefined> {
    const size = Number.parseInt(await this.#readLine() ?? "", 16);
    return Number.isNaN(size) ? undefined : size;
  }

  /** Reads until `endOf` finds an end (an index above 0) in what was read so far. */
  async #readThrough(
    endOf: (all: Uint8Array) => number,
  ): Promise<Uint8Array<ArrayBuffer> | undefined> {
    let all: Uint8Array<ArrayBuffer> = new Uint8Array(0);
    while (all.length < HEAD_LIMIT) {
      const chunk = await this.read();
      if (chunk === undefined) return undefined;
      all = concat([all, chunk]);
      const end = endOf(all);
      if (end > 0) {
        this.#left = all.slice(end);
        return all.slice(0, end);
      }
    }
    return undefined;
  }

  async #pass(count: number, sink: BodySink): Promise<void> {
    while (count > 0) {
      const chunk = await this.read();
      if (chunk === undefined) return;
      this.#left = chunk.slice(count);
      sink.add(chunk.subarray(0, count));
      count -= Math.min(count, chunk.length);
    }
  }
}

class BodySink {
  readonly #hash = createHash("sha256");
  readonly #kept: Uint8Array[] = [];
  length = 0;

  add(chunk: Uint8Array): void {
    this.#hash.update(chunk);
    if (this.length < KEPT_LIMIT) this.#kept.push(chunk.subarray(0, KEPT_LIMIT - this.length));
    this.length += chunk.length;
  }

  finish(complete: boolean): ReceivedBody {
    const sha256 = this.#hash.digest("hex");
    return { length: this.length, sha256, bytes: concat(this.#kept), complete };
  }
}

/** The first header of that name, without regard to case. */
export function headerOf(head: RequestHead, name: string): string | undefined {
  return head.headers.find(([key]) => key.toLowerCase() === name.toLowerCase())?.[1];
}

/** All pieces one after the other. */
export function concat(pieces: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const all = new Uint8Array(pieces.reduce((sum, piece) => sum + piece.length, 0));
  let offset = 0;
  for (const piece of pieces) {
    all.set(piece, offset);
    offset += piece.length;
  }
  return all;
}

function latin1(bytes: Uint8Array): string {
  // Not TextDecoder("latin1"), which is windows-1252 and changes bytes 0x80 to 0x9f.
  return Array.from(bytes, (byte) => String.fromCharCode(byte)).join("");
}

function indexAfter(all: Uint8Array, end: Uint8Array): number {
  const first = end[0] ?? 0;
  for (let at = all.indexOf(first); at >= 0; at = all.indexOf(first, at + 1)) {
    if (end.every((byte, index) => all[at + index] === byte)) return at + end.length;
  }
  return 0;
}
