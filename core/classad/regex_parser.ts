/**
 * Patterns of regexp() and its relatives: the syntax of PCRE as far as job ads use it.
 *
 * Not supported, and so an error as any malformed pattern: recursion, conditions, callouts,
 * `\K`, `\X`, `\R` and Unicode properties. Characters are bytes, as they are in HTCondor.
 */

/** How often a part is repeated, and whether it gives back what it took. */
export type Mode = "greedy" | "lazy" | "possessive";

/** A part of a pattern. */
export type Node =
  | { readonly kind: "set"; readonly has: (code: number) => boolean }
  | { readonly kind: "sequence"; readonly parts: readonly Node[] }
  | { readonly kind: "choice"; readonly parts: readonly Node[] }
  | { readonly kind: "group"; readonly index: number; readonly part: Node }
  | { readonly kind: "atomic"; readonly part: Node }
  | { readonly kind: "look"; readonly behind: boolean; readonly not: boolean; readonly part: Node }
  | { readonly kind: "back"; readonly index: number }
  | { readonly kind: "place"; readonly place: Place }
  | {
    readonly kind: "repeat";
    readonly part: Node;
    readonly least: number;
    readonly most: number;
    readonly mode: Mode;
  };

/** A condition on a place between characters. */
export type Place = "start" | "end" | "lastEnd" | "lineStart" | "lineEnd" | "word" | "notWord";

/** A parsed pattern. */
export interface Pattern {
  readonly root: Node;
  /** How many groups capture. */
  readonly groups: number;
  readonly ignoreCase: boolean;
}

/** A pattern that cannot be used. */
export class PatternError extends Error {}

interface Flags {
  ignoreCase: boolean;
  multiline: boolean;
  dotAll: boolean;
  extended: boolean;
}

const isDigit = (code: number): boolean => code >= 0x30 && code <= 0x39;
const isLetter = (code: number): boolean => (code | 0x20) >= 0x61 && (code | 0x20) <= 0x7a;
const isSpace = (code: number): boolean => code === 0x20 || (code >= 9 && code <= 13);

/** Whether a character belongs to a word. */
export const isWord = (code: number): boolean => isDigit(code) || isLetter(code) || code === 0x5f;

type Test = (code: number) => boolean;

const CLASSES: ReadonlyMap<string, Test> = new Map<string, Test>([
  ["d", isDigit],
  ["w", isWord],
  ["s", isSpace],
  ["h", (code) => code === 0x20 || code === 9 || code === 0xa0],
  ["v", (code) => (code >= 10 && code <= 13) || code === 0x85],
  ["N", (code) => code !== 10],
]);

const POSIX: ReadonlyMap<string, Test> = new Map<string, Test>([
  ["alpha", isLetter],
  ["digit", isDigit],
  ["alnum", (code) => isLetter(code) || isDigit(code)],
  ["word", isWord],
  ["space", isSpace],
  ["blank", (code) => code === 0x20 || code === 9],
  ["upper", (code) => code >= 0x41 && code <= 0x5a],
  ["lower", (code) => code >= 0x61 && code <= 0x7a],
  ["punct", (code) => code > 0x20 && code < 0x7f && !isLetter(code) && !isDigit(code)],
  ["xdigit", (code) => isDigit(code) || ((code | 0x20) >= 0x61 && (code | 0x20) <= 0x66)],
  ["cntrl", (code) => code < 0x20 || code === 0x7f],
  ["print", (code) => code >= 0x20 && code < 0x7f],
  ["graph", (code) => code > 0x20 && code < 0x7f],
]);

const CONTROLS: ReadonlyMap<string, number> = new Map([
  ["n", 10],
  ["r", 13],
  ["t", 9],
  ["f", 12],
  ["a", 7],
  ["e", 27],
]);

const PLACES: ReadonlyMap<string, Place> = new Map<string, Place>([
  ["A", "start"],
  ["z", "end"],
  ["Z", "lastEnd"],
  ["b", "word"],
  ["B", "notWord"],
]);

/**
 * Parses a pattern given as one character per byte.
 *
 * @param options letters: `i`, `m`, `s` and `x` as in Perl; others are ignored
 * @throws PatternError
 */
export function parsePattern(pattern: string, options: string): Pattern {
  return new PatternParser(pattern, {
    ignoreCase: options.includes("i"),
    multiline: options.includes("m"),
    dotAll: options.includes("s"),
    extended: options.includes("x"),
  }).pattern();
}

class PatternParser {
  readonly #text: string;
  readonly #names = new Map<string, number>();
  #flags: Flags;
  #at = 0;
  #groups = 0;
  #depth = 0;

  constructor(text: string, flags: Flags) {
    this.#text = text;
    this.#flags = flags;
  }

  pattern(): Pattern {
    const root = this.#choice();
    if (this.#at < this.#text.length) throw new PatternError("unmatched parenthesis");
    return { root, groups: this.#groups, ignoreCase: this.#flags.ignoreCase };
  }

  #choice(): Node {
    if (++this.#depth > 100) throw new PatternError("nested too deeply");
    const parts = [this.#sequence()];
    while (this.#take("|")) parts.push(this.#sequence());
    this.#depth--;
    return parts.length === 1 ? parts[0] as Node : { kind: "choice", parts };
  }

  #sequence(): Node {
    const parts: Node[] = [];
    for (;;) {
      if (this.#flags.extended) this.#skipBlanks();
      const next = this.#text[this.#at];
      if (next === undefined || next === "|" || next === ")") return { kind: "sequence", parts };
      const part = this.#atom(next);
      if (part !== undefined) parts.push(this.#repeated(part));
    }
  }

  #skipBlanks(): void {
    for (;;) {
      const next = this.#text[this.#at];
      if (next === "#") {
        const end = this.#text.indexOf("\n", this.#at);
        this.#at = end < 0 ? this.#text.length : end + 1;
      } else if (next !== undefined && isSpace(next.charCodeAt(0))) {
        this.#at++;
      } else {
        return;
      }
    }
  }

  #repeated(part: Node): Node {
    let result = part;
    for (;;) {
      if (this.#flags.extended) this.#skipBlanks();
      const range = this.#range();
      if (range === undefined) return result;
      if (result.kind === "repeat") throw new PatternError("nothing to repeat");
      const mode = this.#take("?") ? "lazy" : this.#take("+") ? "possessive" : "greedy";
      result = { kind: "repeat", part: result, least: range[0], most: range[1], mode };
    }
  }

  #range(): [number, number] | undefined {
    if (this.#take("*")) return [0, Infinity];
    if (this.#take("+")) return [1, Infinity];
    if (this.#take("?")) return [0, 1];
    const found = /^\{(\d{1,5})(?:(,)(\d{0,5}))?\}/.exec(this.#text.slice(this.#at, this.#at + 16));
    if (found === null) return undefined;
    this.#at += found[0].length;
    const least = Number(found[1]);
    const most = found[2] === undefined ? least : found[3] === "" ? Infinity : Number(found[3]);
    if (most < least) throw new PatternError("numbers out of order");
    return [least, most];
  }

  #atom(next: string): Node | undefined {
    this.#at++;
    switch (next) {
      case "(":
        return this.#group();
      case "[":
        return { kind: "set", has: this.#folded(this.#bracket()) };
      case ".": {
        const { dotAll } = this.#flags;
        return { kind: "set", has: (code) => dotAll || code !== 10 };
      }
      case "^":
        return { kind: "place", place: this.#flags.multiline ? "lineStart" : "start" };
      case "$":
        return { kind: "place", place: this.#flags.multiline ? "lineEnd" : "lastEnd" };
      case "*":
      case "+":
      case "?":
        throw new PatternError("nothing to repeat");
      case "\\":
        return this.#escape();
      default:
        return this.#single(next.charCodeAt(0));
    }
  }

  #group(): Node | undefined {
    if (this.#take("?#")) {
      const end = this.#text.indexOf(")", this.#at);
      if (end < 0) throw new PatternError("comment is not closed");
      this.#at = end + 1;
      return undefined;
    }
    for (const [mark, behind, not] of LOOKS) {
      if (this.#take(mark)) return { kind: "look", behind, not, part: this.#inside() };
    }
    if (this.#take("?>")) return { kind: "atomic", part: this.#inside() };
    const rest = this.#text.slice(this.#at, this.#at + 64);
    const name = /^\?(?:P?<([A-Za-z_]\w*)>|'([A-Za-z_]\w*)')/.exec(rest);
    if (name !== null) {
      this.#at += name[0].length;
      this.#names.set(name[1] ?? name[2] ?? "", this.#groups + 1);
    } else if (rest.startsWith("?")) {
      return this.#flagGroup(rest);
    }
    const index = ++this.#groups;
    return { kind: "group", index, part: this.#inside() };
  }

  /** `(?i)`, for the rest of the pattern, or `(?i:…)`. */
  #flagGroup(rest: string): Node | undefined {
    const found = /^\?([imsx]*)(?:-([imsx]+))?([:)])/.exec(rest);
    if (found === null) throw new PatternError("unknown group");
    this.#at += found[0].length;
    const outer = this.#flags;
    const [, on = "", off = "", end] = found;
    const set = (letter: string, now: boolean): boolean =>
      off.includes(letter) ? false : now || on.includes(letter);
    this.#flags = {
      ignoreCase: set("i", outer.ignoreCase),
      multiline: set("m", outer.multiline),
      dotAll: set("s", outer.dotAll),
      extended: set("x", outer.extended),
    };
    if (end === ")") return undefined;
    const part = this.#inside(outer);
    return part;
  }

  /** What is between here and the closing parenthesis; flags set inside end there. */
  #inside(flags = this.#flags): Node {
    const part = this.#choice();
    if (!this.#take(")")) throw new PatternError("parenthesis is not closed");
    this.#flags = flags;
    return part;
  }

  #escape(): Node {
    const letter = this.#text[this.#at];
    if (letter === undefined) throw new PatternError("backslash at the end");
    const place = PLACES.get(letter);
    if (place !== undefined) {
      this.#at++;
      return { kind: "place", place };
    }
    const rest = this.#text.slice(this.#at, this.#at + 64);
    const back = /^(?:([1-9]\d?)|g\{?([1-9]\d?)\}?|k(?:<(\w+)>|\{(\w+)\}|'(\w+)'))/.exec(rest);
    if (back !== null && Number(back[1] ?? 0) <= 9) {
      this.#at += back[0].length;
      const name = back[3] ?? back[4] ?? back[5];
      const index = name === undefined ? Number(back[1] ?? back[2]) : this.#names.get(name) ?? -1;
      if (index < 0) throw new PatternError("unknown group name");
      return { kind: "back", index };
    }
    const test = this.#classEscape();
    return test === undefined ? this.#single(this.#codeEscape()) : { kind: "set", has: test };
  }

  /** `\d` and its kind, in capitals the opposite. */
  #classEscape(): Test | undefined {
    const letter = this.#text[this.#at] ?? "";
    const test = CLASSES.get(letter);
    const opposite = letter === "N" ? undefined : CLASSES.get(letter.toLowerCase());
    if (test === undefined && opposite === undefined) return undefined;
    this.#at++;
    return test ?? ((code) => opposite?.(code) === false);
  }

  /** A single character written with a backslash, which has been read. */
  #codeEscape(): number {
    const letter = this.#text[this.#at++];
    if (letter === undefined) throw new PatternError("backslash at the end");
    const control = CONTROLS.get(letter);
    if (control !== undefined) return control;
    const rest = this.#text.slice(this.#at, this.#at + 4);
    if (letter === "x") {
      const found = /^(?:\{([0-9a-fA-F]{1,2})\}|([0-9a-fA-F]{0,2}))/.exec(rest);
      this.#at += found?.[0].length ?? 0;
      return Number.parseInt(found?.[1] ?? found?.[2] ?? "", 16) || 0;
    }
    if (letter >= "0" && letter <= "7") {
      const found = /^[0-7]{0,2}/.exec(rest)?.[0] ?? "";
      this.#at += found.length;
      return Number.parseInt(letter + found, 8) & 0xff;
    }
    if (isWord(letter.charCodeAt(0))) throw new PatternError("unknown escape");
    return letter.charCodeAt(0);
  }

  /** A bracketed set, whose opening bracket has been read. */
  #bracket(): Test {
    const isNegated = this.#take("^");
    const tests: Test[] = [];
    for (let isFirst = true;; isFirst = false) {
      const next = this.#text[this.#at];
      if (next === undefined) throw new PatternError("set is not closed");
      if (next === "]" && !isFirst) break;
      const test = this.#posix();
      if (test !== undefined) tests.push(test);
      else this.#bracketItem(tests);
    }
    this.#at++;
    return (code) => tests.some((test) => test(code)) !== isNegated;
  }

  #posix(): Test | undefined {
    const found = /^\[:(\^?)([a-z]+):\]/.exec(this.#text.slice(this.#at, this.#at + 16));
    if (found === null) return undefined;
    const test = POSIX.get(found[2] ?? "");
    if (test === undefined) throw new PatternError("unknown class");
    this.#at += found[0].length;
    return found[1] === "" ? test : (code) => !test(code);
  }

  #bracketItem(tests: Test[]): void {
    const low = this.#bracketCode(tests);
    if (low === undefined) {
      if (this.#isRange()) throw new PatternError("range starts with a class");
      return;
    }
    if (!this.#isRange()) {
      tests.push((code) => code === low);
      return;
    }
    this.#at++;
    const high = this.#bracketCode(tests);
    if (high === undefined) {
      tests.push((code) => code === low || code === 0x2d);
      return;
    }
    if (high < low) throw new PatternError("range out of order");
    tests.push((code) => code >= low && code <= high);
  }

  #isRange(): boolean {
    const after = this.#text[this.#at + 1];
    return this.#text[this.#at] === "-" && after !== undefined && after !== "]";
  }

  /** One character of a set; undefined where a whole class was added instead. */
  #bracketCode(tests: Test[]): number | undefined {
    if (!this.#take("\\")) return this.#text.charCodeAt(this.#at++);
    if (this.#take("b")) return 8;
    const test = this.#classEscape();
    if (test === undefined) return this.#codeEscape();
    tests.push(test);
    return undefined;
  }

  #single(code: number): Node {
    return { kind: "set", has: this.#folded((other) => other === code) };
  }

  /** Without regard to case where that is asked for. */
  #folded(test: Test): Test {
    if (!this.#flags.ignoreCase) return test;
    return (code) => test(code) || (isLetter(code) && test(code ^ 0x20));
  }

  #take(text: string): boolean {
    if (!this.#text.startsWith(text, this.#at)) return false;
    this.#at += text.length;
    return true;
  }
}

const LOOKS = [
  ["?=", false, false],
  ["?!", false, true],
  ["?<=", true, false],
  ["?<!", true, true],
] as const;
