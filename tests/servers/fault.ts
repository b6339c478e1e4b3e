/**
 * An HTTP server that misbehaves on demand.
 *
 * It writes raw bytes on purpose: its job is to say what no real server says. What it answers is
 * scripted per path and per request; everything it was asked is recorded in order. Nothing in it
 * waits for time to pass: silence and stalls last until the test releases them.
 */

import { createServer as createTcpServer, type Server, type Socket } from "node:net";
import { createServer as createTlsServer } from "node:tls";
import { type Reply, sendReply } from "./fault_reply.ts";
import { headerOf, type ReceivedBody, type RequestHead, Wire } from "./fault_wire.ts";
import { LAST_BLOCKED_PORT, urlHost } from "./process.ts";

export { type Reply, Valve } from "./fault_reply.ts";
export type { ReceivedBody } from "./fault_wire.ts";

/** A request as it came. */
export interface FaultRequest extends RequestHead {
  /** The target without query, and without origin where it came as to a proxy. */
  readonly path: string;
  /** The query after `?`, byte for byte; empty when there is none. */
  readonly query: string;
  /** Number of the connection it came on, from 1. */
  readonly connection: number;
  /** The first header of that name, without regard to case. */
  header(name: string): string | undefined;
  /** What has come of the body; undefined without a body, or before it was read. */
  readonly body: ReceivedBody | undefined;
  /** Reads the body now, for scripts whose answer depends on it; else the server does. */
  readBody(): Promise<ReceivedBody | undefined>;
  /** Resolves when the connection it came on is over; a client's leave is not seen while its upload
   * is not read. */
  readonly closed: Promise<void>;
}

/** An answer, or a function that makes one for the n-th request to the path, n counted from 1. */
export type Script = Reply | ((request: FaultRequest, n: number) => Reply | Promise<Reply>);

/** Scripts by path; a key that ends in `*` matches by prefix, the longest key wins. */
export type Routes = Readonly<Record<string, Script>>;

/** How the server is reached. */
export interface FaultOptions {
  /** Address to listen on; default `127.0.0.1`. */
  readonly hostname?: "127.0.0.1" | "::1";
  /** Speak TLS with this certificate chain and key (texts in PEM). */
  readonly tls?: { readonly cert: string; readonly key: string };
}

/** A running fault server. */
export interface Fault extends AsyncDisposable {
  /** Such as `http://127.0.0.1:40001`, without a slash at the end. */
  readonly origin: string;
  readonly port: number;
  /** All requests so far, in the order their heads came. */
  readonly requests: readonly FaultRequest[];
  /** The requests so far to that path. */
  to(path: string): FaultRequest[];
  /** The URL of a path with query, which is taken as it is. */
  url(target: string): string;
  /** Resolves with the `count`-th request in all (from 1) as soon as its head has come. */
  arrived(count: number): Promise<FaultRequest>;
}

/**
 * Starts a fault server on a free port.
 *
 * @example
 * await using fault = await startFault({
 *   "/cut": { body: "0123456789", cutAfter: 4, end: "reset" },
 *   "/busy": (_request, n) => n <= 2 ? { status: 503 } : { body: "good" },
 * });
 * const reply = await fetch(fault.url("/busy"));
 */
export async function startFault(routes: Routes, options: FaultOptions = {}): Promise<Fault> {
  const { hostname = "127.0.0.1", tls } = options;
  const state = new FaultState(routes);
  const accept = (socket: Socket) => state.serve(socket);
  const server = tls
    ? createTlsServer({ ...tls, allowHalfOpen: true }, accept)
    : createTcpServer({ allowHalfOpen: true }, accept);
  server.on("connection", (socket: Socket) => state.track(socket));
  // A client that refuses the certificate is one of the things tested.
  server.on("tlsClientError", () => undefined);
  const port = await listen(server, hostname);
  const origin = `${tls ? "https" : "http"}://${urlHost(hostname)}:${port}`;
  return {
    origin,
    port,
    requests: state.requests,
    to: (path) => state.requests.filter((request) => request.path === path),
    url: (target) => origin + target,
    arrived: (count) => state.arrived(count),
    [Symbol.asyncDispose]: async () => {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      await state.endAll();
      await closed;
    },
  };
}

function listen(server: Server, hostname: string): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen(0, hostname, () => {
      const address = server.address();
      const port = typeof address === "object" && address ? address.port : 0;
      if (port > LAST_BLOCKED_PORT) return resolve(port);
      server.close(() => resolve(listen(server, hostname)));
    });
  });
}

class RecordedRequest implements FaultRequest {
  readonly method: string;
  readonly target: string;
  readonly version: string;
  readonly headers: RequestHead["headers"];
  readonly path: string;
  readonly query: string;
  readonly connection: number;
  readonly closed: Promise<void>;
  readonly #wire: Wire;
  #body: ReceivedBody | undefined;
  #wasRead = false;

  constructor(head: RequestHead, wire: Wire, connection: number) {
    ({ method: this.method, target: this.target, version: this.version } = head);
    this.headers = head.headers;
    // A proxy is asked with the absolute form (RFC 9112, section 3.2.2).
    const local = head.target.replace(/^https?:\/\/[^/]*/, "");
    const mark = local.indexOf("?");
    this.path = mark < 0 ? local : local.slice(0, mark);
    this.query = mark < 0 ? "" : local.slice(mark + 1);
    this.connection = connection;
    this.closed = wire.closed;
    this.#wire = wire;
  }

  get body(): ReceivedBody | undefined {
    return this.#body;
  }

  /** Whether the next bytes of the connection are the next request. */
  get isRead(): boolean {
    const announced = this.header("content-length") ?? this.header("transfer-encoding") ?? "0";
    return announced === "0" || this.#body?.complete === true;
  }

  header(name: string): string | undefined {
    return headerOf(this, name);
  }

  readBody(): Promise<ReceivedBody | undefined> {
    return this.receive(Infinity, true);
  }

  async receive(limit: number, sendContinue: boolean): Promise<ReceivedBody | undefined> {
    if (this.#wasRead || limit === 0) return this.#body;
    this.#wasRead = true;
    if (sendContinue && this.header("expect")?.toLowerCase() === "100-continue") {
      await this.#wire.write(new TextEncoder().encode("HTTP/1.1 100 Continue\r\n\r\n"));
    }
    this.#body = await this.#wire.readBody(this, limit);
    return this.#body;
  }
}

class FaultState {
  readonly requests: RecordedRequest[] = [];
  readonly #routes: Routes;
  readonly #counts = new Map<string, number>();
  /** TCP connections by the client's port; under TLS they lie below the ones that are served. */
  readonly #sockets = new Map<number | undefined, Socket>();
  readonly #served: Promise<void>[] = [];
  #waiters: (() => void)[] = [];
  #connections = 0;

  constructor(routes: Routes) {
    this.#routes = routes;
  }

  track(socket: Socket): void {
    const port = socket.remotePort;
    this.#sockets.set(port, socket);
    socket.once("close", () => this.#sockets.delete(port));
  }

  serve(socket: Socket): void {
    const wire = new Wire(socket, this.#sockets.get(socket.remotePort));
    this.#served.push(this.#converse(wire, ++this.#connections));
  }

  async arrived(count: number): Promise<FaultRequest> {
    while (true) {
      const request = this.requests[count - 1];
      if (request) return request;
      await new Promise<void>((resolve) => this.#waiters.push(resolve));
    }
  }

  async endAll(): Promise<void> {
    for (const socket of this.#sockets.values()) socket.destroy();
    await Promise.all(this.#served);
  }

  async #converse(wire: Wire, connection: number): Promise<void> {
    let keep = true;
    while (keep) {
      const head = await wire.readHead();
      if (head === undefined) break;
      const request = new RecordedRequest(head, wire, connection);
      this.requests.push(request);
      for (const wake of this.#waiters.splice(0)) wake();
      const reply = await this.#answer(request);
      await request.receive(reply.receive ?? Infinity, reply.sendContinue ?? true);
      if (request.isRead) wire.watch();
      keep = await sendReply(wire, reply, request);
    }
    // After a FIN the client may still be sending: closing then would reset the answer away.
    if (!keep) await wire.discard();
    wire.destroy();
    await wire.closed;
  }

  #answer(request: FaultRequest): Reply | Promise<Reply> {
    const n = (this.#counts.get(request.path) ?? 0) + 1;
    this.#counts.set(request.path, n);
    const key = Object.keys(this.#routes)
      .filter((route) =>
        route.endsWith("*") ? request.path.startsWith(route.slice(0, -1)) : route === request.path
      )
      .sort((a, b) => b.length - a.length)[0];
    const script = key === undefined ? { status: 404 } : this.#routes[key] ?? {};
    return typeof script === "function" ? script(request, n) : script;
  }
}
