/** What is said of things that are skipped: once, until it changes. */

/** Most things remembered, so that a directory full of them neither fills the memory nor the log. */
const LIMIT = 1000;

/** Takes notes at one look at the directory. */
export interface NoteTaker {
  /** Says a line, unless it was said at the last look too. */
  note(line: string): void;
  /** Ends a look that saw everything: what was not noted now will be said again. */
  end(): void;
}

/** The notes of a directory. */
export class Notes {
  readonly #say: (line: string) => void;
  #said = new Set<string>();

  /** @param say takes a line that is new */
  constructor(say: (line: string) => void) {
    this.#say = say;
  }

  /** Begins a look. Several may be under way. */
  begin(): NoteTaker {
    const seen = new Set<string>();
    const take = (line: string) => {
      seen.add(line);
      // Looks that never end leave what they saw.
      if (this.#said.size >= 2 * LIMIT) this.#said.clear();
      if (this.#said.has(line)) return;
      this.#said.add(line);
      this.#say(line);
    };
    return {
      note(line) {
        if (seen.size < LIMIT) take(line);
        else take("Skipped more than these");
      },
      end: () => {
        this.#said = seen;
      },
    };
  }
}
