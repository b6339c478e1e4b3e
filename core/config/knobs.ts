/** The table of knobs: name, type, default and text, and nothing outside the table. */
import { isAbsolute } from "@std/path";
import { ConfigError, quote } from "./error.ts";
import { boolean, integer } from "./macro_functions.ts";
import { splitList } from "./reader.ts";

/** One knob; without a default its value may be `undefined`. */
export type Knob =
  & {
    /** What it does, for the man page's Configuration section. */
    readonly text: string;
  }
  & (
    | { readonly type: "string"; readonly default?: string }
    | { readonly type: "boolean"; readonly default?: boolean }
    | {
      readonly type: "integer";
      readonly default?: number;
      readonly min?: number;
      readonly max?: number;
    }
    /** An absolute path. */
    | { readonly type: "path"; readonly default?: string }
    /** Items between commas and white space. */
    | { readonly type: "list"; readonly default?: readonly string[] }
  );

/** A table of knobs by name. */
export type Knobs = Readonly<Record<string, Knob>>;

interface Types {
  string: string;
  boolean: boolean;
  integer: number;
  path: string;
  list: readonly string[];
}

/** What a knob's getter returns. */
export type KnobValue<K extends Knob> =
  | Types[K["type"]]
  | (K extends { readonly default: unknown } ? never : undefined);

/** An expanded value and what set it. */
export interface Setting {
  readonly value: string;
  readonly origin: string;
}

/**
 * A table whose knobs keep their types.
 *
 * Rooms define their own and a program merges those it needs: `{ ...CREDD_KNOBS, ...OWN_KNOBS }`.
 *
 * ```ts
 * import { defineKnobs } from "./knobs.ts";
 * const knobs = defineKnobs({
 *   CREDD_INTERVAL: { type: "integer", default: 60, min: 1, text: "Seconds between scans." },
 * });
 * knobs.CREDD_INTERVAL.default satisfies 60;
 * ```
 *
 * @throws {TypeError} for a name HTCondor would refuse
 */
export function defineKnobs<const K extends Knobs>(knobs: K): K {
  for (const name of Object.keys(knobs)) {
    if (!/^[A-Z][A-Z0-9_]*$/.test(name)) throw new TypeError(`Not a knob's name: "${name}"`);
  }
  return knobs;
}

/** The settings of a program, read once. */
export class Config<K extends Knobs> {
  /** What the configuration warns of; worth a log line each. */
  readonly warnings: readonly string[];
  readonly #knobs: K;
  readonly #find: (name: string) => Setting | undefined;

  constructor(
    knobs: K,
    find: (name: string) => Setting | undefined,
    warnings: readonly string[] = [],
  ) {
    this.#knobs = knobs;
    this.#find = find;
    this.warnings = warnings;
  }

  /**
   * The value of a knob, or its default.
   *
   * @throws {ConfigError} naming knob, value and origin when the value is not of the knob's type
   * @throws {TypeError} for a knob that is not in the table
   */
  get<N extends keyof K & string>(name: N): KnobValue<K[N]> {
    const knob = this.#knob(name);
    const setting = this.#find(name);
    const value = setting === undefined ? knob.default : parseValue(name, knob, setting);
    return value as KnobValue<K[N]>;
  }

  /** What set a knob: `file:line`, an environment variable, or `default`. */
  origin(name: keyof K & string): string {
    this.#knob(name);
    return this.#find(name)?.origin ?? "default";
  }

  /** Reads all knobs, so that every bad value is found at start. */
  check(): void {
    for (const name of Object.keys(this.#knobs)) this.get(name);
  }

  #knob(name: string): Knob {
    const knob = Object.hasOwn(this.#knobs, name) ? this.#knobs[name] : undefined;
    if (knob === undefined) throw new TypeError(`Not in the table of knobs: "${name}"`);
    return knob;
  }
}

function parseValue(name: string, knob: Knob, { value: text, origin }: Setting) {
  const wrong = (wanted: string): ConfigError =>
    new ConfigError(`Cannot use ${name} = ${quote(text)}: not ${wanted}`, origin);
  switch (knob.type) {
    case "string":
      return text;
    case "list":
      return splitList(text);
    case "path":
      if (!isAbsolute(text) || text.includes("\0")) throw wrong("an absolute path");
      return text;
    case "boolean": {
      const value = boolean(text);
      if (value === undefined) throw wrong("a boolean");
      return value;
    }
    case "integer": {
      const value = Number(integer(text) ?? NaN);
      if (!Number.isSafeInteger(value)) throw wrong("an integer");
      const { min = -Infinity, max = Infinity } = knob;
      if (value < min || value > max) throw wrong(`between ${min} and ${max}`);
      return value;
    }
  }
}
