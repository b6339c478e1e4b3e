/**
 * The parser: new-format ads, streams of them, and expressions.
 */

import { ClassAd } from "./ad.ts";
import { lowerAscii } from "./compare.ts";
import { ClassAdError } from "./error.ts";
import { type BinaryOperator, type Expression, literal, type UnaryOperator } from "./expression.ts";
import { Lexer, locate, type StringRule } from "./lexer.ts";
import { type Limits, withDefaults } from "./limits.ts";
import { bytesToBinary, encodeBinary } from "./text.ts";
import { parseAbsoluteTime, parseRelativeTime } from "./times.ts";
import { type AbsoluteTime, ERROR, Real, type RelativeTime } from "./value.ts";

/** Text of ads: a string, or its bytes. */
export type AdText = string | Uint8Array;

/** Binary operators by how tightly they bind; `=?=` and `=!=` are spellings of `is` and `isnt`. */
const PRECEDENCE: { readonly [operator: string]: number | undefined } = {
  "||": 1,
  "&&": 2,
  "|": 3,
  "^": 4,
  "&": 5,
  "==": 6,
  "!=": 6,
  "is": 6,
  "isnt": 6,
  "=?=": 6,
  "=!=": 6,
  "<": 7,
  "<=": 7,
  ">": 7,
  ">=": 7,
  "<<": 8,
  ">>": 8,
  ">>>": 8,
  "+": 9,
  "-": 9,
  "*": 10,
  "/": 10,
  "%": 10,
};

/**
 * The bytes of a text, one character each.
 *
 * @throws ClassAdError when there are more than allowed
 */
export function toBinary(text: AdText, limits: Limits): string {
  if (text.length > limits.maxBytes) {
    throw new ClassAdError("limit", `Cannot read ads: more than ${limits.maxBytes} bytes`, 0);
  }
  return typeof text === "string" ? encodeBinary(text) : bytesToBinary(text);
}

/** Parses from one text, given as one character per byte. */
export class Parser {
  readonly lexer: Lexer;
  readonly #input: string;
  readonly #limits: Limits;
  #depth = 0;

  constructor(input: string, limits: Limits, rule: StringRule = "new") {
    this.#limits = limits;
    this.#input = input;
    this.lexer = new Lexer(input, rule);
    this.lexer.next();
  }

  /** An ad; the current token is its opening bracket, afterwards the one behind the closing. */
  ad(): ClassAd {
    const ad = this.#adUpToEnd();
    this.lexer.next();
    return ad;
  }

  /** Reads an ad, leaving its closing bracket current: a stream fails only when it goes on. */
  #adUpToEnd(): ClassAd {
    const lexer = this.lexer;
    this.#enter();
    this.#expect("[");
    const ad = new ClassAd();
    let hasSeparators = false;
    for (;;) {
      while (lexer.is(";")) {
        hasSeparators = true;
        lexer.next();
      }
      if (lexer.is("]")) break;
      if (lexer.kind !== "name" || lexer.text === "") {
        throw lexer.fail(`Cannot read ad: ${lexer.describe()} is no name`);
      }
      const name = lexer.text;
      lexer.next();
      this.#expect("=");
      ad.setExpression(name, this.expression());
      if (ad.size > this.#limits.maxAttributes) {
        throw this.#limit(`it has more than ${this.#limits.maxAttributes} attributes`);
      }
      if (!lexer.is(";") && !lexer.is("]")) {
        throw lexer.fail(`Cannot read ad: ${lexer.describe()} follows "${name}"`);
      }
    }
    // HTCondor takes extra semicolons anywhere, but not an ad of nothing else.
    if (hasSeparators && ad.size === 0) throw lexer.fail("Cannot read ad: it has only semicolons");
    this.#depth--;
    return ad;
  }

  /** The ads of a stream, each as soon as it is read. */
  *stream(): Generator<ClassAd> {
    const lexer = this.lexer;
    const inList = lexer.is("{");
    if (inList) lexer.next();
    for (;;) {
      if (lexer.kind === "end") {
        if (inList) throw lexer.fail("Cannot read ads: list is not closed");
        return;
      }
      if (inList && lexer.is("}")) {
        lexer.next();
        this.end();
        return;
      }
      const ad = this.#adUpToEnd();
      yield ad;
      lexer.next();
      if (lexer.is(",")) lexer.next();
    }
  }

  /** Requires that nothing is left. */
  end(): void {
    const lexer = this.lexer;
    if (lexer.kind !== "end") {
      throw lexer.fail(`Cannot read ad: ${lexer.describe()} follows its end`);
    }
  }

  /** An expression; `? :` binds least and to the right. */
  expression(): Expression {
    const lexer = this.lexer;
    this.#enter();
    let result = this.#binary(1);
    if (lexer.is("?")) {
      lexer.next();
      const then = this.expression();
      this.#expect(":");
      result = { kind: "ternary", condition: result, then, otherwise: this.expression() };
    }
    this.#depth--;
    return result;
  }

  #binary(least: number): Expression {
    const lexer = this.lexer;
    let left = this.#unary();
    for (;;) {
      if (lexer.kind !== "operator" && lexer.kind !== "word") return left;
      const precedence = PRECEDENCE[lexer.text];
      if (precedence === undefined || precedence < least) return left;
      const operator = toOperator(lexer.text);
      lexer.next();
      left = { kind: "binary", operator, left, right: this.#binary(precedence + 1) };
    }
  }

  #unary(): Expression {
    const lexer = this.lexer;
    if (lexer.kind !== "operator") return this.#defaulted();
    const operator = lexer.text;
    if (operator !== "-" && operator !== "+" && operator !== "!" && operator !== "~") {
      return this.#defaulted();
    }
    this.#enter();
    lexer.next();
    const operand = this.#unary();
    this.#depth--;
    return unary(operator, operand);
  }

  /** `a ?: b`, which HTCondor binds tighter than any operator but selection and subscript. */
  #defaulted(): Expression {
    const lexer = this.lexer;
    let left = this.#postfix();
    while (lexer.is("?") && lexer.isFollowedBy(":")) {
      lexer.next();
      lexer.next();
      left = { kind: "binary", operator: "?:", left, right: this.#postfix() };
    }
    return left;
  }

  #postfix(): Expression {
    const lexer = this.lexer;
    let left = this.#primary();
    let selections = 0;
    while (lexer.kind === "operator") {
      if (lexer.text === "[") {
        lexer.next();
        const index = this.expression();
        this.#expect("]");
        left = { kind: "binary", operator: "[]", left, right: index };
      } else if (lexer.text === ".") {
        if (++selections > this.#limits.maxDepth) throw this.#tooDeep();
        lexer.next();
        left = { kind: "attribute", name: this.#name(), of: left, absolute: false };
      } else {
        break;
      }
    }
    return left;
  }

  #primary(): Expression {
    const lexer = this.lexer;
    let result: Expression;
    switch (lexer.kind) {
      case "string":
        result = literal(lexer.text);
        break;
      case "integer":
        result = literal(lexer.integer);
        break;
      case "real":
        result = literal(new Real(lexer.real));
        break;
      case "name":
        return this.#reference();
      case "word":
        if (lexer.text === "is" || lexer.text === "isnt") throw this.#unexpected();
        result = literal(WORD_VALUES[lexer.text]);
        break;
      default:
        return this.#enclosed();
    }
    lexer.next();
    return result;
  }

  #reference(): Expression {
    const lexer = this.lexer;
    const name = lexer.text;
    lexer.next();
    if (!lexer.is("(")) return { kind: "attribute", name, of: undefined, absolute: false };
    lexer.next();
    const args = this.#items(")");
    return this.#timeLiteral(name, args) ?? { kind: "call", name, args };
  }

  /** HTCondor makes a constant of a time that is written as a string, and refuses what is none. */
  #timeLiteral(name: string, args: readonly Expression[]): Expression | undefined {
    const parse = TIME_LITERALS.get(lowerAscii(name));
    const [only] = args;
    if (parse === undefined || args.length !== 1 || only?.kind !== "literal") return undefined;
    if (typeof only.value !== "string") return undefined;
    const time = parse(only.value);
    if (time === undefined) {
      throw this.lexer.fail(`Cannot read time: ${name}() takes no "${only.value.slice(0, 40)}"`);
    }
    return literal(time);
  }

  #enclosed(): Expression {
    const lexer = this.lexer;
    if (lexer.is("[")) return { kind: "ad", ad: this.ad() };
    if (lexer.is("{")) {
      lexer.next();
      return { kind: "list", items: this.#items("}") };
    }
    if (lexer.is("(")) {
      lexer.next();
      const operand = this.expression();
      this.#expect(")");
      return unary("()", operand);
    }
    if (lexer.is(".")) {
      lexer.next();
      return { kind: "attribute", name: this.#name(), of: undefined, absolute: true };
    }
    throw this.#unexpected();
  }

  /** Expressions between commas, up to and including the closing bracket. */
  #items(close: string): Expression[] {
    const lexer = this.lexer;
    const items: Expression[] = [];
    if (lexer.is(close)) {
      lexer.next();
      return items;
    }
    for (;;) {
      items.push(this.expression());
      if (lexer.is(close)) {
        lexer.next();
        return items;
      }
      // Daemons read semicolons between arguments too, as the long format once had them.
      this.#expect(close === ")" && lexer.is(";") ? ";" : ",");
    }
  }

  #name(): string {
    const lexer = this.lexer;
    if (lexer.kind !== "name") throw this.#unexpected();
    const name = lexer.text;
    lexer.next();
    return name;
  }

  #expect(operator: string): void {
    const lexer = this.lexer;
    if (!lexer.is(operator)) {
      throw lexer.fail(`Cannot read ad: "${operator}" expected, not ${lexer.describe()}`);
    }
    lexer.next();
  }

  #enter(): void {
    if (++this.#depth > this.#limits.maxDepth) throw this.#tooDeep();
  }

  #tooDeep(): ClassAdError {
    return this.#limit(`it is nested deeper than ${this.#limits.maxDepth}`);
  }

  #limit(what: string): ClassAdError {
    const offset = this.lexer.start;
    return new ClassAdError(
      "limit",
      `Cannot read ad: ${what} ${locate(this.#input, offset)}`,
      offset,
    );
  }

  #unexpected(): ClassAdError {
    return this.lexer.fail(`Cannot read expression: ${this.lexer.describe()} starts none`);
  }
}

const TIME_LITERALS: ReadonlyMap<
  string,
  (text: string) => AbsoluteTime | RelativeTime | undefined
> = new Map([["abstime", parseAbsoluteTime], ["reltime", parseRelativeTime]]);

const WORD_VALUES: { readonly [word: string]: boolean | undefined | typeof ERROR } = {
  true: true,
  false: false,
  undefined: undefined,
  error: ERROR,
};

function toOperator(text: string): BinaryOperator {
  return (text === "=?=" ? "is" : text === "=!=" ? "isnt" : text) as BinaryOperator;
}

function unary(operator: UnaryOperator, operand: Expression): Expression {
  return { kind: "unary", operator, operand };
}

/**
 * Parses one expression.
 *
 * @throws ClassAdError
 */
export function parseExpression(text: AdText, limits?: Partial<Limits>): Expression {
  const parser = makeParser(text, limits);
  const expression = parser.expression();
  parser.end();
  return expression;
}

/**
 * Parses one new-format ad.
 *
 * @throws ClassAdError
 */
export function parseAd(text: AdText, limits?: Partial<Limits>): ClassAd {
  const parser = makeParser(text, limits);
  const ad = parser.ad();
  parser.end();
  return ad;
}

/**
 * Parses new-format ads that follow one another, or stand in a list `{ … }`.
 *
 * Commas between ads are allowed, as in HTCondor's reader of ad files. Each ad is given out as soon
 * as it is read, so a caller keeps those in front of a malformed one.
 *
 * @throws ClassAdError at the first malformed ad
 */
export function* parseAds(text: AdText, limits?: Partial<Limits>): Generator<ClassAd> {
  yield* makeParser(text, limits).stream();
}

function makeParser(text: AdText, changed: Partial<Limits> | undefined): Parser {
  const limits = withDefaults(changed);
  return new Parser(toBinary(text, limits), limits);
}
