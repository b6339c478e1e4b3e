/** The time that a clean-up has. */
import type { Clock } from "../../clock.ts";

/** A signal that is aborted after some time, and leaves no timer behind. */
export interface TimeLimit extends Disposable {
  readonly signal: AbortSignal;
  /** When the time is up, in milliseconds of the monotonic clock. */
  readonly deadline: number;
}

/** Begins to count, from now on. `budget` is in seconds, 0 for no limit. */
export function timeLimit(budget: number, clock: Clock): TimeLimit {
  const ms = budget > 0 ? budget * 1000 : Infinity;
  const [limit, over] = [new AbortController(), new AbortController()];
  if (ms < Infinity) clock.sleep(ms, over.signal).then(() => limit.abort(), () => {});
  return {
    signal: limit.signal,
    deadline: clock.monotonic() + ms,
    [Symbol.dispose]: () => over.abort(),
  };
}
