/** Temporary credentials that are renewed, and a clock that follows the services'. */

import type { AwsCredentials } from "./credentials.ts";
import { AwsError } from "./service_error.ts";

/** Whoever has the credentials, such as the metadata service. */
export interface CredentialSource {
  /** The credentials; newly asked for when `stale` are the ones that were refused. */
  get(stale: AwsCredentials | undefined, signal: AbortSignal): Promise<AwsCredentials>;
}

/** What one attempt signs with. */
export interface SigningFacts {
  readonly credentials: AwsCredentials;
  /** Milliseconds since the epoch, by the service's clock as far as it is known. */
  readonly time: number;
}

const SKEWED = /^(?:RequestTimeTooSkewed|RequestExpired|SignatureDoesNotMatch|AuthFailure)$/;
/** The last three are S3's words for it. */
const EXPIRED =
  /^(?:ExpiredToken|ExpiredTokenException|InvalidClientTokenId|InvalidAccessKeyId|InvalidToken|TokenRefreshRequired)$/;
/** Seconds; a smaller difference explains no refusal. */
const LEAST_SKEW = 2;

/** Credentials and time for the calls of one run, whatever the service. */
export class AwsSession {
  readonly #source: CredentialSource;
  readonly #now: () => number;
  #credentials: AwsCredentials | undefined;
  #pending: Promise<AwsCredentials> | undefined;
  /** Milliseconds that the services' clocks are ahead of this machine's. */
  #offset = 0;

  /** @param now milliseconds since the epoch, by this machine's clock */
  constructor(source: CredentialSource, now: () => number) {
    this.#source = source;
    this.#now = now;
  }

  /**
   * Makes a call; makes it once more with the service's time where it was refused for the clock's
   * sake, and once more with new credentials where those were refused as out of date.
   *
   * @param attempt signs, sends, and throws {@linkcode AwsError} for a refusal, whose `skew` is that
   *   of the `time` it was given
   */
  async call<T>(
    attempt: (facts: SigningFacts) => Promise<T>,
    signal: AbortSignal,
  ): Promise<T> {
    let adjusted = false;
    let refused: AwsCredentials | undefined;
    while (true) {
      const credentials = await this.#current(refused, signal);
      const offset = this.#offset;
      try {
        return await attempt({ credentials, time: this.#now() + offset });
      } catch (error) {
        if (!(error instanceof AwsError)) throw error;
        const { code, skew } = error.facts;
        if (EXPIRED.test(code) && refused === undefined) {
          refused = credentials;
          continue;
        }
        if (SKEWED.test(code) && Math.abs(skew ?? 0) >= LEAST_SKEW && !adjusted) {
          adjusted = true;
          this.#offset = offset - skew! * 1000;
          continue;
        }
        throw error;
      }
    }
  }

  /** Calls run side by side, and all but one find that another has renewed them already. */
  async #current(
    refused: AwsCredentials | undefined,
    signal: AbortSignal,
  ): Promise<AwsCredentials> {
    if (this.#credentials !== undefined && this.#credentials !== refused) return this.#credentials;
    this.#pending ??= this.#source.get(refused, signal)
      .then((credentials) => this.#credentials = credentials)
      .finally(() => this.#pending = undefined);
    return await this.#pending;
  }
}
