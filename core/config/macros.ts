/**
 * Expansion of `$(X)`, `$(X:default)`, `$ENV(X)` and the function macros.
 *
 * HTCondor replaces the leftmost macro and looks again from the start, so a name may itself be
 * made by a macro. `$$(X)` belongs to the matchmaker and stays; `$(DOLLAR)` becomes `$` at the end.
 */
import { ConfigError, quote } from "./error.ts";
import { macroFunction } from "./macro_functions.ts";

/** Where values come from. */
export interface MacroScope {
  /** The unexpanded value of a knob, or nothing. */
  lookup(name: string): string | undefined;
  /** A variable of the process's environment, or nothing. */
  environment(name: string): string | undefined;
  /** A number from 0 up to 1. */
  random(): number;
}

const MOST_REPLACEMENTS = 2000;
const LONGEST = 64 * 1024;
const MOST_STEPS = 50_000_000;
const DEEPEST = 50;

/** With any other character in its default HTCondor leaves a macro as it stands. */
const DEFAULT_CHARACTER = /[\w.,/:\\$() \t]/;

interface Macro {
  readonly start: number;
  readonly end: number;
  /** Empty for `$(X)`. */
  readonly fn: string;
  /** The knob, or the whole text between the parentheses of a function. */
  readonly body: string;
  readonly fallback: string | undefined;
}

/**
 * The text with all macros replaced; unset knobs become their default or nothing.
 *
 * @throws {ConfigError} when the expansion does not end or a function is given nonsense
 */
export function expand(text: string, scope: MacroScope): string {
  return new Expansion(scope).expand(text);
}

/**
 * The text with references to the knob itself replaced by its present, unexpanded value.
 *
 * This is what makes `X = $(X) more` append. Under a prefix (`SCHEDD.X`) the bare name counts too.
 */
export function expandSelf(text: string, name: string, scope: MacroScope): string {
  return new Expansion(scope).expandSelf(text, name);
}

class Expansion {
  readonly #scope: MacroScope;
  #replacements = 0;
  #steps = 0;
  #depth = 0;

  constructor(scope: MacroScope) {
    this.#scope = scope;
  }

  expand(start: string): string {
    if (++this.#depth > DEEPEST) throw new ConfigError("Macros are nested too deep");
    let text = start;
    for (let macro; (macro = this.#find(text, 0)) !== undefined;) {
      text = this.#replace(text, macro, this.#value(macro));
    }
    this.#depth--;
    return text.replace(/\$\$|\$\(DOLLAR\)/gi, (found) => found === "$$" ? found : "$");
  }

  expandSelf(start: string, name: string): string {
    const names = [name.toLowerCase(), name.slice(name.indexOf(".") + 1).toLowerCase()];
    let text = start;
    let from = 0;
    for (let macro; (macro = this.#find(text, from)) !== undefined;) {
      const own = macro.fn === "ENV" ? undefined : /^[^,]*/.exec(macro.body)![0].trim();
      if (own === undefined || !names.includes(own.toLowerCase())) {
        from = macro.start + 1;
        continue;
      }
      const value = macro.fn === ""
        ? this.#scope.lookup(macro.body) || macro.fallback || ""
        : this.#value(macro);
      text = this.#replace(text, macro, value);
      from = macro.start + value.length;
    }
    return text;
  }

  #value({ fn, body, fallback }: Macro): string {
    if (fn === "ENV") return this.#scope.environment(body) ?? fallback ?? "UNDEFINED";
    // A knob that is set to nothing counts as not set.
    if (fn === "") return (this.#isDollar(body) ? "" : this.#scope.lookup(body)) || fallback || "";
    return macroFunction(fn)!(body, {
      random: () => this.#scope.random(),
      value: (name) => {
        const raw = this.#scope.lookup(name);
        return raw === undefined ? undefined : this.expand(raw);
      },
    });
  }

  #replace(text: string, { start, end }: Macro, value: string): string {
    const replaced = text.slice(0, start) + value + text.slice(end);
    if (++this.#replacements > MOST_REPLACEMENTS || replaced.length > LONGEST) {
      throw new ConfigError(`Macros expand without end, last ${quote(text.slice(start, end))}`);
    }
    return replaced;
  }

  #isDollar(name: string): boolean {
    return name.toUpperCase() === "DOLLAR";
  }

  #find(text: string, from: number): Macro | undefined {
    this.#step(text.length - from);
    for (let at = text.indexOf("$", from); at >= 0; at = text.indexOf("$", at + 1)) {
      if (text[at + 1] === "$") {
        at++;
        continue;
      }
      const fn = match(/\$([A-Z_a-z]*)\(/y, text, at);
      if (fn === undefined) continue;
      const macro = fn === "" || fn === "ENV"
        ? this.#reference(text, at, fn)
        : this.#call(text, at, fn);
      if (macro !== undefined) return macro;
    }
    return undefined;
  }

  /** `$(NAME)`, `$(NAME:default)`; the default ends at the parenthesis that closes the macro. */
  #reference(text: string, start: number, fn: string): Macro | undefined {
    const nameStart = start + fn.length + 2;
    const body = match(/([\w.]*)/y, text, nameStart)!;
    const end = nameStart + body.length;
    if (text[end] === ")") {
      if (fn === "" && this.#isDollar(body)) return undefined;
      return { start, end: end + 1, fn, body, fallback: undefined };
    }
    if (text[end] !== ":") return undefined;
    let depth = 1;
    let i = end + 1;
    for (; i < text.length && DEFAULT_CHARACTER.test(text[i]!); i++) {
      if (text[i] === "(") depth++;
      else if (text[i] === ")" && --depth === 0) break;
    }
    this.#step(i - end);
    if (text[i] !== ")" || depth > 0) return undefined;
    return { start, end: i + 1, fn, body, fallback: text.slice(end + 1, i) };
  }

  /** A function's arguments end at the first closing parenthesis. */
  #call(text: string, start: number, fn: string): Macro | undefined {
    if (macroFunction(fn) === undefined) return undefined;
    const open = start + fn.length + 2;
    const close = text.indexOf(")", open);
    if (close < 0) return undefined;
    return { start, end: close + 1, fn, body: text.slice(open, close), fallback: undefined };
  }

  #step(count: number): void {
    this.#steps += count;
    if (this.#steps > MOST_STEPS) throw new ConfigError("Macros take too long to expand");
  }
}

function match(pattern: RegExp, text: string, at: number): string | undefined {
  pattern.lastIndex = at;
  return pattern.exec(text)?.[1];
}
