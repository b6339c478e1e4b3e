/**
 * Uploads by PUT: the length known, the body sent again where a redirect asks for it, and for dav
 * the missing collections made (RFC 4918, section 9.3).
 */
import { createHash } from "node:crypto";
import { TransferFailure } from "../../errors.ts";
import { serverOf } from "../../http/address.ts";
import {
  type HttpClient,
  type HttpResponse,
  type RequestBody,
  statusFailure,
} from "../../http/mod.ts";
import { localFailure } from "../local_failure.ts";
import type { UploadContext } from "../scheme.ts";
import { requestUrl } from "../url.ts";
import { RequestHeaders } from "./http_headers.ts";
import { followRedirects } from "./http_redirects.ts";

/** Bytes read from the file at once. */
const BUFFER = 256 * 1024;

/** Bodies of at least this size wait for the server's consent. */
const EXPECT_FROM = 1_000_000;

/** Deepest path whose missing collections are made. */
const MAX_COLLECTIONS = 100;

/** libcurl's CURLE_READ_ERROR and CURLE_PARTIAL_FILE. */
const READ_ERROR = 26;
const PARTIAL_FILE = 18;

/** What an upload works with. */
export interface UploadOptions {
  readonly client: HttpClient;
  readonly ctx: UploadContext;
  /** Unix time in milliseconds. */
  now(): number;
}

/**
 * Sends a file.
 *
 * @param path the local file
 * @param url the URL as the job gave it
 * @throws {TransferFailure}
 */
export async function uploadFile(path: string, url: string, options: UploadOptions): Promise<void> {
  const { ctx } = options;
  const headers = await RequestHeaders.of(url, ctx);
  if (ctx.options.verifyUpload) headers.add("repr-digest", await reprDigest(path, ctx.signal));
  // What servers answer to a PUT below a collection that is not there.
  const missing = ctx.method.startsWith("dav") ? [404, 409, 500] : [];
  const put = (accept: readonly number[]) =>
    request(path, requestUrl(url), { ...options, headers, accept });
  let response = await put(missing);
  if (missing.includes(response.status)) {
    await response.cancel();
    await makeCollections(new URL(requestUrl(url)), { ...options, headers });
    response = await put([]);
  }
  ctx.note({ TransferHTTPStatusCode: response.status });
  await response.cancel();
  if (ctx.options.verifyUpload) await checkSize(url, { ...options, headers });
}

type Request = UploadOptions & { readonly headers: RequestHeaders };

function request(
  path: string,
  url: string,
  { client, ctx, headers, now, accept }: Request & { readonly accept: readonly number[] },
): Promise<HttpResponse> {
  return followRedirects(url, {
    ctx,
    headers,
    now,
    accept,
    ask: (target, step, method) =>
      client.exchange(
        target,
        method === "GET" ? step : { ...step, method: "PUT", body: bodyOf(path, ctx) },
      ),
  });
}

/** The file as a body; it must be as long as it was. */
function bodyOf(path: string, ctx: UploadContext): RequestBody {
  return {
    size: ctx.size,
    expectContinue: ctx.size >= EXPECT_FROM,
    async *open() {
      let sent = 0;
      try {
        using file = await Deno.open(path);
        while (sent < ctx.size) {
          const buffer = new Uint8Array(Math.min(BUFFER, ctx.size - sent));
          const n = await file.read(buffer);
          if (n === null) break;
          yield buffer.subarray(0, n);
          sent += n;
          ctx.moved(n);
        }
        if (sent === ctx.size && (await file.stat()).size === ctx.size) return;
      } catch (error) {
        throw localFailure(error, { path, doing: "reading", bytes: sent });
      }
      throw new TransferFailure(
        "Parameter",
        `Local file ${path} changed its size while it was sent`,
        {
          errorCode: READ_ERROR,
          retryable: -1,
        },
      );
    },
  };
}

/** Makes the collections above a resource, from the top. */
async function makeCollections(resource: URL, { client, ctx, headers, now }: Request) {
  const segments = resource.pathname.split("/").slice(1, -1);
  if (segments.length > MAX_COLLECTIONS) return;
  let path = "";
  for (const segment of segments) {
    path += `/${segment}`;
    if (segment === "") continue;
    const collection = new URL(resource);
    collection.pathname = `${path}/`;
    const response = await client.exchange(collection, {
      method: "MKCOL",
      headers: headers.list(true),
      signal: ctx.signal,
    });
    await response.cancel();
    // 405 says that it exists, 401 or 403 that it is above the user's own: the PUT will tell.
    if (response.status >= 500) {
      throw statusFailure(response.status, {
        server: serverOf(response.url),
        proxy: response.proxy,
        headers: response.headers,
        credential: headers.credential ? "sent" : "none",
        now,
      });
    }
  }
}

async function checkSize(url: string, { client, ctx, headers, now }: Request): Promise<void> {
  const response = await followRedirects(requestUrl(url), {
    ctx,
    headers,
    now,
    ask: (target, step) => client.exchange(target, { ...step, method: "HEAD" }),
  });
  const length = response.headers.get("content-length");
  await response.cancel();
  if (length === null || Number(length) === ctx.size) return;
  const text = `size on the server is ${length} instead of ${ctx.size} bytes after the upload`;
  throw new TransferFailure("Transfer", text, {
    failureType: "Checksum",
    errorCode: PARTIAL_FILE,
    retryable: 0,
    server: serverOf(response.url),
  });
}

/** `Repr-Digest` of a file (RFC 9530). */
async function reprDigest(path: string, signal: AbortSignal): Promise<string> {
  const hash = createHash("sha256");
  try {
    using file = await Deno.open(path);
    const buffer = new Uint8Array(4 * BUFFER);
    for (let n; (n = await file.read(buffer)) !== null;) {
      signal.throwIfAborted();
      hash.update(buffer.subarray(0, n));
    }
  } catch (error) {
    throw localFailure(error, { path, doing: "reading" });
  }
  return `sha-256=:${hash.digest("base64")}:`;
}
