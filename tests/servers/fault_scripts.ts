/** Ready-made scripts for the fault server, to be used alone or put together. */

import type { FaultRequest, Reply, Script } from "./fault.ts";
import { digestHeaders, type DigestName } from "./fault_digests.ts";
import { concat } from "./fault_wire.ts";

/** How an origin that serves one file behaves, and in what it lies. */
export interface ContentOptions {
  /** With its quotes, such as `"v1"` or `W/"v1"`; default none. */
  readonly etag?: string;
  /** An HTTP-date; default none. */
  readonly lastModified?: string;
  /** Whether `Accept-Ranges: bytes` is sent; default true. */
  readonly acceptRanges?: boolean;
  /**
   * What a range request gets; default `right`. `ignored`: 200 and everything. `wrongStart`: the
   * bytes and the `Content-Range` of one byte later. `wrongTotal`: a total one too large.
   * `wrongEtag`: 206 with another `ETag`. `wrongBytes`: right headers over other bytes.
   * `unsatisfiable`: 416 with the length alone. `failed`: 412.
   */
  readonly ranges?:
    | "right"
    | "ignored"
    | "wrongStart"
    | "wrongTotal"
    | "wrongEtag"
    | "wrongBytes"
    | "unsatisfiable"
    | "failed";
  /** Whether `If-Range` is compared, as it must be; default true. */
  readonly ifRange?: boolean;
  /** The n-th request is cut after `cuts[n - 1]` bytes of its body; an end of the list or undefined
   * means no cut. */
  readonly cuts?: readonly (number | undefined)[];
  /** How a cut ends; default `fin`. */
  readonly end?: "fin" | "reset";
  /** Digest headers to send. */
  readonly digests?: readonly DigestName[];
  /** Make the digests those of other bytes; default false. */
  readonly wrongDigests?: boolean;
  /** Anything else for each answer. */
  readonly reply?: Reply;
}

/**
 * An origin that serves one file, with ranges (RFC 9110, section 14).
 *
 * @example
 * const script = content(bytes, { etag: '"v1"', cuts: [500], end: "reset" });
 */
export function content(bytes: Uint8Array, options: ContentOptions = {}): Script {
  return (request, n) => {
    const { etag, lastModified, reply } = options;
    const range = rangeOf(request, bytes.length, options);
    const served = serve(bytes, range, options);
    const sent = (served.body ?? bytes) as Uint8Array;
    const digested = options.wrongDigests
      ? { whole: concat([bytes, new Uint8Array(1)]), part: concat([sent, new Uint8Array(1)]) }
      : { whole: bytes, part: sent };
    const cut = options.cuts?.[n - 1];
    return {
      ...served,
      ...(cut === undefined ? {} : { cutAfter: cut, end: options.end ?? "fin" }),
      ...reply,
      headers: {
        ...(options.acceptRanges === false ? {} : { "Accept-Ranges": "bytes" }),
        ...(etag === undefined ? {} : { ETag: etag }),
        ...(lastModified === undefined ? {} : { "Last-Modified": lastModified }),
        ...digestHeaders(options.digests ?? [], digested),
        ...served.headers,
        ...reply?.headers,
      },
    };
  };
}

interface ByteRange {
  readonly first: number;
  /** Inclusive. */
  readonly last: number;
}

function rangeOf(
  request: FaultRequest,
  total: number,
  options: ContentOptions,
): ByteRange | undefined {
  const asked = /^bytes=(\d+)-(\d*)$/.exec(request.header("range") ?? "");
  const condition = request.header("if-range");
  if (!asked || options.ranges === "ignored") return undefined;
  if (condition !== undefined && options.ifRange !== false) {
    // Only a strong validator matches (RFC 9110, section 13.1.5).
    const strong = options.etag?.startsWith("W/") ? undefined : options.etag;
    if (condition !== strong && condition !== options.lastModified) return undefined;
  }
  const last = asked[2] ? Math.min(Number(asked[2]), total - 1) : total - 1;
  return { first: Number(asked[1]), last };
}

function serve(bytes: Uint8Array, range: ByteRange | undefined, options: ContentOptions): Reply {
  if (range === undefined) return { status: 200, body: bytes };
  const { ranges } = options;
  const total = bytes.length;
  if (ranges === "failed") return { status: 412, body: new Uint8Array(0) };
  if (ranges === "unsatisfiable" || range.first >= total) {
    const headers = { "Content-Range": `bytes */${total}` };
    return { status: 416, headers, body: new Uint8Array(0) };
  }
  const first = range.first + (ranges === "wrongStart" ? 1 : 0);
  const part = bytes.slice(first, range.last + 1);
  const claimed = ranges === "wrongTotal" ? total + 1 : total;
  return {
    status: 206,
    headers: {
      "Content-Range": `bytes ${first}-${range.last}/${claimed}`,
      ...(ranges === "wrongEtag" ? { ETag: '"another"' } : {}),
    },
    body: ranges === "wrongBytes" ? part.map((byte) => byte ^ 0xff) : part,
  };
}

/**
 * The scripts one after the other, one request each; the last one for all further requests. Each
 * sees its own requests counted from 1.
 *
 * @example
 * const script = inTurn(busy(503, "1"), busy(429), content(bytes));
 */
export function inTurn(...scripts: readonly Script[]): Script {
  return (request, n) => {
    const turn = Math.min(n, scripts.length);
    return run(scripts[turn - 1] ?? {}, request, n - turn + 1);
  };
}

/**
 * The first script for the first `count` requests, then the other one.
 *
 * @example
 * const script = times(3, busy(503), content(bytes));
 */
export function times(count: number, first: Script, then: Script): Script {
  return (request, n) => n <= count ? run(first, request, n) : run(then, request, n - count);
}

function run(script: Script, request: FaultRequest, n: number): Reply | Promise<Reply> {
  return typeof script === "function" ? script(request, n) : script;
}

/** A refusal for now, such as 429 or 503; `retryAfter` is seconds or an HTTP-date. */
export function busy(status: number, retryAfter?: string): Reply {
  return {
    status,
    ...(retryAfter === undefined ? {} : { headers: { "Retry-After": retryAfter } }),
  };
}

/** A redirect with any status; without `location` the header is absent. */
export function redirect(status: number, location?: string): Reply {
  return { status, ...(location === undefined ? {} : { headers: { Location: location } }) };
}

/**
 * A chain of redirects: at the route `/hops/*`, the path `/hops/30` leads over 30 redirects to
 * `/hops/0`, which `final` answers.
 */
export function hops(final: Script, status = 302): Script {
  return (request, n) => {
    const left = Number(request.path.slice(request.path.lastIndexOf("/") + 1));
    const base = request.path.slice(0, request.path.lastIndexOf("/"));
    return left > 0 ? redirect(status, `${base}/${left - 1}`) : run(final, request, n);
  };
}

/** The connection ends without an answer. */
export function emptyReply(end: "fin" | "reset" = "fin"): Reply {
  return { raw: "", end };
}

/** No byte comes until `released` does; without it, as long as the server lives. */
export function silent(released: Promise<unknown> = new Promise(() => undefined)): Reply {
  return { silence: released };
}

/** Nothing of an upload's body is ever read, and nothing is answered. */
export function neverDrain(): Reply {
  return { receive: 0, silence: new Promise(() => undefined) };
}

/** An upload is refused with 413 while its body is still to come (RFC 9110, section 15.5.14). */
export function tooLargeEarly(): Reply {
  return { status: 413, receive: 0, sendContinue: false };
}

/** The connection is reset after about `bytes` bytes of an upload's body. */
export function cutUpload(bytes: number): Reply {
  return { receive: bytes, raw: "", end: "reset" };
}

/** A WebDAV store in memory. */
export interface DavStore {
  /** For a route such as `/dav/*`; the route's own collection exists from the start. */
  readonly script: Script;
  /** Bytes by path. */
  readonly files: Map<string, Uint8Array>;
  /** Collections by path, without a slash at the end. */
  readonly collections: Set<string>;
}

/**
 * A WebDAV store that takes GET, HEAD, PUT and MKCOL: 409 where the collection above is missing, 405
 * for a collection that exists (RFC 4918, section 9).
 *
 * @example
 * const store = davStore("/dav");
 * await using fault = await startFault({ "/dav/*": store.script });
 */
export function davStore(root: string): DavStore {
  const files = new Map<string, Uint8Array>();
  const collections = new Set([root]);
  const script: Script = async (request) => {
    const path = request.path.replace(/\/$/, "");
    const parent = path.slice(0, path.lastIndexOf("/"));
    if (request.method === "PUT" || request.method === "MKCOL") {
      const body = await request.readBody();
      if (request.method === "MKCOL" && collections.has(path)) return { status: 405 };
      if (!collections.has(parent)) return { status: 409 };
      if (request.method === "PUT") {
        files.set(path, body?.bytes ?? new Uint8Array(0));
        return { status: 201 };
      }
      collections.add(path);
      return { status: 201 };
    }
    const bytes = files.get(path);
    return bytes === undefined ? { status: 404 } : { body: bytes };
  };
  return { script, files, collections };
}
