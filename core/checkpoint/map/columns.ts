/** The columns of a line of a map file (manual, "Unified Map File"). */

/** A column, and what is odd about it. */
export interface Column {
  /** Without its quotes. */
  readonly text: string;
  readonly isQuoted: boolean;
  /** A quote that the end of the line closes. */
  readonly isUnclosed: boolean;
}

/** How a regular expression is written: `/pattern/flags`. */
export interface PatternText {
  readonly pattern: string;
  readonly flags: string;
}

const BLANKS = /[ \t\r\n]*/y;
const WORD = /[^ \t\r\n]*/y;

/** Splits lines that are neither empty nor comments into columns, one after the other. */
export class ColumnReader {
  readonly #line: string;
  #at = 0;

  constructor(line: string) {
    this.#line = line;
  }

  /** The next column, in quotes or up to the next blank; undefined at the end of the line. */
  next(): Column | undefined {
    this.#take(BLANKS);
    if (this.#at === this.#line.length) return undefined;
    if (this.#line[this.#at] === '"') return this.#quoted();
    return { text: this.#take(WORD), isQuoted: false, isUnclosed: false };
  }

  /** What follows the columns read so far. */
  rest(): string {
    return this.#line.slice(this.#at).trim();
  }

  #take(what: RegExp): string {
    what.lastIndex = this.#at;
    const text = what.exec(this.#line)?.[0] ?? "";
    this.#at += text.length;
    return text;
  }

  #quoted(): Column {
    let text = "";
    for (this.#at++; this.#at < this.#line.length; this.#at++) {
      const char = this.#line[this.#at]!;
      if (char === '"') {
        this.#at++;
        return { text, isQuoted: true, isUnclosed: false };
      }
      const after = this.#line[this.#at + 1];
      if (char === "\\" && (after === '"' || after === "\\")) {
        text += after;
        this.#at++;
      } else text += char;
    }
    return { text, isQuoted: true, isUnclosed: true };
  }
}
