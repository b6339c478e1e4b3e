/** One request and its answer over `node:http`. */
import {
  type Agent,
  type ClientRequest,
  type IncomingMessage,
  request as httpRequest,
} from "node:http";
import { request as httpsRequest } from "node:https";
import { bareHost, portOf } from "./address.ts";
import { proxyAuthorization } from "./dial.ts";
import { codeOf, exchangeFailure } from "./exchange_failure.ts";
import { replyFailure, type Route, sizeFailure } from "./failures.ts";
import { fieldRecord } from "./headers.ts";
import { NodeResponse } from "./node_response.ts";
import type { HttpRequest, HttpResponse, RequestBody } from "./types.ts";

/** Time for a server to consent to a body before it is sent all the same, in milliseconds. */
const CONSENT_TIME = 1000;
/** Time for an answer to arrive after the server stopped reading the body, in milliseconds. */
const LAST_WORD_TIME = 500;
/** Most interim (1xx) answers before the final one. */
const MOST_INTERIM = 100;
/** Largest head of an answer, in bytes. */
const LARGEST_HEAD = 256 * 1024;

/** What to send and over which connections. */
export interface ExchangeParts {
  readonly request: HttpRequest;
  /** All header fields but those about the connection and the body. */
  readonly fields: Iterable<[string, string]>;
  readonly agent: Agent;
}

/** A request on its way. */
export class Exchange {
  /** Resolves with the answer's head; rejects with a failure, or with what the body threw. */
  readonly response: Promise<HttpResponse>;
  readonly #route: Route;
  readonly #request: HttpRequest;
  readonly #node: ClientRequest;
  readonly #outcome = Promise.withResolvers<HttpResponse>();
  readonly #connected = Promise.withResolvers<void>();
  readonly #consent = Promise.withResolvers<void>();
  #answer: NodeResponse | undefined;
  #interim = 0;
  #stopped = false;
  #sentAll = false;
  #reused = false;
  #stale = false;
  #wake: (() => void) | undefined;
  #lastWord: ReturnType<typeof setTimeout> | undefined;

  constructor(route: Route, parts: ExchangeParts) {
    this.#route = route;
    this.#request = parts.request;
    this.response = this.#outcome.promise;
    const node = this.#node = openRequest(route, parts);
    parts.request.signal.addEventListener("abort", this.#abort, { once: true });
    node.on("socket", () => {
      this.#reused = node.reusedSocket;
      // Deno would send such a request again by itself, and hang where it has a streamed body.
      node.reusedSocket = false;
      this.#connected.resolve();
      parts.request.onConnect?.();
    });
    node.on("continue", () => this.#consent.resolve());
    node.on("information", () => this.#countInterim());
    node.on("response", (message) => this.#onAnswer(message));
    node.on("upgrade", (message) => this.#refuseStatus(message));
    node.on("error", (error) => this.#onError(error));
    if (parts.request.body) {
      this.#send(parts.request.body).catch((error) => this.#fail(error));
    } else {
      this.#sentAll = true;
      node.end();
    }
  }

  /** Whether it failed because the server had closed a kept connection. */
  get wasStale(): boolean {
    return this.#stale;
  }

  async #send(body: RequestBody): Promise<void> {
    await this.#connected.promise;
    if (body.expectContinue && !this.#stopped) {
      this.#node.flushHeaders();
      const timer = setTimeout(() => this.#consent.resolve(), CONSENT_TIME);
      await this.#consent.promise;
      clearTimeout(timer);
    }
    let sent = 0;
    if (this.#stopped) return;
    for await (const chunk of body.open()) {
      if (this.#stopped) return;
      sent += chunk.length;
      if (sent > body.size) throw sizeFailure(this.#route, body.size);
      if (!this.#node.write(chunk)) await this.#drained();
    }
    if (this.#stopped) return;
    if (sent < body.size) throw sizeFailure(this.#route, body.size);
    this.#sentAll = true;
    this.#node.end();
  }

  /** Waits until more can be written, or nothing is to be written any more. */
  #drained(): Promise<void> {
    return new Promise((resolve) => {
      this.#wake = resolve;
      this.#node.once("drain", resolve);
    });
  }

  /** Stops sending the body. */
  #stop(): void {
    this.#stopped = true;
    this.#connected.resolve();
    this.#consent.resolve();
    this.#wake?.();
  }

  readonly #abort = () => this.#fail(this.#request.signal.reason);

  #countInterim(): void {
    if (++this.#interim > MOST_INTERIM) {
      this.#fail(replyFailure(this.#route, "too many interim responses"));
    }
  }

  #onAnswer(message: IncomingMessage): void {
    clearTimeout(this.#lastWord);
    this.#consent.resolve();
    if ((message.statusCode ?? 0) < 200) return this.#refuseStatus(message);
    // A refusal ends a body on its way: what is left of it would only fill the line.
    if ((message.statusCode ?? 0) >= 300 && !this.#sentAll) this.#stop();
    message.on("close", () => {
      this.#release();
      if (this.#sentAll) return;
      this.#stop();
      this.#node.destroy();
    });
    this.#answer = new NodeResponse(this.#route, message, this.#request);
    this.#outcome.resolve(this.#answer);
  }

  #refuseStatus({ statusCode }: IncomingMessage): void {
    this.#fail(replyFailure(this.#route, `unexpected status ${statusCode}`));
  }

  #onError(error: NodeJS.ErrnoException): void {
    this.#stop();
    if (this.#answer) return this.#answer.breakOff(error);
    const broken = ["ECONNRESET", "EPIPE"].includes(codeOf(error));
    this.#stale = broken && this.#reused;
    const failure = exchangeFailure(error, this.#route);
    if (!broken || this.#sentAll || this.#stale) return this.#fail(failure);
    // The server may have answered before it closed: its word counts more than the broken line.
    this.#lastWord = setTimeout(() => this.#fail(failure), LAST_WORD_TIME);
  }

  /** Ends everything; the error is the outcome, or breaks the answer's body. */
  #fail(error: unknown): void {
    clearTimeout(this.#lastWord);
    this.#stop();
    this.#release();
    this.#answer?.fail(error);
    this.#outcome.reject(error);
    this.#node.destroy();
  }

  #release(): void {
    this.#request.signal.removeEventListener("abort", this.#abort);
  }
}

function openRequest(route: Route, { request, fields, agent }: ExchangeParts): ClientRequest {
  const { url, proxy } = route;
  const { body } = request;
  const target = request.target ?? url.pathname + url.search;
  const viaProxy = proxy && url.protocol === "http:";
  const open = url.protocol === "https:" ? httpsRequest : httpRequest;
  const options = {
    method: request.method ?? "GET",
    host: bareHost(url.hostname),
    port: portOf(url),
    // A proxy is asked for the whole URL (RFC 9112, section 3.2.2).
    path: viaProxy ? `http://${url.host}${target}` : target,
    headers: {
      host: url.host,
      ...(body ? { "content-length": String(body.size) } : { te: "trailers" }),
      ...(body?.expectContinue && { expect: "100-continue" }),
      ...(viaProxy && proxyAuthorization(proxy)),
      ...fieldRecord(fields),
    },
    agent,
    maxHeaderSize: LARGEST_HEAD,
    dialSignal: request.signal,
  };
  try {
    return open(options);
  } catch (error) {
    throw exchangeFailure(error, route);
  }
}
