/** The HTTP client of all roles: two engines, one set of rules for proxies, trust and failures. */
import { TransferFailure } from "../errors.ts";
import type { ExchangeEngine } from "./exchange_engine.ts";
import { replyFailure, type Route } from "./failures.ts";
import { FetchEngine } from "./fetch_engine.ts";
import { isBlockedPort } from "./fetch_failure.ts";
import { proxyFor } from "./proxy.ts";
import { trustedRoots } from "./authorities.ts";
import type { HttpRequest, HttpResponse, HttpSettings, TlsSettings } from "./types.ts";

/** No TLS, hence no trust. */
const NO_TLS: TlsSettings = { ca: [], clientCertificate: undefined };

/**
 * Sends requests and keeps connections for the next one.
 *
 * Redirects are not followed, nothing is tried again, no status is a failure: the caller decides.
 * User information in a URL is not sent.
 *
 * ```ts
 * import { HttpClient } from "./client.ts";
 * const client = new HttpClient({ env: Deno.env.get, userAgent: "pinion/0.1" });
 * const { signal } = new AbortController();
 * const answer = await client.fetch(new URL("https://h.example/x"), { signal });
 * await answer.cancel();
 * client.close();
 * ```
 */
export class HttpClient {
  readonly #settings: HttpSettings;
  readonly #env: (name: string) => string | undefined;
  readonly #fetch: FetchEngine;
  #exchange: Promise<ExchangeEngine> | undefined;
  #tls: Promise<TlsSettings> | undefined;
  #notes: readonly string[] = [];

  constructor(settings: HttpSettings) {
    this.#settings = settings;
    this.#env = (name) =>
      name === "http_proxy" && settings.ignoreHttpProxy ? undefined : settings.env(name);
    this.#fetch = new FetchEngine(settings.userAgent);
  }

  /** Certificate files that were skipped, one line each, once https was spoken. */
  get notes(): readonly string[] {
    return this.#notes;
  }

  /**
   * Sends a request over the fast engine: for downloads.
   *
   * @throws {TransferFailure} when no answer came; else the reason of an aborted signal
   */
  async fetch(url: URL, request: HttpRequest): Promise<HttpResponse> {
    const route = this.#route(url);
    if (request.body || request.target !== undefined || leaksCredentials(route)) {
      return await this.exchange(url, request);
    }
    try {
      const response = await this.#fetch.send(
        route,
        speaksTls(route) ? await this.#trust() : undefined,
        request,
      );
      if (response.status >= 200) return response;
      await response.cancel();
      throw replyFailure(route, `unexpected status ${response.status}`);
    } catch (error) {
      if (isBlockedPort(error)) return await this.exchange(url, request);
      throw await sharpen(error, () => this.#dial(route, { signal: request.signal }));
    }
  }

  /**
   * Sends a request over the exact engine: for uploads, trailers, and exact failures.
   *
   * @throws {TransferFailure} when no answer came; else the reason of an aborted signal, or what
   *   reading the request's body threw
   */
  async exchange(url: URL, request: HttpRequest): Promise<HttpResponse> {
    const route = this.#route(url);
    this.#exchange ??= import("./exchange_engine.ts").then(({ ExchangeEngine }) =>
      new ExchangeEngine({
        userAgent: this.#settings.userAgent,
        connectTimeout: this.#connectTimeout(),
        connections: this.#settings.connections ?? Infinity,
      })
    );
    const engine = await this.#exchange;
    const tls = speaksTls(route) ? await this.#trust() : NO_TLS;
    try {
      return await engine.send(route, tls, request);
    } catch (error) {
      const { signal } = request;
      throw await sharpen(error, () => this.#fetch.send(route, tls, { method: "HEAD", signal }));
    }
  }

  /**
   * Only connects, TCP and TLS, and hangs up: tells a slow server from one that is not there.
   *
   * @param options `timeout` in seconds, the client's connect timeout unless given
   * @throws {TransferFailure} Resolution, Contact, Authorization, or the proxy's refusal
   */
  async probeConnect(
    url: URL,
    options: { signal?: AbortSignal; timeout?: number } = {},
  ): Promise<void> {
    await this.#dial(this.#route(url), options);
  }

  /** Closes all kept connections. */
  close(): void {
    this.#fetch.close();
    this.#exchange?.then((engine) => engine.close());
    this.#exchange = undefined;
  }

  #connectTimeout(): number {
    return (this.#settings.connectTimeout ?? 60) * 1000;
  }

  #route(url: URL): Route {
    const plain = url.username === "" && url.password === "" ? url : withoutUser(url);
    return { url: plain, proxy: proxyFor(plain, this.#env) };
  }

  async #dial(
    route: Route,
    { signal, timeout }: { signal?: AbortSignal; timeout?: number },
  ): Promise<void> {
    const { dial } = await import("./dial.ts");
    const socket = await dial(route, {
      tls: speaksTls(route) ? await this.#trust() : NO_TLS,
      timeout: timeout === undefined ? this.#connectTimeout() : timeout * 1000,
      signal,
    });
    socket.destroy();
  }

  /** What TLS trusts; read when TLS is first spoken, because most runs never do. */
  #trust(): Promise<TlsSettings> {
    return this.#tls ??= trustedRoots(this.#env).then((roots) => {
      this.#notes = roots.notes;
      return { ca: roots.certificates, clientCertificate: this.#settings.clientCertificate };
    });
  }
}

function speaksTls({ url, proxy }: Route): boolean {
  return url.protocol === "https:" || proxy?.protocol === "https:";
}

/** Whether Deno's `fetch` would show the proxy's password to the server, inside the tunnel. */
function leaksCredentials({ url, proxy }: Route): boolean {
  return url.protocol === "https:" && proxy?.credentials !== undefined;
}

function withoutUser(url: URL): URL {
  const plain = new URL(url);
  plain.username = plain.password = "";
  return plain;
}

/**
 * The failure in the words of the engine that has the clearer ones: each engine leaves some causes
 * untold (a self-signed certificate, one that expired, a proxy's status), so only the connection is
 * made again with the other.
 */
async function sharpen(error: unknown, again: () => Promise<unknown>): Promise<unknown> {
  if (!isVague(error)) return error;
  try {
    await again();
    return error;
  } catch (other) {
    const clearer = other instanceof TransferFailure && !isVague(other) &&
      ["Authorization", "Transfer", "Specification"].includes(other.kind);
    return clearer ? other : error;
  }
}

function isVague(error: unknown): boolean {
  return error instanceof TransferFailure &&
    /\(20\)$|^Proxy CONNECT aborted$/.test(error.message);
}
