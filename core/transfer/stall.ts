/**
 * The rule by which a transfer counts as stalled.
 *
 * At intervals, the first ending `seconds` after the attempt's start, the bytes moved since the
 * last look must be at least `bytesPerSecond` times the seconds since. HTCondor's own plug-in fails
 * a transfer by the same rule with the text below.
 */
import { TransferFailure } from "../errors.ts";

/** Text that HTCondor's users know a stalled transfer by. */
export const STALL_TEXT = "Aborted due to lack of progress";

/** libcurl's CURLE_ABORTED_BY_CALLBACK. */
const ABORTED_BY_CALLBACK = 42;

/** The failure of a stalled transfer; it is not tried again, for each try would cost as long. */
export function stallFailure(server: string | undefined): TransferFailure {
  return new TransferFailure("Transfer", STALL_TEXT, {
    failureType: "TooSlow",
    errorCode: ABORTED_BY_CALLBACK,
    retryable: 0,
    ...(server === undefined ? {} : { server }),
  });
}

/** Watches the progress of one attempt. */
export class StallWatch {
  readonly #interval: number;
  readonly #rate: number;
  #lookedAt: number;
  #bytes = 0;

  /**
   * @param now monotonic time of the attempt's start in milliseconds
   * @param rule length of the interval in seconds, and least bytes per second
   */
  constructor(now: number, rule: { stallSeconds: number; stallBytesPerSecond: number }) {
    this.#lookedAt = now;
    this.#interval = rule.stallSeconds * 1000;
    this.#rate = rule.stallBytesPerSecond;
  }

  /** Starts a new interval where the first is over: connecting took its time, and may. */
  begin(now: number): void {
    if (this.due(now)) this.#lookedAt = now;
  }

  /** Whether a look is due. */
  due(now: number): boolean {
    return now - this.#lookedAt >= this.#interval;
  }

  /**
   * Takes a look.
   *
   * @param now monotonic time in milliseconds
   * @param bytes all bytes moved so far
   * @returns whether the transfer has stalled
   */
  look(now: number, bytes: number): boolean {
    const seconds = (now - this.#lookedAt) / 1000;
    const moved = bytes - this.#bytes;
    this.#lookedAt = now;
    this.#bytes = bytes;
    return moved < Math.max(1, this.#rate * Math.floor(seconds));
  }
}
