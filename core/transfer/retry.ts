/**
 * When a failed attempt is followed by another.
 */
import type { TransferFailure } from "../errors.ts";

/** Longest wait between two attempts that nobody asked for, in seconds, before jitter. */
const LONGEST_BACKOFF = 30;

/** What has been spent on a file, and what may be. */
export interface RetryBudget {
  /** Attempts made so far. */
  readonly attempts: number;
  /** Attempts allowed in all. */
  readonly attemptsAllowed: number;
  /** Seconds since the first failure. */
  readonly elapsed: number;
  /** Seconds from the first failure within which a further attempt may begin. */
  readonly elapsedAllowed: number;
}

/**
 * Seconds to wait before the next attempt, or undefined where there must be none.
 *
 * The wait doubles from half a second up to half a minute, spread by half either way so that jobs
 * that failed together do not return together; a server's `Retry-After` is a lower bound.
 *
 * @param failure how the last attempt ended
 * @param budget what is left
 * @param random a random number of at least 0 and below 1
 */
export function retryDelay(
  failure: TransferFailure,
  budget: RetryBudget,
  random: number,
): number | undefined {
  if (!failure.retryable || failure.facts.failureType === "TooSlow") return undefined;
  if (budget.attempts >= budget.attemptsAllowed) return undefined;
  const backoff = Math.min(LONGEST_BACKOFF, 0.5 * 2 ** (budget.attempts - 1)) * (0.5 + random);
  const delay = Math.max(failure.facts.retryable, backoff);
  return budget.elapsed + delay <= budget.elapsedAllowed ? delay : undefined;
}
