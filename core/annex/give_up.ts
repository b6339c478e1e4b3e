/** One clock for all that is waited for: a machine that costs money does not wait for ever. */
import { AnnexError } from "./errors.ts";
import { asAnnexError } from "./failures.ts";
import type { AnnexHost } from "./host.ts";

/** Pauses in seconds, one after the other; the last one stays. */
export type Pauses = readonly number[];

/** After failures. */
export const FAILURE_PAUSES: Pauses = [1, 2, 4, 8, 16, 30];
/** For tags, which come late without anything being wrong. */
export const TAG_PAUSES: Pauses = [5, 10, 20, 30];
/** For the metadata service, whose routes may come up after the network is said to be there. */
export const METADATA_PAUSES: Pauses = [0.2, 0.4, 0.8, 1.6, 3.2, 5];

/** Least time of an attempt that begins, in milliseconds, however little is left. */
const LEAST_MS = 30_000;
/** Timers and the clock need not agree to the millisecond. */
const SLACK_MS = 50;

/** How a step is tried. */
export interface RetryOptions {
  /** What the failure is called in the log, e.g. `Cannot describe the instance`. */
  readonly action: string;
  /** @default {FAILURE_PAUSES} */
  readonly pauses?: Pauses | ((error: AnnexError) => Pauses);
  /** Most attempts, also for errors of certain codes alone. */
  readonly attempts?: number | ((error: AnnexError) => number | undefined);
  /** Ends this step's work, besides the host's own signal. */
  readonly signal?: AbortSignal;
}

/** Counts the time since the metadata service was first asked. */
export class GiveUpClock {
  readonly #host: AnnexHost;
  readonly #start: number;
  #limitMs: number;
  readonly #leastMs: number;

  /**
   * @param seconds after which nothing is tried again, and no attempt goes on
   * @param options `leastMs` least milliseconds of an attempt that begins before
   */
  constructor(host: AnnexHost, seconds: number, { leastMs = LEAST_MS } = {}) {
    this.#host = host;
    this.#leastMs = leastMs;
    this.#start = host.clock.monotonic();
    this.#limitMs = seconds * 1000;
  }

  /** Milliseconds so far. */
  get elapsed(): number {
    return this.#host.clock.monotonic() - this.#start;
  }

  /** Whether the time is over. */
  get isOver(): boolean {
    return this.elapsed >= this.#limitMs;
  }

  /** Ends the time earlier, so many seconds from now. */
  shorten(seconds: number): void {
    this.#limitMs = Math.min(this.#limitMs, this.elapsed + seconds * 1000);
  }

  /**
   * Tries until it works, with pauses that grow, of which half is chance; no pause goes past the end,
   * and no attempt that heeds its signal goes far past it, however slowly something comes.
   *
   * @throws {AnnexError} what is final; the last failure when the time or the attempts are over
   */
  async retry<T>(
    attempt: (signal: AbortSignal) => Promise<T>,
    { action, pauses = FAILURE_PAUSES, attempts, signal = this.#host.signal }: RetryOptions,
  ): Promise<T> {
    const { clock } = this.#host;
    for (let count = 1;; count++) {
      let failure: AnnexError;
      try {
        signal.throwIfAborted();
        return await this.#limited(attempt, action, signal);
      } catch (error) {
        signal.throwIfAborted();
        const known = asAnnexError(error, action);
        if (!(known instanceof AnnexError) || !known.retryable) throw known;
        failure = known;
      }
      const most = typeof attempts === "function" ? attempts(failure) : attempts;
      if (this.isOver || count >= (most ?? Infinity)) throw failure;
      const list = typeof pauses === "function" ? pauses(failure) : pauses;
      const seconds = list[Math.min(count, list.length) - 1] ?? 30;
      const drawn = seconds * (0.5 + clock.random() / 2);
      const wanted = Math.round(Math.max(drawn, failure.retryAfter) * 1000);
      const pause = Math.min(wanted, this.#limitMs - this.elapsed);
      this.#host.note(failure.message, {
        event: "retry",
        code: failure.code,
        attempt: count,
        elapsed: Math.round(this.elapsed / 1000),
        pause: Math.round(pause / 100) / 10,
      });
      await clock.sleep(pause, signal);
    }
  }

  async #limited<T>(
    attempt: (signal: AbortSignal) => Promise<T>,
    action: string,
    signal: AbortSignal,
  ): Promise<T> {
    const over = new AbortController();
    const timer = setTimeout(() => {
      const text = `${action}: it was not done when the time was over`;
      over.abort(new AnnexError(text, { code: "no-answer", retryable: true }));
    }, Math.max(this.#limitMs - this.elapsed + SLACK_MS, this.#leastMs));
    try {
      return await attempt(AbortSignal.any([signal, over.signal]));
    } finally {
      clearTimeout(timer);
    }
  }
}
