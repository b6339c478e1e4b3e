/** An answer of `node:http` in the form both engines share. */
import type { IncomingMessage } from "node:http";
import type { Route } from "./failures.ts";
import type { HttpRequest, HttpResponse } from "./types.ts";

/** Statuses without a body (RFC 9112, section 6.3). */
const BODYLESS = [204, 205, 304];

/** The answer to an exchange. */
export class NodeResponse implements HttpResponse {
  readonly url: URL;
  readonly proxy: string | undefined;
  readonly status: number;
  readonly headers: Headers;
  readonly body: ReadableStream<Uint8Array> | null;
  readonly #message: IncomingMessage;
  #error: unknown;

  constructor(route: Route, message: IncomingMessage, request: HttpRequest) {
    this.url = route.url;
    this.proxy = route.proxy?.server;
    this.status = message.statusCode ?? 0;
    this.headers = pairUp(message.rawHeaders);
    this.#message = message;
    // Without a listener, a broken body that nobody reads would end the program.
    message.on("error", () => undefined);
    const bodyless = request.method === "HEAD" || BODYLESS.includes(this.status);
    if (bodyless) message.resume();
    this.body = bodyless ? null : ReadableStream.from(this.#read());
  }

  async *#read(): AsyncGenerator<Uint8Array> {
    try {
      yield* this.#message as AsyncIterable<Uint8Array>;
    } catch (error) {
      // The message says "aborted" only; the request knows why.
      throw this.#error ?? error;
    }
    // A message that was destroyed may end like a whole one.
    if (this.#error !== undefined) throw this.#error;
    if (!this.#message.complete) throw new Error("Answer not complete");
  }

  /** Breaks the body with an error, unless an earlier one did. */
  fail(error: unknown): void {
    this.#error ??= error;
    this.#message.destroy();
  }

  /** Breaks the body with an error of the connection, unless all of it has come. */
  breakOff(error: unknown): void {
    if (!this.#message.complete) this.fail(error);
  }

  trailers(): Headers | undefined {
    return this.#message.complete ? pairUp(this.#message.rawTrailers) : undefined;
  }

  async cancel(): Promise<void> {
    await this.body?.cancel().catch(() => undefined);
    if (!this.#message.complete) this.#message.destroy();
  }
}

function pairUp(raw: readonly string[]): Headers {
  const headers = new Headers();
  for (let index = 0; index + 1 < raw.length; index += 2) {
    headers.append(raw[index] ?? "", raw[index + 1] ?? "");
  }
  return headers;
}
