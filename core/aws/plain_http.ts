/**
 * HTTP/1.1 over a connection of its own (RFC 9112), for link-local services: never through a proxy,
 * whatever the environment says, never redirected, and with bounds on time and size.
 */
import { concat } from "../std/bytes.ts";

/** Where and what to ask. */
export interface PlainRequest {
  /** An address or a name, IPv6 without brackets. */
  readonly hostname: string;
  readonly port: number;
  readonly method: "GET" | "PUT";
  /** With its leading slash; visible ASCII. */
  readonly path: string;
  /** Visible ASCII. */
  readonly headers?: Readonly<Record<string, string>>;
}

/** Bounds of an exchange. */
export interface PlainLimits {
  /** Milliseconds until the connection stands. */
  readonly connectMs: number;
  /** Milliseconds for all of it. */
  readonly totalMs: number;
  /** Most bytes of a body. */
  readonly size: number;
  readonly signal: AbortSignal;
}

/** An answer, read to its end. */
export interface PlainAnswer {
  readonly status: number;
  /** By lower-case names. */
  readonly headers: ReadonlyMap<string, string>;
  readonly body: Uint8Array<ArrayBuffer>;
}

/** Why there is no answer. */
export type PlainFailure = "no-connection" | "connect-timeout" | "timeout" | "bad-answer";

/** An exchange that brought no answer; the message is one line. */
export class PlainHttpError extends Error {
  override readonly name = "PlainHttpError";
  readonly failure: PlainFailure;

  constructor(failure: PlainFailure, message: string, options?: ErrorOptions) {
    super(message, options);
    this.failure = failure;
  }
}

const LARGEST_HEAD = 16 * 1024;
const VISIBLE = /^[\x21-\x7e]+$/;
const PRINTABLE = /^[\x20-\x7e]*$/;

/**
 * Asks, and reads the answer to its end.
 *
 * @throws {PlainHttpError}; the signal's reason
 */
export async function plainExchange(
  request: PlainRequest,
  limits: PlainLimits,
): Promise<PlainAnswer> {
  const { hostname, port } = request;
  const head = requestHead(request);
  const place = `"${hostname}" port ${port}`;
  const total = AbortSignal.timeout(limits.totalMs);
  const connection = await connect(request, limits, total);
  const ends = AbortSignal.any([limits.signal, total]);
  let closed = false;
  const close = () => {
    if (!closed) connection.close();
    closed = true;
  };
  ends.addEventListener("abort", close);
  if (ends.aborted) close();
  try {
    for (let rest = head; rest.length > 0;) rest = rest.subarray(await connection.write(rest));
    return await readAnswer(connection, limits.size);
  } catch (error) {
    limits.signal.throwIfAborted();
    if (total.aborted) {
      throw new PlainHttpError(
        "timeout",
        `No whole answer from ${place} after ${limits.totalMs} ms`,
      );
    }
    if (error instanceof PlainHttpError) throw error;
    throw new PlainHttpError("bad-answer", `Cannot speak to ${place}: the connection broke`, {
      cause: error,
    });
  } finally {
    ends.removeEventListener("abort", close);
    close();
  }
}

function requestHead({ hostname, port, method, path, headers = {} }: PlainRequest) {
  const host = hostname.includes(":") ? `[${hostname}]` : hostname;
  const fields = Object.entries({
    Host: port === 80 ? host : `${host}:${port}`,
    "User-Agent": "pinion",
    Accept: "*/*",
    Connection: "close",
    ...(method === "PUT" && { "Content-Length": "0" }),
    ...headers,
  });
  for (const [name, value] of [["path", path], ...fields] as const) {
    // Nothing may begin a line of its own.
    if (!(name === "path" ? VISIBLE : PRINTABLE).test(value)) {
      throw new TypeError(`Cannot send a request: "${name}" is not visible ASCII`);
    }
  }
  const lines = [`${method} ${path} HTTP/1.1`, ...fields.map((field) => field.join(": "))];
  return new TextEncoder().encode(`${lines.join("\r\n")}\r\n\r\n`);
}

async function connect(
  { hostname, port }: PlainRequest,
  { connectMs, totalMs, signal }: PlainLimits,
  total: AbortSignal,
): Promise<Deno.TcpConn> {
  const limit = AbortSignal.timeout(Math.min(connectMs, totalMs));
  try {
    return await Deno.connect({ hostname, port, signal: AbortSignal.any([signal, limit, total]) });
  } catch (error) {
    signal.throwIfAborted();
    const place = `"${hostname}" port ${port}`;
    if (limit.aborted || total.aborted) {
      const text = `Cannot connect to ${place}: no answer after ${connectMs} ms`;
      throw new PlainHttpError("connect-timeout", text);
    }
    const state = error instanceof Error
      ? error.message.replace(/ \(os error.*/s, "").toLowerCase()
      : "it failed";
    const text = `Cannot connect to ${place}: ${state}`;
    throw new PlainHttpError("no-connection", text, { cause: error });
  }
}

async function readAnswer(connection: Deno.TcpConn, size: number): Promise<PlainAnswer> {
  const most = LARGEST_HEAD + 2 * size;
  let data = new Uint8Array();
  const buffer = new Uint8Array(16 * 1024);
  while (true) {
    const answer = parseAnswer(data, { size, ended: false });
    if (answer !== undefined) return answer;
    const count = await connection.read(buffer);
    if (count === null) break;
    data = concat([data, buffer.subarray(0, count)]);
    if (data.length > most) throw bad("it is too long");
  }
  const answer = parseAnswer(data, { size, ended: true });
  if (answer === undefined) throw bad("it ended early");
  return answer;
}

/**
 * Reads an answer as far as it has come.
 *
 * @param options `size` most bytes of the body; `ended` whether nothing more will come
 * @returns undefined while it is not whole
 * @throws {PlainHttpError} `bad-answer`
 */
export function parseAnswer(
  data: Uint8Array<ArrayBuffer>,
  { size, ended }: { readonly size: number; readonly ended: boolean },
): PlainAnswer | undefined {
  const end = headEnd(data);
  if (end === undefined) {
    if (data.length > LARGEST_HEAD) throw bad("its head is too long");
    return undefined;
  }
  if (end > LARGEST_HEAD) throw bad("its head is too long");
  const text = new TextDecoder("latin1").decode(data.subarray(0, end));
  const [first = "", ...lines] = text.trimEnd().split("\r\n");
  const status = /^HTTP\/1\.[01] ([2-5]\d\d)(?: |$)/.exec(first)?.[1];
  if (status === undefined) throw bad("its first line is not one of HTTP/1.1");
  const headers = new Map<string, string>();
  for (const line of lines) {
    const [, name, value] = /^([!#$%&'*+.^_`|~\w-]+):[ \t]*(.*?)[ \t]*$/.exec(line) ?? [];
    if (name === undefined) throw bad("a line of its head is no field");
    const key = name.toLowerCase();
    if (headers.has(key) && (key === "content-length" || key === "transfer-encoding")) {
      throw bad("its length is given twice");
    }
    headers.set(key, value!);
  }
  const body = bodyOf(data.subarray(end), { headers, size, ended, status: Number(status) });
  return body && { status: Number(status), headers, body };
}

interface BodyFacts {
  readonly headers: ReadonlyMap<string, string>;
  readonly size: number;
  readonly ended: boolean;
  readonly status: number;
}

function bodyOf(
  rest: Uint8Array<ArrayBuffer>,
  { headers, size, ended, status }: BodyFacts,
): Uint8Array<ArrayBuffer> | undefined {
  if (status === 204 || status === 304) return new Uint8Array();
  const coding = headers.get("transfer-encoding");
  if (coding !== undefined) {
    // RFC 9112, 6.3: whoever sends both may be smuggling something.
    if (coding.toLowerCase() !== "chunked" || headers.has("content-length")) {
      throw bad("its transfer coding is not chunked alone");
    }
    return unchunk(rest, size);
  }
  const length = headers.get("content-length");
  if (length !== undefined) {
    if (!/^\d{1,15}$/.test(length)) throw bad("its length is no number");
    if (Number(length) > size) throw bad(`its body is longer than ${size} bytes`);
    return rest.length < Number(length) ? undefined : rest.slice(0, Number(length));
  }
  if (rest.length > size) throw bad(`its body is longer than ${size} bytes`);
  return ended ? rest.slice() : undefined;
}

/** RFC 9112, 7.1; trailers are left alone. */
function unchunk(data: Uint8Array<ArrayBuffer>, size: number): Uint8Array<ArrayBuffer> | undefined {
  const chunks: Uint8Array[] = [];
  let filled = 0;
  for (let at = 0;;) {
    const end = lineEnd(data, at);
    if (end === undefined) {
      if (data.length - at > 1024) throw bad("a chunk has no length");
      return undefined;
    }
    const line = new TextDecoder("latin1").decode(data.subarray(at, end));
    const digits = /^([0-9a-fA-F]{1,8})[ \t]*(?:;.*)?$/.exec(line)?.[1];
    if (digits === undefined) throw bad("a chunk has no length");
    const length = parseInt(digits, 16);
    at = end + 2;
    if (length === 0) return concat(chunks);
    filled += length;
    if (filled > size) throw bad(`its body is longer than ${size} bytes`);
    if (data.length < at + length + 2) return undefined;
    chunks.push(data.subarray(at, at + length));
    at += length;
    if (data[at] !== 13 || data[at + 1] !== 10) throw bad("a chunk is longer than it says");
    at += 2;
  }
}

function headEnd(data: Uint8Array): number | undefined {
  for (let at = 0; at + 3 < data.length; at++) {
    if (data[at] === 13 && data[at + 1] === 10 && data[at + 2] === 13 && data[at + 3] === 10) {
      return at + 4;
    }
  }
  return undefined;
}

function lineEnd(data: Uint8Array, from: number): number | undefined {
  for (let at = from; at + 1 < data.length; at++) {
    if (data[at] === 13 && data[at + 1] === 10) return at;
  }
  return undefined;
}

function bad(state: string): PlainHttpError {
  return new PlainHttpError("bad-answer", `Cannot read the answer: ${state}`);
}
