/**
 * Redirects (RFC 9110, section 15.4), and what must not follow them.
 */
import { TransferFailure } from "../../errors.ts";
import { serverOf } from "../../http/address.ts";
import { type HttpResponse, statusFailure } from "../../http/mod.ts";
import { sendable } from "../../http/percent.ts";
import type { TransferContext } from "../scheme.ts";
import { urlRejected } from "../url.ts";
import type { RequestHeaders } from "./http_headers.ts";

/** libcurl's CURLE_TOO_MANY_REDIRECTS, CURLE_REMOTE_FILE_NOT_FOUND, CURLE_UNSUPPORTED_PROTOCOL. */
const TOO_MANY_REDIRECTS = 47;
const NOT_FOUND = 78;
const UNSUPPORTED_PROTOCOL = 1;

/** One step of a request. */
export interface Step {
  /** Path and query byte for byte, where a `URL` writes them in another way. */
  readonly target?: string;
  readonly headers: [string, string][];
  readonly signal: AbortSignal;
  onConnect(): void;
}

/** How a request is made. */
export interface RedirectOptions {
  readonly ctx: TransferContext;
  readonly headers: RequestHeaders;
  /** Unix time in milliseconds. */
  now(): number;
  /** Makes one request; `method` is set when a redirect changed it to GET. */
  ask(target: URL, request: Step, method?: "GET"): Promise<HttpResponse>;
  /** Statuses of 400 and more that are the caller's to judge. */
  readonly accept?: readonly number[];
}

/**
 * Makes a request and follows its redirects. Fields meant for the URL's own server go to no other
 * origin, and no more to their own once another server chose where to go on; https does not turn
 * into http unless the job says so.
 *
 * @param url the URL to ask first
 * @returns an answer that is neither a redirect nor, but for `accept`, an error; its body unread
 * @throws {TransferFailure} for an error status, and for a redirect that leads nowhere
 */
export async function followRedirects(
  url: string,
  options: RedirectOptions,
): Promise<HttpResponse> {
  const { ctx, headers } = options;
  const first = parse(url);
  let target = first;
  let written = url;
  let own = true;
  let method: "GET" | undefined;
  ctx.note({ TransferHostName: first.host });
  for (let hops = 0;; hops++) {
    own &&= target === first || target.origin === first.origin;
    const raw = rawTarget(written, target);
    const fields = headers.list(own);
    if (ctx.trace) traceHead(ctx.trace, `> ${target.href}`, fields);
    const response = await options.ask(target, {
      ...(raw === undefined ? {} : { target: raw }),
      headers: fields,
      signal: ctx.signal,
      onConnect: () => ctx.connected(),
    }, method);
    ctx.connected();
    const { status } = response;
    if (ctx.trace) traceHead(ctx.trace, `< ${status}`, [...response.headers]);
    // A conditional request may be answered 412 or 416, which the caller knows what to do with.
    if (status < 300 || options.accept?.includes(status)) return response;
    ctx.note({ TransferHTTPStatusCode: status });
    await response.cancel();
    if (status >= 400) {
      throw statusFailure(status, {
        server: serverOf(target),
        proxy: response.proxy,
        headers: response.headers,
        credential: headers.credential && own ? "sent" : "none",
        now: options.now,
      });
    }
    if (hops >= ctx.options.maxRedirects) {
      const text = `Maximum (${ctx.options.maxRedirects}) redirects followed`;
      throw specification(text, TOO_MANY_REDIRECTS, target);
    }
    target = next(response, target, ctx);
    written = response.headers.get("location")!;
    if (status === 303) method = "GET";
  }
}

/** Traces the head of a message; of fields that hold a credential, only that they are there. */
function traceHead(
  trace: (text: string) => void,
  start: string,
  fields: readonly [string, string][],
) {
  trace(start);
  for (const [name, value] of fields) {
    const secret = /auth|cookie|token|secret|key|credential|^location$/i.test(name);
    trace(`${start.charAt(0)} ${name}: ${secret ? "..." : value}`);
  }
}

function parse(url: string): URL {
  const parsed = URL.parse(url);
  if (parsed === null) throw urlRejected("Malformed input to a URL function");
  strip(parsed);
  return parsed;
}

function next(response: HttpResponse, from: URL, ctx: TransferContext): URL {
  const location = response.headers.get("location");
  if (location === null || location === "" || response.status === 304) {
    throw specification("The URL you requested could not be found.", NOT_FOUND, from);
  }
  const to = URL.parse(location, from);
  if (to === null) throw specification("Redirected to a malformed URL", NOT_FOUND, from);
  const scheme = to.protocol.slice(0, -1);
  if (scheme !== "http" && scheme !== "https") {
    throw specification(
      `Redirected to an unsupported protocol: "${scheme.slice(0, 20)}"`,
      UNSUPPORTED_PROTOCOL,
      from,
    );
  }
  if (from.protocol === "https:" && scheme === "http" && !ctx.options.allowHttpDowngrade) {
    const text = `Redirect from https to http://${to.host} refused (AllowHttpDowngrade is false)`;
    throw specification(text, UNSUPPORTED_PROTOCOL, from);
  }
  strip(to);
  return to;
}

/**
 * Path and query of an absolute URL as they were written, where `URL` changes them: it resolves `..`,
 * encodes quotes and takes `\` for `/`, and what is signed is signed to the byte. Undefined where it
 * changes nothing.
 */
function rawTarget(written: string, { pathname, search }: URL): string | undefined {
  const found = /^https?:\/\/[^/?#\\]*([^#]*)/i.exec(written)?.[1];
  if (found === undefined) return undefined;
  const target = found.startsWith("/") ? found : `/${found}`;
  const sent = sendable(target);
  return sent === pathname + search ? undefined : sent;
}

/** Takes away what is never sent. */
function strip(url: URL): void {
  if (url.username !== "") url.username = "";
  if (url.password !== "") url.password = "";
  if (url.hash !== "") url.hash = "";
}

function specification(message: string, errorCode: number, from: URL): TransferFailure {
  return new TransferFailure("Specification", message, {
    errorCode,
    retryable: -1,
    server: serverOf(from),
  });
}
