/**
 * http, https, dav and davs: downloads.  Uploads are in `http_upload.ts`.
 *
 * A download is one GET, its redirects, and a body that ends in the part file. A broken one is
 * continued only where the server proves that it still has the same content (RFC 9110, section
 * 14.2 and 13.1.5); in doubt the file is begun anew.
 */
import { TransferFailure } from "../../errors.ts";
import { serverOf } from "../../http/address.ts";
import {
  bodyFailure,
  type HttpClient,
  type HttpResponse,
  shortBodyFailure,
} from "../../http/mod.ts";
import { parseDigestHeaders } from "../digest_headers.ts";
import type { Host } from "../host.ts";
import { localFailure } from "../local_failure.ts";
import { type ContentIdentity, writeFully } from "../part_file.ts";
import type { DownloadContext, Scheme } from "../scheme.ts";
import { requestUrl } from "../url.ts";
import { chunksOf, readWhole } from "./http_body.ts";
import { HttpClients } from "./http_clients.ts";
import { RequestHeaders } from "./http_headers.ts";
import { followRedirects } from "./http_redirects.ts";

/** Bodies up to this size are taken in one piece. */
const SMALL_BODY = 512 * 1024;

/** Bytes read and written at once for larger ones. */
const BUFFER = 1 << 20;

/** A beginning shorter than this is not worth continuing without a validator. */
const MIN_RESUME = 1 << 20;

/** Most characters of a server's word that go into the result ad. */
const LONGEST_WORD = 255;

/** Seconds for a probe, which begins up to 10 s after the connection it stands in for. */
const PROBE_LIMIT = 50;

/** libcurl's CURLE_PARTIAL_FILE. */
const PARTIAL_FILE = 18;

/** The scheme of http, https, dav and davs. */
export function httpScheme(host: Host): Scheme {
  const clients = new HttpClients(host);
  return {
    methods: ["http", "https", "dav", "davs"],
    async download(url, _path, ctx) {
      const client = clients.get(ctx);
      await clients.explain(() => new Download(client, host, ctx).run(url));
    },
    async upload(path, url, ctx) {
      const client = clients.get(ctx);
      const { uploadFile } = await import("./http_upload.ts");
      await clients.explain(() => uploadFile(path, url, { client, ctx, now: host.clock.now }));
    },
    close: () => clients.close(),
  };
}

/** One attempt to download. */
class Download {
  readonly #client: HttpClient;
  readonly #host: Host;
  readonly #ctx: DownloadContext;

  constructor(client: HttpClient, host: Host, ctx: DownloadContext) {
    this.#client = client;
    this.#host = host;
    this.#ctx = ctx;
  }

  async run(url: string): Promise<void> {
    const { part } = this.#ctx;
    const identity = part.identity?.url === url ? part.identity : undefined;
    const have = identity === undefined ? 0 : part.size();
    const resume = identity !== undefined && resumable(identity, have) ? identity : undefined;
    let response = await this.#request(url, resume, have);
    if (resume !== undefined && !continues(response, resume, have)) {
      if (response.status === 416 && completes(response, resume, have)) {
        await response.cancel();
        return;
      }
      if (response.status === 206 || response.status === 412 || response.status === 416) {
        await response.cancel();
        response = await this.#request(url, undefined, 0);
      }
    }
    const offset = resume !== undefined && response.status === 206 ? have : 0;
    if (response.status === 206 && offset === 0) {
      await response.cancel();
      throw incomplete("server sent a part of the file unasked", response);
    }
    this.#note(response);
    await this.#receive(url, response, offset);
  }

  /** The final answer to a GET of `url`, redirects followed. */
  async #request(
    url: string,
    resume: ContentIdentity | undefined,
    have: number,
  ): Promise<HttpResponse> {
    const ctx = this.#ctx;
    const headers = await RequestHeaders.of(url, ctx);
    if (resume !== undefined) {
      headers.add("range", `bytes=${have}-`);
      const validator = strong(resume.etag) ?? resume.lastModified;
      if (validator !== undefined) headers.add("if-range", validator);
    }
    if (ctx.options.transferStatus) {
      headers.add("te", "trailers");
      headers.add("x-transfer-status", "true");
    }
    const ask = (trailers: boolean) =>
      followRedirects(requestUrl(url), {
        ctx,
        headers,
        ...(resume === undefined ? {} : { accept: [412, 416] }),
        now: () => this.#host.clock.now(),
        ask: (target, request) => {
          const { signal } = ctx;
          ctx.whenSlow(() => this.#client.probeConnect(target, { signal, timeout: PROBE_LIMIT }));
          return trailers
            ? this.#client.exchange(target, request)
            : this.#client.fetch(target, request);
        },
      });
    const response = await ask(ctx.options.transferStatus);
    if (ctx.options.transferStatus || !response.headers.has("trailer")) return response;
    await response.cancel(); // what the trailers say must be heard
    return await ask(true);
  }

  #note({ status, headers }: HttpResponse): void {
    const hit = headers.get("x-cache")?.trim().split(/\s+/)[0];
    const cache = headers.get("via")?.trim().split(/\s+/)[1];
    this.#ctx.note({
      TransferHTTPStatusCode: status,
      ...(hit ? { HttpCacheHitOrMiss: hit.slice(0, LONGEST_WORD) } : {}),
      ...(cache ? { HttpCacheHost: cache.slice(0, LONGEST_WORD) } : {}),
    });
  }

  async #receive(url: string, response: HttpResponse, offset: number): Promise<void> {
    const { part } = this.#ctx;
    const { headers } = response;
    const length = contentLength(headers);
    for (const digest of parseDigestHeaders(headers)) this.#ctx.offer(digest);
    let received = 0;
    const moved = (bytes: number) => {
      received += bytes;
      this.#ctx.moved(bytes);
    };
    try {
      if (offset === 0 && length !== undefined && length <= SMALL_BODY) {
        const bytes = await readWhole(response.body, length, moved);
        if (bytes.length === length) this.#onDisk(0, () => part.write(bytes));
      } else {
        using file = this.#onDisk(0, () => part.open(offset));
        if (offset === 0) part.identity = identityOf(url, response, length);
        for await (const chunk of chunksOf(response.body, BUFFER)) {
          this.#onDisk(received, () => writeFully(file, chunk));
          moved(chunk.length);
        }
      }
    } catch (error) {
      throw bodyFailure(error, response, received);
    }
    const short = shortBodyFailure(response, received);
    if (short !== undefined) throw short;
    const due = offset > 0 ? rangeOf(headers)!.total - offset : received;
    if (received !== due) {
      part.identity = undefined; // a server that miscounts is not to be built upon
      throw incomplete(`server sent ${received} bytes for a range of ${due}`, response);
    }
    checkTransferStatus(response);
  }

  /** Does something to the part file; its errors must not pass for errors of the network. */
  #onDisk<T>(bytes: number, work: () => T): T {
    try {
      return work();
    } catch (error) {
      const { path } = this.#ctx.part;
      throw localFailure(error, { path, bytes, hostname: () => this.#host.hostname() });
    }
  }
}

/** Whether what is there is worth continuing. */
function resumable(identity: ContentIdentity, have: number): boolean {
  const { total } = identity;
  if (have === 0 || (total !== undefined && have > total)) return false;
  return hasValidator(identity) || (total !== undefined && have >= MIN_RESUME);
}

/** Whether a server can be asked to send the rest of this very content, and nothing else. */
function hasValidator({ etag, lastModified }: ContentIdentity): boolean {
  return strong(etag) !== undefined || lastModified !== undefined;
}

/** An entity tag, if it is a strong one. */
function strong(etag: string | undefined): string | undefined {
  return etag?.startsWith("W/") ? undefined : etag;
}

/** Whether a 206 carries the rest of the very content that the part file begins. */
function continues(response: HttpResponse, identity: ContentIdentity, have: number): boolean {
  if (response.status !== 206) return false;
  const range = rangeOf(response.headers);
  if (range === undefined || range.first !== have || range.last !== range.total - 1) return false;
  if (identity.total !== undefined && range.total !== identity.total) return false;
  return isSame(identity, response.headers) &&
    (hasValidator(identity) || identity.place === placeOf(response));
}

/** Where an answer came from, redirects followed; a signature in the query may change each time. */
function placeOf({ url }: HttpResponse): string {
  return url.origin + url.pathname;
}

/** A `Content-Range` that says where its bytes stand in the whole (RFC 9110, section 14.4). */
function rangeOf(headers: Headers): { first: number; last: number; total: number } | undefined {
  const text = headers.get("content-range")?.trim() ?? "";
  const range = /^bytes (\d{1,15})-(\d{1,15})\/(\d{1,15})$/.exec(text);
  if (range === null) return undefined;
  return { first: Number(range[1]), last: Number(range[2]), total: Number(range[3]) };
}

/** Whether no validator differs: there are servers that answer ranges without heeding If-Range. */
function isSame({ etag, lastModified }: ContentIdentity, headers: Headers): boolean {
  const differs = (before: string | undefined, now: string | null) =>
    before !== undefined && now !== null && now !== before;
  return !differs(etag, headers.get("etag")) &&
    !differs(lastModified, headers.get("last-modified"));
}

/** Whether a 416 says that nothing is missing. */
function completes({ headers }: HttpResponse, identity: ContentIdentity, have: number): boolean {
  return headers.get("content-range")?.trim() === `bytes */${have}` &&
    (identity.total === undefined || identity.total === have) && isSame(identity, headers);
}

/** What marks the content of a 200, so that it can be continued. */
function identityOf(
  url: string,
  response: HttpResponse,
  total: number | undefined,
): ContentIdentity {
  const etag = response.headers.get("etag");
  const lastModified = response.headers.get("last-modified");
  return {
    url,
    place: placeOf(response),
    ...(total !== undefined ? { total } : {}),
    ...(etag !== null ? { etag } : {}),
    ...(lastModified !== null ? { lastModified } : {}),
  };
}

function contentLength(headers: Headers): number | undefined {
  const text = headers.get("content-length");
  return text !== null && /^\d{1,15}$/.test(text) ? Number(text) : undefined;
}

/** XRootD ends a body that broke off with a trailer that says so. */
function checkTransferStatus(response: HttpResponse): void {
  const status = response.trailers()?.get("x-transfer-status")?.trim();
  if (status === undefined || /^200\b/.test(status)) return;
  throw incomplete(`server ended the transfer with status ${status.slice(0, 200)}`, response);
}

function incomplete(message: string, response: HttpResponse): TransferFailure {
  return new TransferFailure("Transfer", message, {
    failureType: "Incomplete",
    errorCode: PARTIAL_FILE,
    retryable: 0,
    server: serverOf(response.url),
  });
}
