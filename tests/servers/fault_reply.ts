/** What the fault server can be told to answer, and how that goes onto the wire. */

import { concat, type Wire } from "./fault_wire.ts";

/** One answer. Everything is optional: `{}` is an empty 200. */
export interface Reply {
  /** Default 200. */
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
  /** More header lines, written as they are: `X-Cache:` or `no colon here`. */
  readonly lines?: readonly string[];
  readonly body?: Uint8Array | string;
  /** How the body ends: by `Content-Length` (default), in chunks, or with the connection. */
  readonly framing?: "length" | "chunked" | "close";
  /** Values of `Content-Length` instead of the true one; two of them make two header lines. */
  readonly contentLength?: number | readonly number[];
  /** Bytes of the body in each chunk; default 16 KiB. */
  readonly chunkSize?: number;
  /** End the connection, by `end`, after so many bytes of the body. */
  readonly cutAfter?: number;
  /** Written where `cutAfter` cuts, such as `zz\r\n` for a bad chunk header. */
  readonly atCut?: string;
  /** Trailer lines after the last chunk; announce them by a `Trailer` header, or do not. */
  readonly trailers?: readonly string[];
  /** Bytes after the end of the body. */
  readonly extra?: Uint8Array | string;
  /** All bytes of the answer, in place of everything above; `""` is an empty reply. */
  readonly raw?: Uint8Array | string;
  /** What happens to the connection then: kept for the next request, closed, or reset. Closed means
   * that the server says FIN and goes on reading until the client closes too. Default: `keep` for a
   * whole answer to a request that was read, else `fin`. */
  readonly end?: "keep" | "fin" | "reset";
  /** No byte is sent before this resolves. */
  readonly silence?: Promise<unknown>;
  /** Lets the body through, piece by piece. */
  readonly valve?: Valve;
  /** Whether `Expect: 100-continue` is answered with 100; default true. */
  readonly sendContinue?: boolean;
  /** How much of the request's body is read before the answer: all (default), or about so many
   * bytes; with 0 nothing is ever drained. */
  readonly receive?: number;
}

/**
 * Lets a counted number of body bytes through, so that a test decides when a body goes on.
 *
 * @example
 * const valve = new Valve(1024);
 * await using fault = await startFault({ "/stalls": { body: bytes, valve } });
 * const download = get(fault.url("/stalls"));
 * await valve.passed(1024); // sent, and now nothing moves
 * valve.open();
 */
export class Valve {
  #allowed: number;
  #sent = 0;
  #waiters: (() => void)[] = [];

  constructor(allowed = 0) {
    this.#allowed = allowed;
  }

  /** Lets `bytes` more through. */
  let(bytes: number): void {
    this.#allowed += bytes;
    this.#wake();
  }

  /** Lets everything through from now on. */
  open(): void {
    this.let(Infinity);
  }

  /** Resolves when so many bytes in all have been written to connections. */
  async passed(bytes: number): Promise<void> {
    while (this.#sent < bytes) await this.#change();
  }

  /** Waits for leave to send, and takes at most `most` bytes of it, or none once the connection is
   * closed; for the server. */
  async take(most: number, closed: Promise<void>): Promise<number> {
    let isClosed = false;
    const end = closed.then(() => {
      isClosed = true;
    });
    while (this.#allowed < 1 && !isClosed) await Promise.race([this.#change(), end]);
    const taken = Math.min(most, this.#allowed);
    this.#allowed -= taken;
    return taken;
  }

  /** Notes that bytes were written; for the server. */
  note(bytes: number): void {
    this.#sent += bytes;
    this.#wake();
  }

  #change(): Promise<void> {
    return new Promise((resolve) => this.#waiters.push(resolve));
  }

  #wake(): void {
    for (const wake of this.#waiters.splice(0)) wake();
  }
}

const REASONS: Readonly<Record<number, string>> = {
  200: "OK",
  206: "Partial Content",
  404: "Not Found",
  429: "Too Many Requests",
  500: "Internal Server Error",
  503: "Service Unavailable",
};
const CHUNK_SIZE = 16 * 1024;
const ENCODER = new TextEncoder();

/** The bytes of a text in UTF-8, or the bytes themselves. */
export function toBytes(value: Uint8Array | string | undefined): Uint8Array {
  return typeof value === "string" ? ENCODER.encode(value) : value ?? new Uint8Array(0);
}

/** Whether an answer with this status has a body at all (RFC 9112, section 6.3). */
function mayHaveBody(status: number, method: string): boolean {
  return method !== "HEAD" && status !== 204 && status !== 304;
}

/** The status line and headers of the answer, with the empty line. */
function head(reply: Reply): string {
  const status = reply.status ?? 200;
  const lines = [`HTTP/1.1 ${status} ${REASONS[status] ?? "Status"}`];
  for (const [name, value] of Object.entries(reply.headers ?? {})) lines.push(`${name}: ${value}`);
  lines.push(...reply.lines ?? []);
  const framing = reply.framing ?? "length";
  if (framing === "chunked") lines.push("Transfer-Encoding: chunked");
  if (framing === "length" && status !== 204 && status !== 304) {
    const lengths = [reply.contentLength ?? toBytes(reply.body).length].flat();
    for (const length of lengths) lines.push(`Content-Length: ${length}`);
  }
  return lines.join("\r\n") + "\r\n\r\n";
}

/** What the answer's form depends on. */
interface Asked {
  readonly method: string;
  /** Whether the request's body was read to its end. */
  readonly isRead: boolean;
}

/**
 * Writes the answer.
 *
 * @returns whether the connection can take another request.
 */
export async function sendReply(wire: Wire, reply: Reply, request: Asked): Promise<boolean> {
  if (reply.silence) await Promise.race([reply.silence, wire.closed]);
  if (reply.raw !== undefined) {
    await wire.write(toBytes(reply.raw));
  } else {
    await wire.write(ENCODER.encode(head(reply)));
    if (mayHaveBody(reply.status ?? 200, request.method)) await sendBody(wire, reply);
  }
  const whole = reply.cutAfter === undefined && reply.raw === undefined;
  const keep = whole && reply.framing !== "close" && request.isRead;
  const end = reply.end ?? (keep ? "keep" : "fin");
  if (end === "reset") wire.reset();
  if (end === "fin") wire.finish();
  return end === "keep";
}

async function sendBody(wire: Wire, reply: Reply): Promise<void> {
  const whole = toBytes(reply.body);
  const body = whole.subarray(0, reply.cutAfter ?? whole.length);
  const chunked = reply.framing === "chunked";
  for (let offset = 0; offset < body.length;) {
    const most = Math.min(body.length - offset, reply.chunkSize ?? CHUNK_SIZE);
    const count = await (reply.valve?.take(most, wire.closed) ?? most);
    const piece = body.subarray(offset, offset + count);
    if (count === 0 || !await wire.write(chunked ? chunkOf(piece) : piece)) return;
    reply.valve?.note(count);
    offset += count;
  }
  if (reply.cutAfter !== undefined) {
    await wire.write(toBytes(reply.atCut));
    return;
  }
  if (chunked) {
    const trailers = (reply.trailers ?? []).map((line) => `${line}\r\n`).join("");
    await wire.write(ENCODER.encode(`0\r\n${trailers}\r\n`));
  }
  await wire.write(toBytes(reply.extra));
}

function chunkOf(piece: Uint8Array): Uint8Array {
  return concat([
    ENCODER.encode(`${piece.length.toString(16)}\r\n`),
    piece,
    ENCODER.encode("\r\n"),
  ]);
}
