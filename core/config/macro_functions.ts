/** The functions of configuration macros (manual, "Function macros in configuration"). */
import {
  ClassAdError,
  evaluate,
  parseExpression,
  printValue,
  Real,
  type Value,
} from "../classad/mod.ts";
import { ConfigError, quote } from "./error.ts";
import { trim } from "./lines.ts";
import { printf } from "./printf.ts";

/** What a function may ask of its surroundings. */
export interface FunctionScope {
  /** The expanded value of a knob, or nothing when it is not set. */
  value(name: string): string | undefined;
  /** A number from 0 up to 1. */
  random(): number;
}

type MacroFunction = (body: string, scope: FunctionScope) => string;

/** The function of a name as written between `$` and `(`, or nothing when there is none. */
export function macroFunction(name: string): MacroFunction | undefined {
  if (/^F[fpduwnxbqa]*$/.test(name)) {
    return (body, scope) => fileName(name.slice(1), scope.value(trim(body)) ?? body);
  }
  return Object.hasOwn(FUNCTIONS, name) ? FUNCTIONS[name] : undefined;
}

const FUNCTIONS: Readonly<Record<string, MacroFunction>> = {
  INT: (body, scope) => {
    const [text, format] = nameAndFormat(body, scope);
    const value = integer(text);
    if (value === undefined) throw new ConfigError(`$INT: ${quote(text)} is not an integer`);
    return format === undefined ? `${value}` : formatted("$INT", format, value, "diouxXc");
  },
  REAL: (body, scope) => {
    const [text, format] = nameAndFormat(body, scope);
    const value = number(text);
    if (value === undefined) throw new ConfigError(`$REAL: ${quote(text)} is not a number`);
    return formatted("$REAL", format ?? "%.16G", value, "feEgG");
  },
  STRING: (body, scope) => {
    const [text, format] = nameAndFormat(body, scope);
    const value = evaluated(text);
    const string = typeof value === "string" ? value : text;
    return format === undefined ? string : formatted("$STRING", format, string, "s");
  },
  EVAL: (body, scope) => {
    const value = evaluated(scope.value(trim(body)) ?? body);
    return typeof value === "string" ? value : printValue(value);
  },
  SUBSTR: (body, scope) => {
    const [name = "", start, length] = items(body);
    if (start === undefined) throw new ConfigError("$SUBSTR: no start is given");
    const text = scope.value(name) ?? "";
    const first = position("start", start, scope);
    const from = first < 0 ? Math.max(text.length + first, 0) : first;
    if (length === undefined) return text.slice(from);
    const count = position("length", length, scope);
    return text.slice(from, count < 0 ? Math.max(text.length + count, from) : from + count);
  },
  CHOICE: (body, scope) => {
    const [index = "", ...words] = items(body);
    // A single word is the name of a knob that holds the list.
    const named = words.length === 1 ? scope.value(words[0]!) : undefined;
    const list = words.length !== 1 ? words : named === undefined ? [] : items(named);
    const at = integer(scope.value(index) ?? index);
    const chosen = at === undefined || at < 0n ? undefined : list[Number(at)];
    if (chosen === undefined) throw new ConfigError(`$CHOICE: no item ${quote(index)} in the list`);
    return chosen;
  },
  RANDOM_CHOICE: (body, scope) => {
    const words = items(body);
    const list = words.length === 1 ? items(scope.value(words[0]!) ?? words[0]!) : words;
    return list[Math.floor(scope.random() * list.length)]!;
  },
  RANDOM_INTEGER: (body, scope) => {
    const [min, max, step = 1] = items(body).map((text) => /^-?\d{1,15}$/.test(text) ? +text : NaN);
    if (!(min! <= max!) || !(step > 0)) {
      throw new ConfigError(`$RANDOM_INTEGER: ${quote(body)} is no range`);
    }
    const steps = Math.floor((max! - min!) / step) + 1;
    return `${min! + Math.floor(scope.random() * steps) * step}`;
  },
  BASENAME: (body, scope) => fileName("nx", scope.value(trim(body)) ?? body),
  DIRNAME: (body, scope) => fileName("p", scope.value(trim(body)) ?? body),
};

/** The value of an arithmetic expression as an integer, cut toward zero, or nothing. */
export function integer(text: string): bigint | undefined {
  const value = evaluated(text);
  if (typeof value === "bigint") return value;
  if (typeof value === "boolean") return value ? 1n : 0n;
  if (!(value instanceof Real) || !Number.isFinite(value.value)) return undefined;
  return BigInt(Math.trunc(value.value));
}

/** The value of an expression as a boolean, or nothing; numbers are true unless zero. */
export function boolean(text: string): boolean | undefined {
  if (/^(?:true|yes|t)$/i.test(text)) return true;
  if (/^(?:false|no|f)$/i.test(text)) return false;
  const value = number(text);
  return value === undefined ? undefined : value !== 0;
}

function number(text: string): number | undefined {
  const value = evaluated(text);
  if (value instanceof Real) return value.value;
  return typeof value === "bigint" || typeof value === "boolean" ? Number(value) : undefined;
}

/** Texts that are no expression have no value. */
function evaluated(text: string): Value {
  try {
    return evaluate(parseExpression(text));
  } catch (error) {
    if (error instanceof ClassAdError) return undefined;
    throw error;
  }
}

function items(body: string): string[] {
  return body.split(",").map(trim);
}

/** The format may hold commas, the name cannot. */
function nameAndFormat(body: string, scope: FunctionScope): [string, string | undefined] {
  const comma = body.indexOf(",");
  const name = trim(comma < 0 ? body : body.slice(0, comma));
  return [scope.value(name) ?? name, comma < 0 ? undefined : trim(body.slice(comma + 1))];
}

function formatted(name: string, format: string, value: bigint | number | string, types: string) {
  const text = printf(format, value, types);
  if (text === undefined) throw new ConfigError(`${name}: ${quote(format)} is not a valid format`);
  return text;
}

function position(what: string, text: string, scope: FunctionScope): number {
  const value = integer(scope.value(text) ?? text);
  if (value === undefined) throw new ConfigError(`$SUBSTR: ${quote(text)} is no ${what}`);
  return Number(value);
}

/** `$F[fpduwnxbqa]`: parts of a file name, its slashes and its quotes. */
function fileName(letters: string, given: string): string {
  const has = (letter: string) => letters.includes(letter);
  const path = /^(["'])(.*)\1$/s.exec(given)?.[2] ?? given;
  const base = path.slice(path.lastIndexOf("/") + 1);
  const folder = path.slice(0, path.length - base.length);
  const dot = base.lastIndexOf(".");
  const stem = dot > 0 ? base.slice(0, dot) : base;
  const extension = base.slice(stem.length);
  const parent = folder.slice(folder.slice(0, -1).lastIndexOf("/") + 1);
  const place = has("d") ? parent : has("p") ? folder : "";
  const placed = has("d") || has("p");
  let text = has("n") || (place !== "" && has("x")) ? stem : "";
  if (has("x")) text += extension;
  if (placed) text = place + text;
  if (has("b") && placed && !has("n") && !has("x")) text = text.replace(/\/$/, "");
  if (has("b") && !placed && !has("n")) text = text.replace(/^\./, "");
  if (!placed && !has("n") && !has("x")) text = path;
  if (has("u")) text = text.replaceAll("\\", "/");
  if (has("w")) text = text.replaceAll("/", "\\");
  if (!has("q")) return text;
  return has("a") ? `'${text}'` : `"${text}"`;
}
