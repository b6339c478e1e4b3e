/** `host:port` texts of URLs, as they stand in result ads and messages. */

const DEFAULT_PORTS: Readonly<Record<string, number>> = { "http:": 80, "https:": 443, "ftp:": 21 };

/** The port a URL means, its scheme's own when none is written. */
export function portOf(url: URL): number {
  return url.port === "" ? DEFAULT_PORTS[url.protocol] ?? 0 : Number(url.port);
}

/** `host:port` of a URL, such as `h.example:443` or `[::1]:8080`. */
export function serverOf(url: URL): string {
  return `${url.hostname}:${portOf(url)}`;
}

/** A host without the brackets of an IPv6 literal, as resolvers and sockets want it. */
export function bareHost(hostname: string): string {
  return hostname.startsWith("[") ? hostname.slice(1, -1) : hostname;
}
