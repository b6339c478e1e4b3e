/**
 * Connections for `node:http`: TCP, a proxy's tunnel and TLS, under one time limit and with exact
 * failures.
 */
import { Buffer } from "node:buffer";
import { Agent, request as httpRequest } from "node:http";
import { connect as tcpConnect, isIP, type Socket } from "node:net";
import { checkServerIdentity, connect as tlsConnect, type PeerCertificate } from "node:tls";
import { errorText, type FailureType, type TransferFailure } from "../errors.ts";
import { bareHost, portOf, serverOf } from "./address.ts";
import { certificateReason, clientCertificateAlert } from "./certificate.ts";
import * as failures from "./failures.ts";
import type { Proxy } from "./proxy.ts";
import type { TlsSettings } from "./types.ts";

/** How to dial. */
export interface DialOptions {
  readonly tls: TlsSettings;
  /** Limit in milliseconds. */
  readonly timeout: number;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Connects to the server of a URL, through a proxy where the route has one: a plain socket for
 * http, a TLS one for https.
 *
 * @throws {TransferFailure} Resolution, Contact, Authorization, or the proxy's refusal
 */
export async function dial(route: failures.Route, options: DialOptions): Promise<Socket> {
  const dialer = new Dialer(route, options);
  try {
    return await dialer.run();
  } finally {
    dialer.settle();
  }
}

class Dialer {
  readonly #route: failures.Route;
  readonly #tls: TlsSettings;
  readonly #started = performance.now();
  readonly #broken: Promise<never>;
  readonly #end: () => void;
  #socket: Socket | undefined;

  constructor(route: failures.Route, { tls, timeout, signal }: DialOptions) {
    this.#route = route;
    this.#tls = tls;
    const { promise, reject } = Promise.withResolvers<never>();
    this.#broken = promise;
    promise.catch(() => undefined);
    const timer = setTimeout(
      () => reject(failures.connectTimeout(route, this.#elapsed())),
      timeout,
    );
    const abort = () => reject(signal?.reason);
    if (signal?.aborted) abort();
    else signal?.addEventListener("abort", abort, { once: true });
    this.#end = () => {
      clearTimeout(timer);
      signal?.removeEventListener("abort", abort);
    };
  }

  async run(): Promise<Socket> {
    try {
      return await Promise.race([this.#connect(), this.#broken]);
    } catch (error) {
      this.#socket?.destroy();
      throw error;
    }
  }

  settle(): void {
    this.#end();
  }

  #elapsed(): number {
    return performance.now() - this.#started;
  }

  async #connect(): Promise<Socket> {
    const { url, proxy } = this.#route;
    const first = proxy ?? { hostname: url.hostname, port: portOf(url) };
    let socket = await this.#tcp(bareHost(first.hostname), first.port);
    if (proxy?.protocol === "https:") socket = await this.#secure(socket, proxy.hostname);
    if (url.protocol !== "https:") return socket;
    if (proxy) socket = await this.#tunnel(socket, proxy);
    return await this.#secure(socket, url.hostname);
  }

  #tcp(host: string, port: number): Promise<Socket> {
    return new Promise((resolve, reject) => {
      const socket = this.#socket = tcpConnect({ host, port });
      socket.once("connect", () => {
        socket.off("error", fail);
        socket.setNoDelay(true);
        resolve(socket);
      });
      const fail = (error: NodeJS.ErrnoException) => reject(this.#tcpFailure(error));
      socket.once("error", fail);
    });
  }

  #tcpFailure(error: NodeJS.ErrnoException): TransferFailure {
    const failureType = resolutionType(error);
    if (failureType) return failures.resolveFailure(this.#route, failureType, error);
    return failures.connectFailure(this.#route, { elapsed: this.#elapsed(), cause: error });
  }

  #secure(inner: Socket, hostname: string): Promise<Socket> {
    const host = bareHost(hostname);
    return new Promise((resolve, reject) => {
      const fail = (error: Error) => reject(this.#tlsFailure(error, hostname));
      const socket = this.#socket = tlsConnect({
        socket: inner,
        // An address must not be sent as a server name (RFC 6066, section 3).
        ...(isIP(host) === 0 && { servername: host }),
        host,
        ca: [...this.#tls.ca],
        ...this.#tls.clientCertificate,
        ALPNProtocols: ["http/1.1"],
        checkServerIdentity: (_name: string, peer: PeerCertificate) => checkName(host, peer),
      }, () => {
        socket.off("error", fail);
        resolve(socket);
      });
      socket.once("error", fail);
    });
  }

  #tlsFailure(error: NodeJS.ErrnoException, hostname: string): TransferFailure {
    const reason = certificateReason(error.code ?? "", hostname) ??
      certificateReason(errorText(error), hostname);
    if (reason) return failures.certificateFailure(this.#route, reason, error);
    const alert = clientCertificateAlert(errorText(error));
    if (alert) return failures.clientCertificateFailure(this.#route, alert, error);
    return failures.handshakeFailure(this.#route, errorText(error), error);
  }

  /** Opens a tunnel (RFC 9110, section 9.3.6). */
  #tunnel(socket: Socket, proxy: Proxy): Promise<Socket> {
    const target = serverOf(this.#route.url);
    const agent = new Agent();
    agent.createConnection = () => socket;
    return new Promise((resolve, reject) => {
      const request = httpRequest({
        method: "CONNECT",
        path: target,
        headers: { host: target, ...proxyAuthorization(proxy) },
        agent,
      });
      const fail = (error: Error) => reject(failures.tunnelFailure(this.#route, error));
      request.once("connect", (response, tunnel, rest) => {
        const status = response.statusCode ?? 0;
        if (status < 200 || status > 299) {
          return reject(failures.tunnelRefusal(this.#route, status));
        }
        if (rest.length > 0) tunnel.unshift(rest);
        request.off("error", fail);
        request.on("error", () => undefined);
        resolve(tunnel as Socket);
      });
      request.once("response", (response) => {
        response.on("error", () => undefined);
        reject(failures.tunnelRefusal(this.#route, response.statusCode ?? 0));
      });
      request.on("error", fail);
      request.end();
    });
  }
}

/** A certificate must name the host as an alternative name (RFC 9525, section 6). */
function checkName(host: string, peer: PeerCertificate): Error | undefined {
  if (peer.subjectaltname) return checkServerIdentity(host, peer);
  return Object.assign(new Error("No alternative name in the certificate"), {
    code: "ERR_TLS_CERT_ALTNAME_INVALID",
  });
}

/** The header by which a proxy knows us (RFC 7617). */
export function proxyAuthorization(proxy: Proxy): Record<string, string> {
  if (!proxy.credentials) return {};
  const { username, password } = proxy.credentials;
  const token = Buffer.from(`${username}:${password}`).toString("base64");
  return { "proxy-authorization": `Basic ${token}` };
}

/** How a look-up failed, from a code or text of `getaddrinfo`; undefined for other errors. */
function resolutionType(error: NodeJS.ErrnoException): FailureType | undefined {
  if (error.code === "ENOTFOUND" || error.code === "EAI_NODATA") return "Definitive";
  if (error.code === "EAI_SYSTEM") return "PreContact";
  if (error.code?.startsWith("EAI_")) return "PostContact";
  return error.syscall === "getaddrinfo" ? "PostContact" : undefined;
}
