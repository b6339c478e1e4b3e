/** How the removal of files went, and how a plug-in says so. */
import { redact } from "../log/redact.ts";
import { CleanupFailure, EXIT_STATUS } from "./failure.ts";
import { shown } from "./name.ts";
import type { Batch } from "./store.ts";

/** The outcome for each file of a batch. */
export class Outcome {
  /** What concerns all files that nothing else is known about. */
  thrown: CleanupFailure | undefined;
  readonly #batch: Batch;
  readonly #silence: string;
  readonly #known: Uint8Array;
  readonly #failures = new Map<number, CleanupFailure>();
  #count = 0;

  /** @param silence the state of files that nothing was heard of */
  constructor(batch: Batch, silence: string) {
    this.#batch = batch;
    this.#silence = silence;
    this.#known = new Uint8Array(batch.count);
  }

  /** Notes how it ended for one file. */
  set(index: number, failure?: CleanupFailure): void {
    this.#known[index] = 1;
    this.#count++;
    if (failure !== undefined) this.#failures.set(index, failure);
  }

  /** Says what went wrong, for a person; returns the exit status. */
  report(say: (text: string) => void): number {
    for (let index = 0; index < this.#batch.count; index++) {
      const failure = this.#failureOf(index);
      if (failure === undefined) continue;
      say(redact(failure.message));
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
      print(printDeleteAnswer({ name: this.#batch.name(index), failure }));
      // What another time may do is not the worst.
      if (status === 0 || status === EXIT_STATUS.Transient) status = failure.exitStatus;
    }
    return status;
  }

  /** Says what would be removed; returns the exit status of files that are still there. */
  pretend(print: (text: string) => void): number {
    const { base, count, name } = this.#batch;
    for (let index = 0; index < count; index++) {
      print(`Would remove ${shown(name(index))} of ${base.text}\n`);
    }
    return EXIT_STATUS.Transient;
  }

  #failureOf(index: number): CleanupFailure | undefined {
    if (this.#known[index]) return this.#failures.get(index);
    return this.thrown ?? new CleanupFailure(
      "Transient",
      `Cannot remove ${shown(this.#batch.name(index))}: ${this.#silence}`,
    );
  }
}
