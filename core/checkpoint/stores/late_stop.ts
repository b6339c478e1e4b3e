/** Stopping: nothing new is begun at once, what is under way has a moment to end. */
import { TransferFailure } from "../../errors.ts";

/** Milliseconds that a request gets after everything was told to stop. */
const GRACE = 300;

/** What ends a request. */
export interface LateStopOptions {
  /** Milliseconds from the stop to the end. */
  readonly grace?: number;
  /** Milliseconds after which it ends in any case. */
  readonly longest?: number;
}

/** Two signals from one: `begin` as it is given, and `end` a moment later. */
export class LateStop implements Disposable {
  readonly #end = new AbortController();
  readonly #grace: number;
  #timer: ReturnType<typeof setTimeout> | undefined;

  /** @param begin when aborted nothing new is begun */
  constructor(readonly begin: AbortSignal, { grace = GRACE, longest }: LateStopOptions = {}) {
    this.#grace = grace;
    if (longest !== undefined) this.#in(longest, `no answer within ${longest / 1000} s`);
    if (begin.aborted) this.#hurry();
    else begin.addEventListener("abort", this.#hurry, { once: true });
  }

  /** When aborted what is under way ends; the reason is a `TransferFailure`. */
  get end(): AbortSignal {
    return this.#end.signal;
  }

  [Symbol.dispose](): void {
    clearTimeout(this.#timer);
    this.begin.removeEventListener("abort", this.#hurry);
  }

  readonly #hurry = () => {
    clearTimeout(this.#timer);
    this.#in(this.#grace, "stopped before it answered");
  };

  #in(time: number, reason: string): void {
    this.#timer = setTimeout(() => {
      const facts = { errorCode: 28, retryable: 0, failureType: "TimedOut" } as const;
      this.#end.abort(new TransferFailure("Transfer", reason, facts));
    }, time);
  }
}
