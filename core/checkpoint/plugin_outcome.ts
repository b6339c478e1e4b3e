/** How the removal of files went, and how a plug-in says so. */
import { redact } from "../log/redact.ts";
import { CleanupFailure, EXIT_STATUS } from "./failure.ts";
import { quote } from "./location.ts";
import { componentsOf, shown } from "./name.ts";
import type { Batch } from "./store.ts";

/** What an {@linkcode Outcome} is told. */
export interface OutcomeOptions {
  /** The state of files that nothing was heard of. */
  readonly silence: string;
  /** Takes a line about each file that is gone. */
  verbose(text: string): void;
}

/** The outcome for each file of a batch. */
export class Outcome {
  /** What concerns all files that nothing else is known about. */
  thrown: CleanupFailure | undefined;
  readonly #batch: Batch;
  readonly #how: OutcomeOptions;
  readonly #known: Uint8Array;
  readonly #failures = new Map<number, CleanupFailure>();
  #count = 0;

  constructor(batch: Batch, options: OutcomeOptions) {
    this.#batch = batch;
    this.#how = options;
    this.#known = new Uint8Array(batch.count);
  }

  /** Notes how it ended for one file. */
  set(index: number, failure?: CleanupFailure): void {
    this.#known[index] = 1;
    this.#count++;
    if (failure !== undefined) this.#failures.set(index, failure);
    else this.#how.verbose(`${shown(this.#batch.name(index))} is gone`);
  }

  /** Says what went wrong, for a person; returns the exit status. */
  report(say: (text: string) => void): number {
    for (let index = 0; index < this.#batch.count; index++) {
      const failure = this.#failureOf(index);
      if (failure === undefined) continue;
      say(failure.message);
      return failure.exitStatus;
    }
    return 0;
  }

  /** Says for each file what went wrong, for a program; returns the exit status. */
  async answer(
    { say, print }: { say: (text: string) => void; print: (text: string) => void },
  ): Promise<number> {
    // Nothing is said of single files where the store as a whole is at fault.
    if (this.thrown !== undefined && this.#count === 0) return this.report(say);
    const { printDeleteAnswer } = await import("./delete_list.ts");
    let status = 0;
    for (let index = 0; index < this.#batch.count; index++) {
      const failure = this.#failureOf(index);
      if (failure === undefined) continue;
      const { kind, message, retryAfter } = failure;
      const shownFailure = new CleanupFailure(
        kind,
        redact(message),
        retryAfter === undefined ? {} : { retryAfter },
      );
      print(printDeleteAnswer({ name: this.#batch.name(index), failure: shownFailure }));
      // What another time may do is not the worst.
      if (status === 0 || status === EXIT_STATUS.Transient) status = failure.exitStatus;
    }
    return status;
  }

  /** Says what would be removed; to be removed it remains. */
  pretend(print: (text: string) => void): void {
    for (let index = 0; index < this.#batch.count; index++) {
      const name = this.#batch.name(index);
      try {
        componentsOf(name);
      } catch (error) {
        if (!(error instanceof CleanupFailure)) throw error;
        this.set(index, error);
        continue;
      }
      print(redact(`Would remove ${shown(name)} of ${quote(this.#batch.base.text)}`) + "\n");
    }
    this.thrown = new CleanupFailure("Transient", "Nothing was removed: this is a dry run");
  }

  #failureOf(index: number): CleanupFailure | undefined {
    if (this.#known[index]) return this.#failures.get(index);
    return this.thrown ?? new CleanupFailure(
      "Transient",
      `Cannot remove ${shown(this.#batch.name(index))}: ${this.#how.silence}`,
    );
  }
}
