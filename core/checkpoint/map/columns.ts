/** The columns of a line of a map file (manual, "Self-Checkpointing Jobs"). */

/** A column, and how it was written. */
export interface Column {
  /** Without its quotes or slashes. */
  readonly text: string;
  /** What surrounds it. */
  readonly form: "bare" | "quoted" | "pattern";
  /** The letters behind the second slash of a pattern. */
  readonly flags: string;
  /** The end of the line closes it. */
  readonly isUnclosed: boolean;
}

// Neither a carriage return nor a form feed ends a column.
const BLANKS = /[ \t]*/y;
const WORD = /[^ \t]*/y;
const FLAGS = /[iU]*/y;

/** Splits a line into columns, one after the other. */
export class ColumnReader {
  readonly #line: string;
  #at = 0;

  constructor(line: string) {
    this.#line = line;
  }

  /**
   * The next column, in quotes or up to the next blank; undefined at the end of the line. A column
   * may follow a closing quote, and the flags of a pattern, without a blank.
   *
   * @param patterns whether a slash begins a pattern, which goes up to the next slash
   */
  next({ patterns = false } = {}): Column | undefined {
    this.#take(BLANKS);
    const first = this.#line[this.#at];
    if (first === undefined) return undefined;
    if (first === '"') return { ...this.#until('"'), form: "quoted", flags: "" };
    if (first === "/" && patterns) {
      return { ...this.#until("/"), form: "pattern", flags: this.#take(FLAGS) };
    }
    return { text: this.#take(WORD), form: "bare", flags: "", isUnclosed: false };
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

  /** A backslash makes the end or another backslash a part of the text; other pairs stay. */
  #until(end: string): { text: string; isUnclosed: boolean } {
    const parts: string[] = [];
    for (this.#at++; this.#at < this.#line.length; this.#at++) {
      const char = this.#line[this.#at]!;
      if (char === end) {
        this.#at++;
        return { text: parts.join(""), isUnclosed: false };
      }
      const after = this.#line[this.#at + 1];
      if (char === "\\" && (after === end || after === "\\")) this.#at++;
      parts.push(this.#line[this.#at]!);
    }
    return { text: parts.join(""), isUnclosed: true };
  }
}
