/** Which proxy a URL goes through, by libcurl's reading of the environment. */
import { TransferFailure } from "../errors.ts";
import { bypassesProxy } from "./no_proxy.ts";

type Environment = (name: string) => string | undefined;

/** A proxy to go through. */
export interface Proxy {
  readonly protocol: "http:" | "https:";
  /** Name or address, IPv6 in brackets. */
  readonly hostname: string;
  readonly port: number;
  /** `host:port`, for result ads and messages. */
  readonly server: string;
  readonly credentials: { readonly username: string; readonly password: string } | undefined;
}

/** Names that set a proxy for one scheme, in the order they are tried. */
function proxyNames(protocol: string): string[] {
  const scheme = protocol.slice(0, -1);
  // A CGI program's client could set HTTP_PROXY with a "Proxy" header: lower case only.
  const own = scheme === "http"
    ? ["http_proxy"]
    : [`${scheme}_proxy`, `${scheme}_proxy`.toUpperCase()];
  return [...own, "all_proxy", "ALL_PROXY"];
}

/** The first of the variables that is set and not empty. */
function firstSet(env: Environment, names: readonly string[]): string | undefined {
  for (const name of names) {
    const value = env(name);
    if (value) return value;
  }
  return undefined;
}

/**
 * The proxy for a URL (http, https, ftp), or undefined to go straight.
 *
 * @param env the environment: `<scheme>_proxy`, `all_proxy`, `no_proxy`
 * @throws {TransferFailure} Parameter, when the proxy's own URL is of no use
 */
export function proxyFor(url: URL, env: Environment): Proxy | undefined {
  const text = firstSet(env, proxyNames(url.protocol));
  if (text === undefined) return undefined;
  const noProxy = firstSet(env, ["no_proxy", "NO_PROXY"]);
  if (noProxy !== undefined && bypassesProxy(url.hostname, noProxy)) return undefined;
  return parseProxy(text);
}

/** Reads `[scheme://][user[:password]@]host[:port][/…]`; the port is 1080 unless given, as in libcurl. */
function parseProxy(text: string): Proxy {
  const scheme = /^([a-z][a-z0-9+.-]*):\/\//i.exec(text);
  const protocol = `${scheme?.[1]?.toLowerCase() ?? "http"}:`;
  if (protocol !== "http:" && protocol !== "https:") {
    throw unusable(`Unsupported proxy scheme for '${hideUser(text)}'`);
  }
  const rest = text.slice(scheme?.[0].length ?? 0).replace(/[/?#].*$/s, "");
  const port = /:(\d{1,5})$/.exec(rest.slice(rest.lastIndexOf("@") + 1).replace(/^\[[^\]]*\]/, ""));
  let url: URL;
  try {
    url = new URL(`${protocol}//${rest}`);
  } catch {
    throw unusable(`Unsupported proxy syntax in '${hideUser(text)}'`);
  }
  const number = port ? Number(port[1]) : protocol === "https:" ? 443 : 1080;
  return {
    protocol,
    hostname: url.hostname,
    port: number,
    server: `${url.hostname}:${number}`,
    credentials: url.username === "" && url.password === "" ? undefined : {
      username: decode(url.username),
      password: decode(url.password),
    },
  };
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

function unusable(message: string): TransferFailure {
  return new TransferFailure("Parameter", message, { errorCode: 5, retryable: -1 });
}

/** A proxy setting without user information, on one line of bounded length. */
function hideUser(text: string): string {
  const [, scheme = "", rest = ""] = /^([a-z][a-z0-9+.-]*:\/\/)?(.*)$/is.exec(text) ?? [];
  const shown = scheme + rest.slice(rest.lastIndexOf("@") + 1);
  // deno-lint-ignore no-control-regex
  return shown.replace(/[\x00-\x1f\x7f']+/g, " ").slice(0, 200);
}

/**
 * What a failure's text says of the proxies in the environment, without their passwords:
 * ` (with environment: http_proxy='…', https_proxy='…')`, or nothing.
 */
export function proxyTail(env: Environment): string {
  const http = firstSet(env, ["http_proxy"]);
  const https = firstSet(env, ["https_proxy", "HTTPS_PROXY"]);
  const parts = [
    ...(http === undefined ? [] : [`http_proxy='${hideUser(http)}'`]),
    ...(https === undefined ? [] : [`https_proxy='${hideUser(https)}'`]),
  ];
  return parts.length === 0 ? "" : ` (with environment: ${parts.join(", ")})`;
}
