/** The fast engine: Deno's `fetch`, one connection pool per proxy. */
import type { Route } from "./failures.ts";
import { fetchFailure, isBlockedPort } from "./fetch_failure.ts";
import { requestHeaders } from "./headers.ts";
import type { Proxy } from "./proxy.ts";
import type { HttpRequest, HttpResponse, TlsSettings } from "./types.ts";

/** Variables from which Deno makes every client's proxies, by rules that are not libcurl's. */
const PROXY_VARIABLES = ["http_proxy", "https_proxy", "all_proxy", "no_proxy"]
  .flatMap((name) => [name, name.toUpperCase()]);

/** Runs `make` while the process's environment names no proxy. */
function withoutProxyVariables<T>(make: () => T): T {
  const kept = PROXY_VARIABLES.map((name) => [name, Deno.env.get(name)] as const);
  for (const [name, value] of kept) if (value !== undefined) Deno.env.delete(name);
  try {
    return make();
  } finally {
    for (const [name, value] of kept) if (value !== undefined) Deno.env.set(name, value);
  }
}

/** Requests over `fetch`. */
export class FetchEngine {
  readonly #userAgent: string;
  readonly #clients = new Map<string, Deno.HttpClient>();
  /** Whether Deno's own client would go straight, too. */
  readonly #plain = PROXY_VARIABLES.every((name) => Deno.env.get(name) === undefined);

  constructor(userAgent: string) {
    this.#userAgent = userAgent;
  }

  /**
   * Sends one request.
   *
   * @param route the URL and its proxy
   * @param tls authorities and client certificate; undefined where no TLS is spoken
   * @throws {TransferFailure}, or what `isBlockedPort()` tells
   */
  async send(
    route: Route,
    tls: TlsSettings | undefined,
    request: HttpRequest,
  ): Promise<HttpResponse> {
    const started = performance.now();
    try {
      const response = await fetch(route.url, {
        method: request.method ?? "GET",
        headers: requestHeaders(request.headers, this.#userAgent),
        signal: request.signal,
        redirect: "manual",
        client: this.#client(route.proxy, tls),
      } as RequestInit);
      request.onConnect?.();
      return new FetchResponse(route, response);
    } catch (error) {
      if (request.signal.aborted) throw request.signal.reason;
      if (isBlockedPort(error)) throw error;
      throw fetchFailure(error, { ...route, elapsed: performance.now() - started });
    }
  }

  #client(proxy: Proxy | undefined, tls: TlsSettings | undefined): Deno.HttpClient | undefined {
    if (proxy === undefined && tls === undefined && this.#plain) return undefined;
    const key = `${tls ? "tls" : ""} ${proxy ? JSON.stringify(proxy) : ""}`;
    let client = this.#clients.get(key);
    if (!client) {
      client = withoutProxyVariables(() => createClient(proxy, tls));
      this.#clients.set(key, client);
    }
    return client;
  }

  /** Closes idle connections. */
  close(): void {
    for (const client of this.#clients.values()) client.close();
    this.#clients.clear();
  }
}

function createClient(proxy: Proxy | undefined, tls: TlsSettings | undefined): Deno.HttpClient {
  return Deno.createHttpClient({
    http2: false,
    ...(proxy && {
      proxy: {
        url: `${proxy.protocol}//${proxy.server}`,
        ...(proxy.credentials && { basicAuth: proxy.credentials }),
      },
    }),
    ...(tls && { caCerts: [...tls.ca] }),
    ...tls?.clientCertificate,
  } as Deno.CreateHttpClientOptions);
}

/** An answer of `fetch`, without copies of its parts. */
class FetchResponse implements HttpResponse {
  readonly url: URL;
  readonly proxy: string | undefined;
  readonly status: number;
  readonly #response: Response;

  constructor(route: Route, response: Response) {
    this.url = route.url;
    this.proxy = route.proxy?.server;
    this.status = response.status;
    this.#response = response;
  }

  get headers(): Headers {
    return this.#response.headers;
  }

  get body(): ReadableStream<Uint8Array> | null {
    return this.#response.body;
  }

  trailers(): undefined {
    return undefined;
  }

  async cancel(): Promise<void> {
    // A body that failed or was read has nothing left to give up.
    await this.#response.body?.cancel().catch(() => undefined);
  }
}
