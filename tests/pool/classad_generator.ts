/**
 * Deterministic ads and expressions: well-formed ones, damaged ones and hostile ones.
 */

/** A source of numbers that is the same in every run. */
export class Dice {
  #state: number;
  constructor(seed: number) {
    this.#state = seed >>> 0;
  }
  /** A whole number from 0 up to, but not including, `sides` (mulberry32). */
  roll(sides: number): number {
    this.#state = (this.#state + 0x6d2b79f5) >>> 0;
    let mixed = this.#state;
    mixed = Math.imul(mixed ^ (mixed >>> 15), mixed | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) % sides;
  }
  /** One of the items. */
  pick<T>(items: readonly T[]): T {
    return items[this.roll(items.length)] as T;
  }
}

const LITERALS = [
  "0",
  "1",
  "2",
  "-1",
  "5",
  "64",
  "1024",
  "9223372036854775807",
  "-9223372036854775808",
  "0.0",
  "1.0",
  "2.5",
  "-0.5",
  ".25",
  "1e3",
  "1.5E-3",
  "1e17",
  "true",
  "False",
  "undefined",
  "ERROR",
  '""',
  '"a"',
  '"A"',
  '"b c"',
  '"1"',
  '"2.5x"',
  '"a,b, c"',
  '"\\303\\251\\n\\t\\"\\\\"',
  '"x" "y"',
  '"\\1" "01"',
  '"tru\\e"',
];
const NAMES = ["a", "b", "c", "d", "e", "A", "missing", "'b'", "parent", "self"];
const BINARY = [
  "+",
  "-",
  "*",
  "/",
  "%",
  "&",
  "|",
  "^",
  "<<",
  ">>",
  ">>>",
  "==",
  "!=",
  "<",
  "<=",
  ">",
  ">=",
  "=?=",
  "=!=",
  "is",
  "isnt",
  "&&",
  "||",
  "?:",
];
const UNARY = ["-", "+", "!", "~", "- "];
/** Functions and how many arguments they are mostly given. */
const FUNCTIONS: readonly (readonly [string, number])[] = [
  ["strcat", 2],
  ["toUpper", 1],
  ["toLower", 1],
  ["substr", 3],
  ["substr", 2],
  ["size", 1],
  ["strcmp", 2],
  ["stricmp", 2],
  ["int", 1],
  ["real", 1],
  ["string", 1],
  ["bool", 1],
  ["floor", 1],
  ["ceiling", 1],
  ["round", 1],
  ["quantize", 2],
  ["ifThenElse", 3],
  ["isUndefined", 1],
  ["isError", 1],
  ["isString", 1],
  ["isInteger", 1],
  ["isReal", 1],
  ["isList", 1],
  ["isClassAd", 1],
  ["isBoolean", 1],
  ["member", 2],
  ["identicalMember", 2],
  ["sum", 1],
  ["avg", 1],
  ["min", 1],
  ["max", 1],
  ["join", 2],
  ["split", 1],
  ["split", 2],
  ["stringListMember", 2],
  ["stringListIMember", 2],
  ["stringListSize", 1],
  ["stringListSum", 1],
  ["stringListMax", 1],
  ["stringListSubsetMatch", 2],
  ["stringListsIntersect", 2],
  ["versioncmp", 2],
  ["versionGT", 2],
  ["eval", 1],
  ["nosuch", 1],
];

/** An expression with about `depth` levels. */
export function makeExpression(dice: Dice, depth: number): string {
  const inner = (): string => makeExpression(dice, depth - 1);
  if (depth <= 0) return dice.roll(3) === 0 ? dice.pick(NAMES) : dice.pick(LITERALS);
  switch (dice.roll(12)) {
    case 0:
    case 1:
    case 2:
    case 3:
      return `${inner()} ${dice.pick(BINARY)} ${inner()}`;
    case 4:
      return `${dice.pick(UNARY)}${inner()}`;
    case 5:
      return `(${inner()})`;
    case 6:
      return `${inner()} ? ${inner()} : ${inner()}`;
    case 7:
      return `{${Array.from({ length: dice.roll(4) }, inner).join(", ")}}`;
    case 8:
      return `[a = ${inner()}; b = ${inner()}]`;
    case 9:
      return dice.roll(2) === 0 ? `${inner()}[${inner()}]` : `(${inner()}).${dice.pick(NAMES)}`;
    default: {
      const [name, count] = dice.pick(FUNCTIONS);
      const given = dice.roll(8) === 0 ? dice.roll(4) : count;
      return `${name}(${Array.from({ length: given }, inner).join(", ")})`;
    }
  }
}

/** A well-formed ad. */
export function makeAdText(dice: Dice): string {
  const items = Array.from(
    { length: dice.roll(5) + 1 },
    (_, i) => `${"abcde"[i]} = ${makeExpression(dice, dice.roll(4))}`,
  );
  const space = dice.pick(["", " ", "\n", " // note\n", " /* note */ "]);
  return `[${space}${items.join(`;${space}`)}${dice.pick(["", ";", ";;"])}${space}]`;
}

const FRAGMENTS = [
  ..."[](){};,.=?!:<>&|^~+-*/%'\"\\#@$`0189eExX_ \n\t",
  "/*",
  "*/",
  "//",
  "=?=",
  "=!=",
  "\\0",
  "\\400",
  "\\18",
  "0x",
  "1.",
  "1e",
  "is",
  "isnt",
  "true",
  "5K",
  "é",
  "\u{1f600}",
];

/** The text with a few characters lost, doubled, moved or put in. */
export function damage(dice: Dice, text: string): string {
  let characters = Array.from(text);
  for (let count = dice.roll(3) + 1; count > 0; count--) {
    const at = dice.roll(characters.length + 1);
    const kept = characters.slice(0, at);
    const rest = characters.slice(at);
    switch (dice.roll(4)) {
      case 0:
        characters = [...kept, ...rest.slice(1)];
        break;
      case 1:
        characters = [...kept, dice.pick(FRAGMENTS), ...rest];
        break;
      case 2:
        characters = [...kept, ...rest.slice(0, 1), ...rest];
        break;
      default:
        characters = dice.roll(4) === 0 ? kept : [...kept, dice.pick(FRAGMENTS), ...rest.slice(1)];
    }
  }
  return characters.join("");
}
