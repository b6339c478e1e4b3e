/** Signed requests over the project's own HTTP client. */

import { bodyFailure, type HttpClient, serverOf, statusFailure } from "../http/mod.ts";
import { TransferFailure } from "../errors.ts";
import { concat } from "../std/bytes.ts";
import type { AwsCredentials } from "./credentials.ts";
import { type AwsRequest, type SignedRequest, signRequest } from "./sign.ts";
import { AwsError, serviceError } from "./service_error.ts";

/** Largest answer read, in bytes; a full page of a listing takes about a megabyte. */
const LARGEST_ANSWER = 8 << 20;
/** Seconds one request may take, unless told otherwise. */
const REQUEST_SECONDS = 60;

/** How a client asks. */
export interface AwsClientOptions {
  readonly http: HttpClient;
  /** The service's name in signatures, e.g. `s3`. */
  readonly service: string;
  readonly credentials: AwsCredentials;
  /** Milliseconds since the epoch. */
  now(): number;
  /** Seconds one request may take. @default {60} */
  readonly timeout?: number;
}

/** An answer, read to its end. */
export interface AwsAnswer {
  readonly status: number;
  readonly headers: Headers;
  readonly body: Uint8Array;
}

/**
 * Asks one service. Nothing is tried again and no redirect is followed.
 *
 * ```ts
 * import { HttpClient } from "../http/mod.ts";
 * import { AwsClient } from "./client.ts";
 * const http = new HttpClient({ env: () => undefined, userAgent: "pinion/0.1" });
 * const credentials = { accessKeyId: "AKIDEXAMPLE", secretAccessKey: "..." };
 * const client = new AwsClient({ http, service: "s3", credentials, now: Date.now });
 * const origin = "https://bucket.s3.us-west-2.amazonaws.com";
 * const { signal } = new AbortController();
 * await client.send({ method: "DELETE", origin, path: "/key" }, { region: "us-west-2", signal });
 * ```
 */
export class AwsClient {
  readonly #options: AwsClientOptions;
  readonly #keys = new Map<string, ArrayBuffer>();

  constructor(options: AwsClientOptions) {
    this.#options = options;
  }

  /**
   * Sends a request and reads the answer.
   *
   * @param options `region` that is signed for; `signal` that ends it, a `TransferFailure` as its
   *   reason is thrown as it is
   * @throws {AwsError} for an answer that is not of status 200 to 299
   * @throws {TransferFailure} when no whole answer came
   */
  async send(
    request: AwsRequest,
    { region, signal }: { readonly region: string; readonly signal: AbortSignal },
  ): Promise<AwsAnswer> {
    const { service, credentials, now } = this.#options;
    const signed = await signRequest(request, {
      service,
      region,
      credentials,
      time: now(),
      cache: this.#keys,
    });
    const answer = await this.#exchange(request, signed, signal);
    if (answer.status >= 200 && answer.status < 300) return answer;
    const { retryable } = statusFailure(Math.max(answer.status, 400), {
      server: serverOf(signed.url),
      headers: answer.headers,
      now,
    }).facts;
    throw serviceError({ ...answer, retryAfter: Math.max(0, retryable) }, now());
  }

  async #exchange(
    { method, body }: AwsRequest,
    { url, target, headers }: SignedRequest,
    signal: AbortSignal,
  ): Promise<AwsAnswer> {
    const { http, timeout = REQUEST_SECONDS } = this.#options;
    const limit = new AbortController();
    const timer = setTimeout(() => limit.abort(timedOut(url, timeout)), timeout * 1000);
    try {
      const answer = await http.exchange(url, {
        method,
        target,
        headers,
        signal: AbortSignal.any([signal, limit.signal]),
        ...(body && { body: { size: body.length, open: () => ReadableStream.from([body]) } }),
      });
      const { status, headers: fields } = answer;
      return { status, headers: fields, body: await readAll(answer) };
    } finally {
      clearTimeout(timer);
    }
  }
}

/** Reads a body to its end. */
async function readAll(answer: Awaited<ReturnType<HttpClient["exchange"]>>): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  try {
    for await (const chunk of answer.body ?? []) {
      chunks.push(chunk);
      size += chunk.length;
      if (size > LARGEST_ANSWER) break;
    }
  } catch (error) {
    throw bodyFailure(error, answer, size);
  }
  if (size > LARGEST_ANSWER) {
    await answer.cancel();
    const text = `the answer is longer than ${LARGEST_ANSWER} bytes`;
    throw new AwsError({ status: answer.status, code: "" }, text);
  }
  return concat(chunks);
}

function timedOut(url: URL, seconds: number): TransferFailure {
  return new TransferFailure("Transfer", `No whole answer after ${seconds} s`, {
    errorCode: 28,
    retryable: 0,
    failureType: "TimedOut",
    server: serverOf(url),
  });
}
