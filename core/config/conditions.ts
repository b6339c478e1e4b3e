/** `if`, `elif`, `else`, `endif` (manual, "Conditionals in configuration"). */
import { ConfigError, quote } from "./error.ts";
import { trim } from "./lines.ts";
import { expand, type MacroScope } from "./macros.ts";

/** What conditions are asked of. */
export interface ConditionScope extends MacroScope {
  /** HTCondor's version as `major.minor.patch`. */
  readonly version: string;
}

const VERSION = /^version\s*(>=|<=|==|!=|>|<|=)\s*(\d{1,9})\.(\d{1,9})(?:\.(\d{1,9}))?$/i;
const NUMBER = /^-?(?:\d{1,20}\.?\d{0,20}|\.\d{1,20})(?:e[-+]?\d{1,3})?$/i;

/** Whether a condition holds. There are no operators but one leading `!`. */
export function condition(text: string, scope: ConditionScope): boolean {
  if (trim(text) === "") throw new ConfigError("Cannot read condition: it is empty");
  const expanded = trim(expand(text, scope));
  const negated = expanded.startsWith("!");
  const rest = negated ? trim(expanded.slice(1)) : expanded;
  const value = rest === "" && !negated ? false : literal(rest) ?? version(rest, scope) ??
    defined(rest, scope);
  if (value === undefined) throw new ConfigError(`Cannot read condition ${quote(expanded)}`);
  return value !== negated;
}

function literal(text: string): boolean | undefined {
  if (/^(?:true|yes|t)$/i.test(text)) return true;
  if (/^(?:false|no|f)$/i.test(text)) return false;
  return NUMBER.test(text) ? Number(text) !== 0 : undefined;
}

/** Compares as many parts as are written: 25.14.1 is not above 25.14. */
function version(text: string, scope: ConditionScope): boolean | undefined {
  const match = VERSION.exec(text);
  if (match === null) return undefined;
  const wanted = match.slice(2).filter((part) => part !== undefined).map(Number);
  const have = scope.version.split(".").map(Number);
  const at = wanted.findIndex((part, i) => part !== have[i]);
  const order = at < 0 ? 0 : (have[at] ?? 0) - wanted[at]!;
  switch (match[1]) {
    case ">=":
      return order >= 0;
    case "<=":
      return order <= 0;
    case ">":
      return order > 0;
    case "<":
      return order < 0;
    case "!=":
      return order !== 0;
    default:
      return order === 0;
  }
}

/** Templates (`defined use ROLE:Execute`) are HTCondor's own and never there for this reader. */
function defined(text: string, scope: ConditionScope): boolean | undefined {
  const match = /^defined(?:\s+(.*))?$/is.exec(text);
  if (match === null) return undefined;
  const name = match[1] ?? "";
  if (/^use\s/i.test(name) || name === "") return false;
  if (/\s/.test(name)) return undefined;
  return literal(name) !== undefined || (scope.lookup(name) ?? "") !== "";
}

interface Level {
  /** Whether one of its branches was active. */
  taken: boolean;
  active: boolean;
  /** Whether `else` was seen. */
  closed: boolean;
  /** Whether the place around it is active. */
  readonly outer: boolean;
}

/** Follows nested conditions line by line. */
export class Conditions {
  readonly #levels: Level[] = [];

  /** Whether statements count at this place. */
  get active(): boolean {
    return this.#levels.at(-1)?.active ?? true;
  }

  /** Whether an `if` still waits for its `endif`. */
  get open(): boolean {
    return this.#levels.length > 0;
  }

  /** Takes a line when it belongs to a condition, and says whether it did. */
  take(text: string, scope: ConditionScope): boolean {
    const match = /^(if|elif|else|endif)(?:\s+(.*))?$/is.exec(text);
    if (match === null) return false;
    const word = match[1]!.toLowerCase();
    if (word === "if") this.#if(match[2] ?? "", scope);
    else if (word === "endif") this.#endif();
    else this.#branch(word, match[2] ?? "", scope);
    return true;
  }

  #if(text: string, scope: ConditionScope): void {
    if (this.#levels.length >= 100) throw new ConfigError("Conditions are nested too deep");
    const outer = this.active;
    const active = outer && condition(text, scope);
    this.#levels.push({ taken: active, active, closed: false, outer });
  }

  #branch(word: string, text: string, scope: ConditionScope): void {
    const level = this.#level(word);
    if (level.closed) throw new ConfigError(`"${word}" stands after "else"`);
    level.closed = word === "else";
    level.active = level.outer && !level.taken && (word === "else" || condition(text, scope));
    level.taken ||= level.active;
  }

  #endif(): void {
    this.#level("endif");
    this.#levels.pop();
  }

  #level(word: string): Level {
    const level = this.#levels.at(-1);
    if (level === undefined) throw new ConfigError(`"${word}" stands without "if"`);
    return level;
  }
}
