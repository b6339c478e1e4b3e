/** Requests to one server: credentials, redirects, time limits and what answers mean. */
import { TransferFailure } from "../../errors.ts";
import { serverOf } from "../../http/address.ts";
import { type HttpClient, type HttpResponse, statusFailure } from "../../http/mod.ts";
import { CleanupFailure, type CleanupFailureKind, LONGEST_PAUSE } from "../failure.ts";
import { type Answer, readAnswer } from "./http_answer.ts";
import type { Credentials } from "./http_credentials.ts";
import { pathOf } from "./http_webdav.ts";
import { LateStop } from "./late_stop.ts";
import { meaningOf } from "./transfer_failure.ts";

/** Milliseconds that a server may take for an answer, and for removing a whole collection. */
const LONGEST_ANSWER = 60_000;
const LONGEST_COLLECTION = 600_000;
const MOST_REDIRECTS = 5;

/** Statuses that mean: it is not there any more. */
const GONE: ReadonlySet<number> = new Set([200, 202, 204, 404, 410]);

/** One request. */
export interface Ask {
  readonly method: "DELETE" | "HEAD" | "PROPFIND";
  /** Path and query, as they are sent. */
  readonly target: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
  /** When aborted the answer is waited for only a moment longer. */
  readonly signal: AbortSignal;
}

/** Whether an answer to DELETE says that the resource is not there any more. */
export function isGone(status: number): boolean {
  return GONE.has(status);
}

/**
 * Whether an answer is a page for people, which may come from anybody on the way: a network that
 * wants a log-in answers every request so.
 */
export function isPage({ status, headers, size }: Answer): boolean {
  return status === 200 && size > 0 && /\bhtml\b/i.test(headers.get("content-type") ?? "");
}

/** One server, as one user. */
export class HttpRequests {
  readonly #client: HttpClient;
  readonly #server: URL;
  readonly #credentials: Credentials;

  constructor(client: HttpClient, server: URL, credentials: Credentials) {
    this.#client = client;
    this.#server = server;
    this.#credentials = credentials;
  }

  /**
   * Sends a request and follows its redirects, on this server only.
   *
   * @throws {CleanupFailure} when there is no answer, and for 401, which is the same for all files
   * @throws {StoreFailure} of these, what holds for all requests to the server
   */
  async send(ask: Ask): Promise<Answer> {
    const isCollection = ask.method === "DELETE" && ask.target.endsWith("/");
    const longest = isCollection ? LONGEST_COLLECTION : LONGEST_ANSWER;
    using stop = new LateStop(ask.signal, { longest });
    let { target } = ask;
    for (let hops = 0;; hops++) {
      const response = await this.#exchange({ ...ask, target }, stop.end);
      try {
        const answer = await readAnswer(response);
        if (answer.status === 401) throw new StoreFailure(this.#unauthorized());
        if (![301, 302, 307, 308].includes(answer.status)) return answer;
        if (hops >= MOST_REDIRECTS) throw this.#failure("NotDeleted", "too many redirects");
        target = this.#redirected(answer.headers.get("location"), target);
      } catch (error) {
        throw this.#understood(error);
      }
    }
  }

  /** `host:port`, for messages. */
  get name(): string {
    return serverOf(this.#server);
  }

  /**
   * The failure that an answer stands for.
   *
   * @param title what could not be removed, for the message
   */
  refusal({ status, headers }: Pick<Answer, "status" | "headers">, title: string): CleanupFailure {
    const text = `Cannot remove ${title}: ${this.name} answered ${status}`;
    if (status === 403) return new CleanupFailure("Credentials", `${text}${this.#places()}`);
    const isBusy = [408, 423, 425, 429].includes(status) ||
      (status >= 500 && ![501, 505].includes(status));
    if (!isBusy) return new CleanupFailure("NotDeleted", text);
    const pause = statusFailure(429, { server: this.name, headers }).facts.retryable;
    return new CleanupFailure("Transient", text, {
      ...(pause > 0 && { retryAfter: Math.min(pause, LONGEST_PAUSE) }),
    });
  }

  async #exchange(ask: Ask, signal: AbortSignal): Promise<HttpResponse> {
    const { authorization } = this.#credentials;
    const body = ask.body === undefined ? undefined : new TextEncoder().encode(ask.body);
    try {
      return await this.#client.exchange(this.#server, {
        method: ask.method,
        target: ask.target,
        headers: { ...ask.headers, ...(authorization !== undefined && { authorization }) },
        signal,
        ...(body && {
          body: {
            size: body.length,
            async *open() {
              yield body;
            },
          },
        }),
      });
    } catch (error) {
      throw this.#understood(error);
    }
  }

  /** Where a redirect leads, if that is the same name, on this server. */
  #redirected(location: string | null, from: string): string {
    const to = location === null ? null : URL.parse(location, this.#server.origin + from);
    if (to === null) throw this.#failure("NotDeleted", "it redirects to nowhere");
    if (to.origin !== this.#server.origin) {
      throw this.#failure("NotDeleted", `it redirects to ${to.protocol}//${to.host}, not followed`);
    }
    const isDirectory = (path: string) => path.endsWith("/");
    if (
      lastName(to.pathname) !== lastName(from) || (isDirectory(to.pathname) && !isDirectory(from))
    ) {
      throw this.#failure("NotDeleted", "it redirects to another name, not followed");
    }
    return to.pathname + to.search;
  }

  #unauthorized(): CleanupFailure {
    return this.#failure("Credentials", `it answered 401${this.#places()}`);
  }

  /** The places in which credentials were looked for. */
  #places(): string {
    const { authorization, tried } = this.#credentials;
    const sent = authorization === undefined ? [] : ["the one found was refused"];
    const places = [...sent, ...tried];
    return places.length === 0 ? "" : ` (credentials: ${places.join("; ")})`;
  }

  #failure(kind: CleanupFailureKind, state: string): CleanupFailure {
    return new CleanupFailure(kind, `Cannot remove from ${this.name}: ${state}`);
  }

  #understood(error: unknown): unknown {
    if (!(error instanceof TransferFailure)) return error;
    const { kind, concernsAll } = meaningOf(error);
    const failure = this.#failure(kind, error.message);
    return concernsAll ? new StoreFailure(failure) : failure;
  }
}

/** The last component of a target's path, whatever its spelling. */
function lastName(target: string): string {
  return pathOf(target).replace(/^.*\//s, "");
}

/** A failure that any further request to the server would meet again. */
export class StoreFailure extends CleanupFailure {
  constructor({ kind, message }: CleanupFailure) {
    super(kind, message);
  }
}
