/** Long work that blocks, in slices, between which signals and timers get their turn. */

/** Milliseconds of a slice. */
const SLICE = 20;
/** Pieces of work between two looks at the clock. */
const BETWEEN_LOOKS = 64;

/** Counts pieces of work. */
export class Slices {
  #pieces = 0;
  #begin = performance.now();
  #average = 0;

  /** Microseconds that a piece took in the last whole slice; 0 before there was one. */
  get average(): number {
    return this.#average;
  }

  /** Whether it is time for a {@linkcode pause}; to be asked after each piece of work. */
  get isOver(): boolean {
    if (++this.#pieces % BETWEEN_LOOKS !== 0) return false;
    return performance.now() >= this.#begin + SLICE;
  }

  /** Lets the event loop run once. */
  async pause(): Promise<void> {
    this.#average = (performance.now() - this.#begin) * 1000 / this.#pieces;
    await new Promise<void>((resolve) => setTimeout(resolve, 0));
    [this.#pieces, this.#begin] = [0, performance.now()];
  }
}
