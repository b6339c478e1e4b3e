/** Progress for whoever watches at a terminal. */

/** Milliseconds between two lines. */
const INTERVAL = 200;

/** What a clean-up has to do, and where it is. */
export interface Stage {
  /** Which of the numbers, from 1, and of how many. */
  readonly index: number;
  readonly of: number;
  readonly files: number;
}

/** Shows `number 3/5  41 200/100 000 files  9.8 k/s  eta 6 s`, over itself. */
export class Progress {
  readonly #write: ((text: string) => void) | undefined;
  readonly #now: () => number;
  #stage: Stage = { index: 0, of: 0, files: 0 };
  #done = 0;
  #startedAt = 0;
  #shownAt = -Infinity;
  #shown = false;

  /**
   * @param write takes text for the terminal; nothing where there is none
   * @param now monotonic time in milliseconds
   */
  constructor(write: ((text: string) => void) | undefined, now: () => number) {
    this.#write = write;
    this.#now = now;
  }

  /** Begins with the files of another number. */
  begin(stage: Stage): void {
    this.#stage = stage;
    this.#done = 0;
    this.#startedAt = this.#now();
  }

  /** Counts a file. */
  step(): void {
    this.#done++;
    if (this.#write === undefined) return;
    const now = this.#now();
    if (now - this.#shownAt < INTERVAL) return;
    this.#shownAt = now;
    this.#shown = true;
    this.#write(`\r${progressText(this.#stage, this.#done, now - this.#startedAt)}\x1b[K`);
  }

  /** Takes the line away, for other output or at the end. */
  clear(): void {
    if (this.#shown) this.#write?.("\r\x1b[K");
    this.#shown = false;
  }
}

/** The line itself, after `ms` milliseconds. */
export function progressText({ index, of, files }: Stage, done: number, ms: number): string {
  const rate = ms > 0 ? done / (ms / 1000) : 0;
  const eta = rate > 0 ? Math.ceil((files - done) / rate) : undefined;
  return [
    `number ${index}/${of}`,
    `${grouped(done)}/${grouped(files)} files`,
    `${rate >= 1000 ? `${(rate / 1000).toFixed(1)} k` : rate.toFixed(0)}/s`,
    ...(eta === undefined ? [] : [`eta ${grouped(eta)} s`]),
  ].join("  ");
}

function grouped(n: number): string {
  return `${n}`.replace(/\B(?=(\d{3})+$)/g, " ");
}
