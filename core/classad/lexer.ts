/**
 * Tokens of both ad formats, one ahead of the parser.
 *
 * The text is a string of one character per byte. Numbers, strings and comments are read as
 * HTCondor's lexer does, quirks included; each is named where it is followed.
 */

import { ClassAdError } from "./error.ts";
import { decodeBinary, isSpace } from "./text.ts";
import { clamp64 } from "./value.ts";

/** What a token is; operators and punctuation are their own text. */
export type TokenKind = "end" | "name" | "string" | "integer" | "real" | "word" | "operator";

/** Which rule for backslashes in strings applies. */
export type StringRule = "new" | "old";

const QUOTE = 0x22;
const APOSTROPHE = 0x27;
const BACKSLASH = 0x5c;
const MINUS = 0x2d;
const DOT = 0x2e;
const SLASH = 0x2f;
const STAR = 0x2a;
const NEWLINE = 0x0a;
const ZERO = 0x30;

/** Operators, longest first among those with the same first character. */
const OPERATORS: { readonly [first: string]: readonly string[] } = {
  "=": ["==", "=?=", "=!=", "="],
  "!": ["!=", "!"],
  "<": ["<=", "<<", "<"],
  ">": [">>>", ">>", ">=", ">"],
  "&": ["&&", "&"],
  "|": ["||", "|"],
};
const SINGLE = "[](){};,?:+-*%^~/";

const WORDS = new Set(["true", "false", "undefined", "error", "is", "isnt"]);

/** Reads tokens from one text. */
export class Lexer {
  /** The current token. */
  kind: TokenKind = "end";
  /** Its text: an operator, a lower-case reserved word, a name, or a string's value. */
  text = "";
  /** Its value when it is an integer. */
  integer = 0n;
  /** Its value when it is a real. */
  real = 0;
  /** Where it starts. */
  start: number;
  /** Where the next one is looked for. */
  position: number;

  readonly #input: string;
  readonly #rule: StringRule;
  /** Whether a minus now would follow an operand, and so be an operator. */
  #afterOperand = false;

  constructor(input: string, rule: StringRule = "new", position = 0) {
    this.#input = input;
    this.#rule = rule;
    this.position = position;
    this.start = position;
  }

  /** A failure at the current token, or where stated. */
  fail(message: string, offset = this.start): ClassAdError {
    return new ClassAdError("syntax", `${message} ${locate(this.#input, offset)}`, offset);
  }

  /** The current token in words. */
  describe(): string {
    switch (this.kind) {
      case "end":
        return "end of text";
      case "string":
        return "a string";
      case "integer":
      case "real":
        return "a number";
      default:
        return `"${this.text.length > 40 ? `${this.text.slice(0, 40)}…` : this.text}"`;
    }
  }

  /** Whether the current token is the operator. */
  is(operator: string): boolean {
    return this.kind === "operator" && this.text === operator;
  }

  /** Whether the token after the current one starts with a character. */
  isFollowedBy(character: string): boolean {
    return this.#input.charAt(this.#skipSpace()) === character;
  }

  /** Moves to the next token. */
  next(): void {
    const input = this.#input;
    const at = this.#skipSpace();
    this.start = at;
    if (at >= input.length) return this.#set("end", "", at);
    const code = input.charCodeAt(at);
    if (isAlpha(code)) return this.#readWord(at);
    if (code === QUOTE || code === APOSTROPHE) {
      if (this.#rule === "old") this.#readOldString(at, code);
      else this.#readString(at, code);
      return;
    }
    if (isDigit(code) || (code === DOT && isDigit(input.charCodeAt(at + 1)))) {
      return this.#readNumber(at, at);
    }
    if (code === MINUS && !this.#afterOperand) {
      const next = input.charCodeAt(at + 1);
      if (isDigit(next) || (next === DOT && isDigit(input.charCodeAt(at + 2)))) {
        return this.#readNumber(at, at + 1);
      }
    }
    this.#readOperator(at, code);
  }

  #set(kind: TokenKind, text: string, position: number): void {
    this.kind = kind;
    this.text = text;
    this.position = position;
    this.#afterOperand = kind === "operator"
      ? text === "." || text === "]" || text === ")" || text === "}"
      : kind === "word"
      ? text !== "is" && text !== "isnt"
      : kind !== "end";
  }

  #skipSpace(): number {
    const input = this.#input;
    let at = this.position;
    for (;;) {
      const code = input.charCodeAt(at);
      if (isSpace(code)) {
        at++;
      } else if (code === SLASH && input.charCodeAt(at + 1) === SLASH) {
        const end = input.indexOf("\n", at);
        at = end < 0 ? input.length : end;
      } else if (code === SLASH && input.charCodeAt(at + 1) === STAR) {
        const end = input.indexOf("*/", at + 2);
        if (end < 0) throw this.fail("Cannot read ad: comment is not closed", at);
        at = end + 2;
      } else {
        return at;
      }
    }
  }

  #readWord(at: number): void {
    const input = this.#input;
    let end = at + 1;
    while (isNameCode(input.charCodeAt(end))) end++;
    const text = input.slice(at, end);
    // The longest reserved word has 9 letters; longer names need no look-up.
    if (text.length <= 9) {
      const lower = text.toLowerCase();
      if (WORDS.has(lower)) return this.#set("word", lower, end);
    }
    this.#set("name", text, end);
  }

  #readNumber(start: number, digits: number): void {
    const input = this.#input;
    let at = digits;
    if (input.charCodeAt(at) === ZERO && (input.charCodeAt(at + 1) | 0x20) === 0x78) {
      return this.#readHexadecimal(start, at + 2);
    }
    while (isDigit(input.charCodeAt(at))) at++;
    let isReal = false;
    if (input.charCodeAt(at) === DOT) {
      if (!isDigit(input.charCodeAt(at + 1))) {
        throw this.fail("Cannot read number: no digit follows the point", at);
      }
      isReal = true;
      at++;
      while (isDigit(input.charCodeAt(at))) at++;
    }
    if ((input.charCodeAt(at) | 0x20) === 0x65) {
      isReal = true;
      at++;
      const sign = input.charCodeAt(at);
      if (sign === 0x2b || sign === MINUS) at++;
      if (!isDigit(input.charCodeAt(at))) {
        throw this.fail("Cannot read number: exponent has no digits", at);
      }
      while (isDigit(input.charCodeAt(at))) at++;
    }
    const text = input.slice(start, at);
    if (isReal) {
      this.real = Number(text);
      return this.#set("real", "", at);
    }
    // A leading zero announces octal digits, yet HTCondor then reads the number as decimal.
    if (input.charCodeAt(digits) === ZERO && /[89]/.test(text)) {
      throw this.fail("Cannot read number: a leading zero is followed by 8 or 9");
    }
    this.integer = text.length <= 15 ? BigInt(Number(text)) : clamp64(BigInt(text));
    this.#set("integer", "", at);
  }

  #readHexadecimal(start: number, digits: number): void {
    const input = this.#input;
    let at = digits;
    while (isHexDigit(input.charCodeAt(at))) at++;
    if (at === digits) throw this.fail("Cannot read number: no digit follows 0x", at);
    const magnitude = BigInt(`0x${input.slice(digits, at)}`);
    this.integer = clamp64(input.charCodeAt(start) === MINUS ? -magnitude : magnitude);
    this.#set("integer", "", at);
  }

  /** A string or quoted name; neighbours with only white space between them are one token. */
  #readString(at: number, delimiter: number): void {
    const input = this.#input;
    let raw = "";
    let end = at;
    do {
      const start = end + 1;
      end = start;
      for (;;) {
        const code = input.charCodeAt(end);
        if (code === delimiter) break;
        if (code !== code || code === 0) throw this.fail("Cannot read string: it is not closed");
        end += code === BACKSLASH ? 2 : 1;
      }
      raw = raw === "" ? input.slice(start, end) : raw + input.slice(start, end);
      end++;
      let after = end;
      while (isSpace(input.charCodeAt(after))) after++;
      if (input.charCodeAt(after) !== delimiter) break;
      end = after;
    } while (true);
    // Escapes are resolved after joining: "\1" "01" is one octal escape, as in HTCondor.
    const bytes = raw.includes("\\") ? this.#unescape(raw) : raw;
    this.#set(delimiter === QUOTE ? "string" : "name", decodeBinary(bytes), end);
  }

  #unescape(raw: string): string {
    const parts: string[] = [];
    let start = 0;
    for (let at = raw.indexOf("\\"); at >= 0; at = raw.indexOf("\\", start)) {
      parts.push(raw.slice(start, at));
      const code = raw.charCodeAt(at + 1);
      start = at + 2;
      if (!isOctalDigit(code)) {
        parts.push(SIMPLE_ESCAPES[raw.charAt(at + 1)] ?? raw.charAt(at + 1));
        continue;
      }
      let byte = code - ZERO;
      // A second digit always belongs to the escape, a third only while one byte can hold it.
      for (
        let count = 1;
        count < 3 && byte < 0x20 && isOctalDigit(raw.charCodeAt(start));
        count++
      ) {
        byte = byte * 8 + raw.charCodeAt(start) - ZERO;
        start++;
      }
      if (byte === 0) throw this.fail("Cannot read string: it contains a NUL");
      parts.push(String.fromCharCode(byte));
    }
    parts.push(raw.slice(start));
    return parts.join("");
  }

  /** In long format a backslash counts only before a quote that is not the end of its line. */
  #readOldString(at: number, delimiter: number): void {
    const input = this.#input;
    const parts: string[] = [];
    let start = at + 1;
    let end = start;
    for (;;) {
      const code = input.charCodeAt(end);
      if (code !== code || code === 0) throw this.fail("Cannot read string: it is not closed");
      if (code === delimiter) {
        const after = input.charCodeAt(end + 1);
        const isLast = after !== after || after === NEWLINE || after === 0;
        if (end === start || input.charCodeAt(end - 1) !== BACKSLASH || isLast) break;
        parts.push(input.slice(start, end - 1), '"');
        start = end + 1;
      }
      end++;
    }
    parts.push(input.slice(start, end));
    this.#set(delimiter === QUOTE ? "string" : "name", decodeBinary(parts.join("")), end + 1);
  }

  #readOperator(at: number, code: number): void {
    const input = this.#input;
    const first = String.fromCharCode(code);
    if (code === DOT || SINGLE.includes(first)) return this.#set("operator", first, at + 1);
    for (const operator of OPERATORS[first] ?? []) {
      if (input.startsWith(operator, at)) {
        return this.#set("operator", operator, at + operator.length);
      }
    }
    const shown = code > 0x20 && code < 0x7f ? `"${first}"` : `byte ${code}`;
    throw this.fail(`Cannot read ad: ${shown} belongs to no token`);
  }
}

const SIMPLE_ESCAPES: { readonly [letter: string]: string } = {
  a: "\x07",
  b: "\b",
  f: "\f",
  n: "\n",
  r: "\r",
  t: "\t",
  v: "\v",
};

/** Where an offset is, in words. */
export function locate(input: string, offset: number): string {
  let line = 1;
  let start = 0;
  for (let at = input.indexOf("\n"); at >= 0 && at < offset; at = input.indexOf("\n", start)) {
    line++;
    start = at + 1;
  }
  return `(line ${line}, column ${offset - start + 1})`;
}

function isDigit(code: number): boolean {
  return code >= 0x30 && code <= 0x39;
}

function isOctalDigit(code: number): boolean {
  return code >= 0x30 && code <= 0x37;
}

function isHexDigit(code: number): boolean {
  return isDigit(code) || ((code | 0x20) >= 0x61 && (code | 0x20) <= 0x66);
}

function isAlpha(code: number): boolean {
  return ((code | 0x20) >= 0x61 && (code | 0x20) <= 0x7a) || code === 0x5f;
}

function isNameCode(code: number): boolean {
  return isAlpha(code) || isDigit(code);
}
