/**
 * EC2's instance metadata service (Amazon EC2 User Guide, "Access instance metadata"): session
 * tokens, both addresses, and nothing taken for a value that the service did not give as one.
 */
import { type PlainAnswer, plainExchange, PlainHttpError } from "./plain_http.ts";

/** How the service is spoken to. */
export interface ImdsOptions {
  /** `v2-only` never asks without a token, `v1-only` never with one. @default {"v2-preferred"} */
  readonly version?: "v2-preferred" | "v2-only" | "v1-only";
  /** Which of the two addresses; `auto` tries IPv4 first. @default {"auto"} */
  readonly family?: "auto" | "ipv4" | "ipv6";
  /** Another place, for tests, such as `http://127.0.0.1:1338`. */
  readonly endpoint?: string | undefined;
  /** Milliseconds from an arbitrary start. */
  monotonic(): number;
  /** Is told of each session token, so that logs can hide it. */
  hide?(secret: string): void;
  /** Milliseconds until a connection stands. @default {1000} */
  readonly connectMs?: number;
  /** Milliseconds for a whole request. @default {2000} */
  readonly totalMs?: number;
}

/** What went wrong. */
export type ImdsCode =
  | "unreachable"
  | "disabled"
  | "no-token"
  | "refused"
  | "unavailable"
  | "bad-answer";

/** The service gave no value; the message is one line without anything of its answer. */
export class ImdsError extends Error {
  override readonly name = "ImdsError";
  readonly code: ImdsCode;
  /** HTTP status, where there was one. */
  readonly status: number | undefined;

  constructor(code: ImdsCode, message: string, options: ErrorOptions & { status?: number } = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.status = options.status;
  }

  /** Whether the same may be answered later. */
  get retryable(): boolean {
    return this.code !== "disabled" && this.code !== "refused";
  }
}

interface Address {
  readonly hostname: string;
  readonly port: number;
}

interface Session {
  /** Undefined where the service knows none. */
  readonly token: string | undefined;
  /** By the caller's clock, in milliseconds. */
  readonly expires: number;
}

const IPV4: Address = { hostname: "169.254.169.254", port: 80 };
const IPV6: Address = { hostname: "fd00:ec2::254", port: 80 };
const WITHOUT_TOKEN: Session = { token: undefined, expires: Infinity };
/** Seconds; the service's own upper bound. */
const TOKEN_TTL = 21_600;
/** A token is renewed this long before it ends, in milliseconds. */
const MARGIN = 60_000;
const LARGEST_VALUE = 64 * 1024;
const TOKEN = /^[\x21-\x7e]{1,1024}$/;
const TOKEN_HEADER = "X-aws-ec2-metadata-token";
const TTL_HEADER = `${TOKEN_HEADER}-ttl-seconds`;

/**
 * Reads items, one attempt each; whoever calls decides about others.
 *
 * ```ts
 * import { ImdsClient } from "./imds.ts";
 * const imds = new ImdsClient({ monotonic: () => performance.now() });
 * const { signal } = new AbortController();
 * const id = await imds.get("meta-data/instance-id", signal);
 * ```
 */
export class ImdsClient {
  readonly #options: ImdsOptions;
  readonly #candidates: readonly Address[];
  /** The address that answered. */
  #address: Address | undefined;
  #session: Session | undefined;
  /** Shared by all that ask at once. */
  #pending: Promise<Session> | undefined;

  /** @throws {TypeError} for an endpoint that is no `http:` URL */
  constructor(options: ImdsOptions) {
    this.#options = options;
    this.#candidates = candidates(options);
  }

  /** The address that answered, for the log. */
  get address(): string | undefined {
    return this.#address?.hostname;
  }

  /** How the service is spoken to, once it was. */
  get version(): "v1" | "v2" | undefined {
    return this.#session && (this.#session.token === undefined ? "v1" : "v2");
  }

  /**
   * The text of an item.
   *
   * @param path below `/latest/`, such as `meta-data/instance-id`
   * @returns undefined when there is no such item
   * @throws {ImdsError}; the signal's reason
   */
  async get(path: string, signal: AbortSignal): Promise<string | undefined> {
    const session = await this.#currentSession(signal);
    let answer = await this.#ask("GET", `/latest/${path}`, { session, signal });
    if (answer.status === 401 && this.#options.version !== "v1-only") {
      // The token has expired, or one is needed since a moment ago.
      const renewed = await this.#currentSession(signal, session);
      answer = await this.#ask("GET", `/latest/${path}`, { session: renewed, signal });
    }
    const { status, body } = answer;
    if (status === 200) return textOf(body, path);
    if (status === 404) return undefined;
    throw statusError(status, `/latest/${path}`);
  }

  /** @param refused what a request was made with in vain: not used again, by nobody */
  async #currentSession(signal: AbortSignal, refused?: Session): Promise<Session> {
    const session = this.#session;
    const isGood = session !== undefined && session !== refused &&
      session.expires - MARGIN > this.#options.monotonic();
    if (isGood) return session;
    this.#pending ??= this.#newSession(signal, refused !== undefined)
      .then((made) => this.#session = made)
      .finally(() => this.#pending = undefined);
    return await this.#pending;
  }

  async #newSession(signal: AbortSignal, needed: boolean): Promise<Session> {
    if (this.#options.version === "v1-only") return WITHOUT_TOKEN;
    const mayDoWithout = !needed && this.#options.version !== "v2-only";
    let answer: PlainAnswer;
    try {
      answer = await this.#ask("PUT", "/latest/api/token", { signal });
    } catch (error) {
      // A connection stands and brings nothing: the way back is too long for the service's hop
      // limit, which holds for these answers only.
      if (mayDoWithout && isSilent(error)) return WITHOUT_TOKEN;
      throw error;
    }
    const { status, headers, body } = answer;
    if (status === 200) return this.#acceptToken(body, headers.get(TTL_HEADER.toLowerCase()));
    if (mayDoWithout && (status === 404 || status === 405)) return WITHOUT_TOKEN;
    if (status === 404 || status === 405) {
      throw new ImdsError(
        "no-token",
        `Cannot get a session token: the metadata service answered ${status}`,
        { status },
      );
    }
    throw statusError(status, "/latest/api/token");
  }

  #acceptToken(body: Uint8Array, ttl: string | undefined): Session {
    const value = new TextDecoder().decode(body).trim();
    if (!TOKEN.test(value)) {
      throw new ImdsError("bad-answer", "Cannot use the session token: it is no visible ASCII");
    }
    this.#options.hide?.(value);
    const seconds = /^\d{1,5}$/.test(ttl ?? "") ? Math.min(Number(ttl), TOKEN_TTL) : TOKEN_TTL;
    return { token: value, expires: this.#options.monotonic() + seconds * 1000 };
  }

  async #ask(
    method: "GET" | "PUT",
    path: string,
    { session, signal }: { readonly session?: Session; readonly signal: AbortSignal },
  ): Promise<PlainAnswer> {
    const { connectMs = 1000, totalMs = 2000 } = this.#options;
    const places = this.#address === undefined ? this.#candidates : [this.#address];
    let failure: unknown;
    for (const address of places) {
      try {
        const answer = await plainExchange({
          ...address,
          method,
          path,
          headers: method === "PUT"
            ? { [TTL_HEADER]: `${TOKEN_TTL}` }
            : session?.token === undefined
            ? {}
            : { [TOKEN_HEADER]: session.token },
        }, { connectMs, totalMs, size: LARGEST_VALUE, signal });
        this.#address ??= address;
        return answer;
      } catch (error) {
        if (!(error instanceof PlainHttpError)) throw error;
        failure ??= error;
        // Somebody is there: the other address is nobody else's.
        if (error.failure === "timeout" || error.failure === "bad-answer") break;
      }
    }
    const cause = failure as PlainHttpError;
    throw new ImdsError(
      cause.failure === "bad-answer" ? "bad-answer" : "unreachable",
      `Cannot ask the metadata service for "${path}": ${cause.message}`,
      { cause },
    );
  }
}

function candidates({ endpoint, family = "auto" }: ImdsOptions): readonly Address[] {
  if (endpoint !== undefined) {
    const url = URL.parse(endpoint);
    if (url?.protocol !== "http:" || url.pathname !== "/") {
      throw new TypeError("Cannot use the metadata service's endpoint: it is no http: origin");
    }
    return [{ hostname: url.hostname.replace(/^\[|\]$/g, ""), port: Number(url.port || 80) }];
  }
  return family === "ipv4" ? [IPV4] : family === "ipv6" ? [IPV6] : [IPV4, IPV6];
}

function isSilent(error: unknown): boolean {
  return error instanceof ImdsError && error.cause instanceof PlainHttpError &&
    error.cause.failure === "timeout";
}

function textOf(body: Uint8Array, path: string): string {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(body);
  } catch (cause) {
    throw new ImdsError("bad-answer", `Cannot use "/latest/${path}": it is no UTF-8`, { cause });
  }
}

/** The body is a page for people and is left alone. */
function statusError(status: number, path: string): ImdsError {
  const [code, state]: readonly [ImdsCode, string] = status === 403
    ? ["disabled", "the metadata service is switched off for this instance (403)"]
    : status === 401
    ? ["no-token", "the metadata service wants a session token (401)"]
    : status >= 500 || status === 429
    ? ["unavailable", `the metadata service answered ${status}`]
    : ["refused", `the metadata service answered ${status}`];
  return new ImdsError(code, `Cannot get "${path}": ${state}`, { status });
}
