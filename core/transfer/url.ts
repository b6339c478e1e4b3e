/**
 * URLs as HTCondor writes them: `[credential+]method://rest`.
 *
 * Failures carry libcurl's words and number (3, a malformed URL), which holds and users know.
 */
import { TransferFailure } from "../errors.ts";
import { percentDecode } from "../http/percent.ts";

/** A URL taken apart; see `parseTransferUrl()`. */
export interface TransferUrl {
  /** The URL as given. */
  readonly text: string;
  /** Everything before `://`, as written: `chtc.ro+https`. */
  readonly scheme: string;
  /** The part of the scheme after the last `+`, `-` or `.`, in lower case: `https`. */
  readonly method: string;
  /** The part of the scheme before the last `+`: `chtc.ro`. */
  readonly credential: string | undefined;
  /** Everything after `://`. */
  readonly rest: string;
}

/** Name and password of a URL. */
export interface UserInfo {
  readonly user: string;
  readonly password: string;
}

/** Longest URL taken, in UTF-16 units: libcurl's own limit, and room enough for `data`. */
const URL_MAX = 8_000_000;

/** An HTCondor URL: a scheme that starts with a letter, `://`, and something after it. */
const URL_FORM = /^([A-Za-z][A-Za-z0-9+.-]*):\/\/([^]+)$/;

/** Default ports of the methods that have a server. */
const PORTS: Readonly<Record<string, number>> = {
  http: 80,
  https: 443,
  dav: 80,
  davs: 443,
  ftp: 21,
};

/** Whether URLs of this method name a server by host and port. */
export function hasServer(method: string): boolean {
  return PORTS[method] !== undefined;
}

/** Failure for a URL that cannot be used, in libcurl's words. */
export function urlRejected(reason: string): TransferFailure {
  return new TransferFailure("Parameter", `URL rejected: ${reason}`, {
    errorCode: 3,
    retryable: -1,
  });
}

/**
 * Takes a URL apart (HTCondor manual, "File Transfer Using a URL").
 *
 * @param text the URL as the job gave it; `data` URLs may hold blanks, others must not
 * @throws {TransferFailure} Parameter, when it is not a URL
 */
export function parseTransferUrl(text: string): TransferUrl {
  if (text === "" || text.length > URL_MAX) throw urlRejected("Malformed input to a URL function");
  const match = URL_FORM.exec(text);
  if (!match) {
    const scheme = /^[A-Za-z][A-Za-z0-9+.-]*:\/\/$/.test(text);
    throw urlRejected(scheme ? "No host part in the URL" : "Bad scheme");
  }
  const scheme = match[1]!;
  const rest = match[2]!;
  const method = methodOfScheme(scheme);
  if (method === "") throw urlRejected("Bad scheme");
  const plus = scheme.lastIndexOf("+");
  const url: TransferUrl = {
    text,
    scheme,
    method,
    credential: plus < 0 ? undefined : scheme.slice(0, plus),
    rest,
  };
  // deno-lint-ignore no-control-regex
  if (url.method !== "data" && /[\x00-\x20\x7f]/.test(rest)) {
    throw urlRejected("Malformed input to a URL function");
  }
  return url;
}

/** The method of a URL in lower case, or undefined when the text is no URL. */
export function methodOf(text: string): string | undefined {
  const scheme = URL_FORM.exec(text)?.[1];
  return scheme === undefined ? undefined : methodOfScheme(scheme) || undefined;
}

function methodOfScheme(scheme: string): string {
  return /[^+.-]*$/.exec(scheme)![0].toLowerCase();
}

/**
 * The server of a URL as `host:port`, without user information.
 *
 * @returns the host alone where neither the URL nor its method names a port; undefined where the
 *   method needs no server and the URL names none, as for `file` and `data`
 * @throws {TransferFailure} Parameter, when the method needs a server and none can be read
 */
export function serverOf(url: string | TransferUrl): string | undefined {
  const parsed = typeof url === "string" ? parseTransferUrl(url) : url;
  if (parsed.method === "file" || parsed.method === "data") return undefined;
  try {
    const { host, port } = authorityOf(parsed);
    return port === undefined ? host : `${host}:${port}`;
  } catch (error) {
    if (parsed.method in PORTS) throw error;
    return undefined;
  }
}

/**
 * Host and port of a URL; an IPv6 host keeps its brackets.
 *
 * @throws {TransferFailure} Parameter
 */
export function authorityOf(
  url: string | TransferUrl,
): { host: string; port: number | undefined } {
  const { method, rest } = typeof url === "string" ? parseTransferUrl(url) : url;
  const authority = /^[^/?#]*/.exec(rest)![0];
  const place = authority.slice(authority.lastIndexOf("@") + 1);
  const match = /^(\[[^\]]*\]|[^:[\]]*)(?::([^:]*))?$/.exec(place);
  if (!match) throw urlRejected(place.startsWith("[") ? "Bad IPv6 address" : "Bad hostname");
  const host = match[1]!;
  if (host === "") throw urlRejected("No host part in the URL");
  if (host.startsWith("[") && !/^\[[0-9a-f:.]*:[0-9a-f:.]*(?:%[^\]]+)?\]$/i.test(host)) {
    throw urlRejected("Bad IPv6 address");
  }
  if (/[<>"\\^`{|}]/.test(host)) throw urlRejected("Bad hostname");
  const written = match[2];
  if (written === undefined || written === "") return { host, port: PORTS[method] };
  const port = /^[0-9]{1,5}$/.test(written) ? Number(written) : -1;
  if (port < 0 || port > 65535) {
    throw urlRejected("Port number was not a decimal number between 0 and 65535");
  }
  return { host, port };
}

/** Name and password that a URL carries, percent-decoded; undefined when it has none. */
export function userInfoOf(url: string | TransferUrl): UserInfo | undefined {
  const { rest } = typeof url === "string" ? parseTransferUrl(url) : url;
  const authority = /^[^/?#]*/.exec(rest)![0];
  const at = authority.lastIndexOf("@");
  if (at < 0) return undefined;
  const info = authority.slice(0, at);
  const colon = info.indexOf(":");
  return {
    user: decodeText(colon < 0 ? info : info.slice(0, colon), "Bad user"),
    password: colon < 0 ? "" : decodeText(info.slice(colon + 1), "Bad password"),
  };
}

/**
 * The URL to send: without the credential's name, `dav` as `http` and `davs` as `https`, all that
 * follows the scheme byte for byte as given.
 *
 * @throws {TransferFailure} Parameter, when the URL cannot be used
 */
export function requestUrl(text: string): string {
  const url = parseTransferUrl(text);
  const method = url.method === "dav" ? "http" : url.method === "davs" ? "https" : url.method;
  serverOf(url);
  return `${method}://${url.rest}`;
}

/**
 * Percent-decodes to text.
 *
 * @param reason what to complain of when the bytes are not UTF-8 or hold a NUL
 * @throws {TransferFailure} Parameter
 */
export function decodeText(text: string, reason: string): string {
  try {
    const decoded = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true })
      .decode(percentDecode(text));
    if (!decoded.includes("\0")) return decoded;
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
  }
  throw urlRejected(reason);
}
