/** The exact engine: `node:http`, for uploads, trailers and exact error codes. */
import { Agent as HttpAgent } from "node:http";
import { Agent as HttpsAgent } from "node:https";
import type { Socket } from "node:net";
import { dial } from "./dial.ts";
import { Exchange } from "./exchange.ts";
import type { Route } from "./failures.ts";
import { requestHeaders } from "./headers.ts";
import type { HttpRequest, HttpResponse, TlsSettings } from "./types.ts";

/** What an exchange adds to the options of its request, for the connection made for it. */
interface DialedOptions {
  readonly dialSignal?: AbortSignal;
}

type Dialed = (error: Error | null, socket?: Socket) => void;

/** Requests over `node:http` and `node:https`, one connection pool per server and proxy. */
export class ExchangeEngine {
  readonly #userAgent: string;
  readonly #timeout: number;
  readonly #connections: number;
  readonly #agents = new Map<string, HttpAgent>();

  /** @param settings `connectTimeout` in milliseconds, `connections` at most to one server */
  constructor(settings: { userAgent: string; connectTimeout: number; connections: number }) {
    this.#userAgent = settings.userAgent;
    this.#timeout = settings.connectTimeout;
    this.#connections = settings.connections;
  }

  /**
   * Sends one request; once more when a kept connection turns out to have been closed meanwhile.
   *
   * @throws {TransferFailure}, or what the body threw when it was read
   */
  async send(route: Route, tls: TlsSettings, request: HttpRequest): Promise<HttpResponse> {
    const fields = requestHeaders(request.headers, this.#userAgent);
    for (let attempt = 1;; attempt++) {
      request.signal.throwIfAborted();
      const agent = this.#agent(route, tls);
      const exchange = new Exchange(route, { request, fields, agent });
      try {
        return await exchange.response;
      } catch (error) {
        // More than one kept connection may be dead; a new one is made when none is left.
        if (!exchange.wasStale || attempt > 10) throw error;
      }
    }
  }

  #agent(route: Route, tls: TlsSettings): HttpAgent {
    const { url, proxy } = route;
    const key = `${url.protocol}//${url.host} ${proxy ? JSON.stringify(proxy) : ""}`;
    let agent = this.#agents.get(key);
    if (!agent) {
      const Pool = url.protocol === "https:" ? HttpsAgent : HttpAgent;
      agent = new Pool({ keepAlive: true, maxSockets: this.#connections });
      const timeout = this.#timeout;
      // The agent also takes a connection that is handed over later; its types do not say so.
      agent.createConnection = ((options: DialedOptions, done: Dialed) => {
        dial(route, { tls, timeout, signal: options.dialSignal }).then(
          (socket) => done(null, socket),
          (error) => done(error),
        );
      }) as unknown as HttpAgent["createConnection"];
      this.#agents.set(key, agent);
    }
    return agent;
  }

  /** Closes all connections. */
  close(): void {
    for (const agent of this.#agents.values()) agent.destroy();
    this.#agents.clear();
  }
}
