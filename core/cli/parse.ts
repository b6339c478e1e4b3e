/**
 * Arguments to typed values, by a program's option table.
 *
 * HTCondor's tools write `-word`, everybody else `--word`: both are taken, with the value as the
 * next argument or after `=`. There are no single-letter bundles.
 */
import { UsageError } from "../errors.ts";
import { helpText } from "./help.ts";
import {
  type Command,
  isProgram,
  type OptionSpec,
  type Program,
  STANDARD_OPTIONS,
} from "./program.ts";

type ValueOf<S extends OptionSpec> = string extends S["name"]
  ? boolean | string | readonly string[] | undefined
  : S extends { readonly value: string }
    ? S extends { readonly repeatable: true } ? readonly string[] : string | undefined
  : boolean;

/** Values by option name: a switch is a boolean, a repeatable option an array, else text or none. */
export type Values<O extends readonly OptionSpec[]> = {
  readonly [S in O[number] as S["name"]]: ValueOf<S>;
};

/** The caller prints this text to standard output and exits with status 0. */
export interface Print {
  readonly kind: "print";
  readonly text: string;
}

/** What a program was asked to do. */
export interface Run<N extends string, V> {
  readonly kind: "run";
  /** Name of the sub-command, or of the program itself when it has none. */
  readonly command: N;
  readonly values: V;
  readonly operands: readonly string[];
}

type RunOfCommand<P extends Command, C> = C extends Command
  ? Run<C["name"], Values<P["options"]> & Values<C["options"]>>
  : never;

/** The outcome of {@linkcode parseOptions}; told apart by `kind`, sub-commands by `command`. */
export type Parsed<P extends Command> =
  | Print
  | (P extends { readonly commands: readonly (infer C)[] } ? RunOfCommand<P, C>
    : Run<P["name"], Values<P["options"]>>);

type Collected = Record<string, boolean | string | string[] | undefined>;

/**
 * Reads the arguments of a program or of one command.
 *
 * Values are typed by the table when it is written `as const satisfies Program`. An option that may
 * be given once and is given twice is refused, so that neither value is dropped unseen.
 *
 * ```ts
 * import { parseOptions } from "./parse.ts";
 * const options = [{ name: "infile", value: "FILE", text: "Read requests from FILE." }] as const;
 * const plugin = { name: "curl_plugin", summary: "Move files", usage: ["-infile FILE"], options };
 * const parsed = parseOptions(plugin, ["--infile=requests"]);
 * if (parsed.kind === "run") parsed.values.infile satisfies string | undefined;
 * ```
 *
 * @throws {UsageError} for an unknown option, a missing or unwanted value, a wrong operand count
 */
export function parseOptions<const P extends Command>(
  program: P,
  args: readonly string[],
): Parsed<P>;
export function parseOptions(
  program: Command & Partial<Program>,
  args: readonly string[],
): Parsed<Command> {
  let command: Command | undefined = program.commands === undefined ? program : undefined;
  let table = lookup(program.options);
  const values: Collected = initialValues(program.options);
  const operands: string[] = [];
  const title = () =>
    command === undefined || command === program ? program.name : `${program.name} ${command.name}`;
  const wrong = (text: string): UsageError => new UsageError(`${title()}: ${text} (see -help)`);

  for (let i = 0; i < args.length; i++) {
    const arg = args[i]!;
    if (arg === "--") {
      operands.push(...args.slice(i + 1));
      break;
    }
    if (!isOption(arg)) {
      if (command === undefined) {
        command = program.commands?.find((one) => one.name === arg);
        if (command === undefined) throw wrong(`unknown command ${quote(arg)}`);
        table = lookup([...program.options, ...command.options]);
        Object.assign(values, initialValues(command.options));
        continue;
      }
      if (command.operands?.rest) {
        operands.push(...args.slice(i));
        break;
      }
      operands.push(arg);
      continue;
    }
    const equals = arg.indexOf("=");
    const word = equals < 0 ? arg : arg.slice(0, equals);
    const spec = optionOf(word, table);
    if (spec === undefined) throw wrong(`unknown option ${quote(word)}`);
    let value = equals < 0 ? undefined : arg.slice(equals + 1);
    if (spec.value === undefined) {
      if (value !== undefined) throw wrong(`option ${quote(word)} takes no value`);
      if (spec.name === "help") return help(program, command);
      if (spec.name === "version") return { kind: "print", text: versionText(program) };
      values[spec.name] = true;
      continue;
    }
    if (value === undefined) {
      value = args[++i];
      // A file that is really called like one of the options can be given after "=".
      const isWord = spec.literal !== true && value !== undefined && optionOf(value, table);
      if (value === undefined || isWord) {
        throw wrong(`option ${quote(word)} needs a value, ${spec.value}`);
      }
    }
    const before = values[spec.name];
    if (Array.isArray(before)) before.push(value);
    else if (before === undefined) values[spec.name] = value;
    else throw wrong(`option ${quote(word)} is given twice`);
  }

  if (command === undefined) throw wrong("a command is needed");
  const { min, max } = command.operands ?? { min: 0, max: 0 };
  if (operands.length < min || operands.length > max) {
    const wanted = min === max
      ? `${min}`
      : max === Infinity
      ? `${min} or more`
      : `${min} to ${max}`;
    throw wrong(`${operands.length} operands given, wanted ${wanted}`);
  }
  return { kind: "run", command: command.name, values, operands };
}

/** One option with its value, or one word that belongs to none. */
export interface Token {
  /** The option; absent for an operand, and for an option that is in no table. */
  readonly spec?: OptionSpec;
  /** The arguments it is made of: one or two. */
  readonly words: readonly string[];
}

/**
 * Takes arguments apart without judging them, for programs that hand some of them on.
 *
 * @param options the tables of all that may be among them
 */
export function tokensOf(options: readonly OptionSpec[], args: readonly string[]): Token[] {
  const table = lookup(options);
  const tokens: Token[] = [];
  for (let i = 0; i < args.length; i++) {
    const word = args[i]!;
    const spec = optionOf(word.split("=", 1)[0]!, table);
    const apart = spec?.value !== undefined && !word.includes("=");
    const words = args.slice(i, i + (apart ? 2 : 1));
    tokens.push(spec === undefined ? { words } : { spec, words });
    i += words.length - 1;
  }
  return tokens;
}

/** The line `-version` prints, e.g. `curl_plugin (Pinion) 0.1.0`. */
export function versionText(program: Command & Partial<Program>): string {
  return `${program.name} (Pinion) ${program.version ?? "unknown"}`;
}

function help(program: Command & Partial<Program>, command: Command | undefined): Print {
  const text = command === undefined || command === program || !isProgram(program)
    ? helpText(program)
    : helpText(command, program);
  return { kind: "print", text };
}

function isOption(arg: string): boolean {
  return arg.length > 1 && arg.startsWith("-");
}

/** The option that a word names, with one dash or two. */
function optionOf(word: string, table: ReadonlyMap<string, OptionSpec>): OptionSpec | undefined {
  return isOption(word) ? table.get(word.slice(word.startsWith("--") ? 2 : 1)) : undefined;
}

function lookup(options: readonly OptionSpec[]): Map<string, OptionSpec> {
  const table = new Map<string, OptionSpec>();
  for (const spec of [...STANDARD_OPTIONS, ...options]) {
    for (const name of [spec.name, ...(spec.aliases ?? [])]) table.set(name, spec);
  }
  return table;
}

function initialValues(options: readonly OptionSpec[]): Collected {
  const values: Collected = {};
  for (const { name, value, repeatable } of options) {
    values[name] = value === undefined ? false : repeatable ? [] : undefined;
  }
  return values;
}

/** Arguments are anybody's bytes: control characters are escaped and the length is bounded. */
function quote(text: string): string {
  const short = text.length > 80 ? `${text.slice(0, 80)}...` : text;
  return JSON.stringify(short).replace(
    /[\u007f-\u009f\u2028\u2029]/g,
    (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}
