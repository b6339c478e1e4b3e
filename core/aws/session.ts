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
const EXPIRED = /^(?:ExpiredToken|ExpiredTokenException|InvalidClientTokenId)$/;
/** Seconds; a smaller difference explains no refusal. */
const LEAST_SKEW = 2;

/** Credentials and time for the calls of one run, whatever the service. */
export class AwsSession {
  readonly #source: CredentialSource;
  readonly #now: () => number;
  #credentials: AwsCredentials | undefined;
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
   * @param attempt signs, sends, and throws {@linkcode AwsError} for a refusal
   */
  async call<T>(
    attempt: (facts: SigningFacts) => Promise<T>,
    signal: AbortSignal,
  ): Promise<T> {
    let [adjusted, renewed] = [false, false];
    while (true) {
      this.#credentials ??= await this.#source.get(undefined, signal);
      const credentials = this.#credentials;
      try {
        return await attempt({ credentials, time: this.#now() + this.#offset });
      } catch (error) {
        if (!(error instanceof AwsError)) throw error;
        const { code, skew } = error.facts;
        if (EXPIRED.test(code) && !renewed) {
          renewed = true;
          // Calls run side by side: another may have renewed them already.
          if (this.#credentials === credentials) {
            this.#credentials = await this.#source.get(credentials, signal);
          }
          continue;
        }
        if (SKEWED.test(code) && skew !== undefined && !adjusted) {
          adjusted = true;
          const offset = -skew * 1000;
          if (Math.abs(offset - this.#offset) >= LEAST_SKEW * 1000) {
            this.#offset = offset;
            continue;
          }
        }
        throw error;
      }
    }
  }
}
