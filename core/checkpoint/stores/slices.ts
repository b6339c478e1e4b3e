/** Long work that blocks, in slices, between which signals and timers get their turn. */

/** Milliseconds of a slice. */
const SLICE = 20;
/** Pieces of work between two looks at the clock. */
const BETWEEN_LOOKS = 64;

/** Counts pieces of work. */
export class Slices {
  #pieces = 0;
  #end = performance.now() + SLICE;

  /** Whether it is time for a {@linkcode pause}; to be asked after each piece of work. */
  get isOver(): boolean {
    return ++this.#pieces % BETWEEN_LOOKS === 0 && performance.now() >= this.#end;
  }

  /** Lets the event loop run once. */
  async pause(): Promise<void> {
    await new Promise<void>((resolve) => setTimeout(resolve, 0));
    this.#end = performance.now() + SLICE;
  }
}
