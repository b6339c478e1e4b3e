/** The words a clean-up plug-in is started with, and those that a line of the map gives to it. */
import {
  type Parsed,
  parseOptions,
  type Print,
  type Token,
  tokensOf,
  type Values,
} from "../cli/parse.ts";
import type { Command, Entry, OptionSpec, Program } from "../cli/program.ts";
import { UsageError } from "../errors.ts";
import type { BackEnd } from "./store.ts";

/** How long one start may take: below the 20 seconds that HTCondor gives to a file. */
const DEFAULT_TIMEOUT = 18;
const LONGEST_TIMEOUT = 7 * 86400;
const DEFAULT_RETRIES = 3;
const MOST_RETRIES = 100;

/** What every clean-up plug-in is asked with (manual, "Self-Checkpointing Jobs"). */
const REQUEST_OPTIONS = [
  {
    name: "from",
    value: "BASE",
    literal: true,
    text:
      "URL of the checkpoint: the job's destination, its global id and the checkpoint's number.",
  },
  {
    name: "delete",
    aliases: ["file"],
    value: "NAME",
    literal: true,
    text: "File to remove, by its name below BASE.",
  },
  {
    name: "delete-list",
    value: "FILE",
    literal: true,
    text: "Remove all files that FILE names, each name ended by a zero byte. For each that could " +
      "not be removed a line of JSON is printed.",
  },
  {
    name: "jobad",
    value: "JOBAD",
    literal: true,
    text: "The job's ad, or the directory of it; it need not be there.",
  },
  {
    name: "ignore-missing-files",
    text: "The checkpoint was never uploaded completely. A file that is not there counts as " +
      "removed with and without this.",
  },
] as const satisfies readonly OptionSpec[];

/** What every clean-up plug-in understands, in the map too. */
const SETTINGS_OPTIONS = [
  {
    name: "timeout",
    value: "SECONDS",
    text: `Give up after this time (default ${DEFAULT_TIMEOUT}).`,
  },
  {
    name: "retries",
    value: "N",
    text: "Try again at most N times where the store is busy or does not answer " +
      `(default ${DEFAULT_RETRIES}).`,
  },
  {
    name: "dry-run",
    text: "Say what would be removed and remove nothing; the exit status is 75, for the files " +
      "are still there.",
  },
  { name: "verbose", text: "Say on standard error what is done." },
] as const satisfies readonly OptionSpec[];

/** The options that the frame reads, and no back-end has. */
export const COMMON_OPTIONS = [...REQUEST_OPTIONS, ...SETTINGS_OPTIONS] as const;

const EXIT_STATUSES: readonly Entry[] = [
  { name: "0", text: "The file is gone, whoever removed it." },
  { name: "1", text: "Wrong usage, or BASE does not begin with the prefix." },
  { name: "2", text: "The file could not be removed." },
  { name: "3", text: "Refused: the name would lead out of its checkpoint." },
  { name: "4", text: "The store is not there." },
  { name: "5", text: "Credentials are missing or were rejected." },
  { name: "75", text: "Not now: the store is busy or does not answer." },
];

/** What a line of the map says besides what the back-end reads. */
export interface Settings {
  /** Seconds. */
  readonly timeout: number;
  /** Attempts after the first. */
  readonly retries: number;
  readonly dryRun: boolean;
  readonly verbose: boolean;
}

/** The words of a line of the map. */
export interface MapArguments {
  /** Those for `BackEnd.open`. */
  readonly own: readonly string[];
  readonly settings: Settings;
}

/** What a plug-in is asked to do. */
export interface Request extends MapArguments {
  readonly kind: "request";
  /** `-from`. */
  readonly base: string;
  /** `-delete`, or the file of `-delete-list`. */
  readonly name: string | { readonly list: string };
  /** `-jobad`; may be empty. */
  readonly jobAd: string;
  readonly ignoreMissing: boolean;
}

/** The description of a back-end's executable: its own options and the common ones. */
export function describePlugin({ program }: BackEnd): Program {
  const tail = "-from BASE -delete NAME -jobad JOBAD [-ignore-missing-files] [OPTION...]";
  return {
    ...program,
    usage: program.usage.map((line) => `${line} ${tail}`.trim()),
    options: [...program.options, ...COMMON_OPTIONS],
    exitStatus: [...EXIT_STATUSES, ...program.exitStatus],
  };
}

/**
 * Reads the words that a line of the map gives to one of our plug-ins, as the plug-in would.
 *
 * @throws {UsageError} for what is wrong among the common options; `BackEnd.open` judges the rest
 */
export function readMapArguments(backEnd: BackEnd, words: readonly string[]): MapArguments {
  const tokens = tokensOf([...backEnd.program.options, ...COMMON_OPTIONS], words);
  const request = tokens.find(({ spec }) => spec !== undefined && isOf(REQUEST_OPTIONS, spec));
  if (request !== undefined) {
    throw new UsageError(
      `${backEnd.program.name}: option "${request.words[0]}" has no place in a map (see -help)`,
    );
  }
  return mapArguments(backEnd, tokens, parseCommon(backEnd, tokens));
}

/**
 * Reads the arguments of a plug-in.
 *
 * @param how `lenient` does as HTCondor's own plug-in: unknown words after the value of `-jobad`
 *   are ignored, and `-h` is no option
 * @throws {UsageError}
 */
export function readRequest(
  backEnd: BackEnd,
  args: readonly string[],
  how: { readonly lenient?: boolean } = {},
): Request | Print {
  const program = describePlugin(backEnd);
  let tokens = tokensOf(program.options, args);
  const wrong = (text: string) => new UsageError(`${program.name}: ${text} (see -help)`);
  const jobAdAt = tokens.findIndex(({ spec }) => spec?.name === "jobad");
  if (how.lenient) {
    if (jobAdAt >= 0) tokens = tokens.filter(({ spec }, i) => i < jobAdAt || spec !== undefined);
    if (tokens.some(({ words }) => words[0] === "-h")) throw wrong('unknown option "-h"');
  }
  const last = tokens.at(-1);
  if (last?.spec?.name === "jobad" && last.words.length === 1 && !last.words[0]!.includes("=")) {
    tokens = [...tokens.slice(0, -1), { ...last, words: [...last.words, ""] }];
  }
  const parsed: Parsed<Command> = parseOptions(program, tokens.flatMap(({ words }) => words));
  if (parsed.kind === "print") return parsed;
  const values = parsed.values as Values<typeof COMMON_OPTIONS>;
  const { from: base, "delete": one, "delete-list": list, jobad: jobAd } = values;
  if (base === undefined) throw wrong("option -from is needed");
  if ((one === undefined) === (list === undefined)) {
    throw wrong("either -delete or -delete-list is needed");
  }
  if (jobAd === undefined) throw wrong("option -jobad is needed");
  return {
    kind: "request",
    ...mapArguments(backEnd, tokens, values),
    base,
    name: one ?? { list: list! },
    jobAd,
    ignoreMissing: values["ignore-missing-files"],
  };
}

/**
 * Reads a back-end's own words.
 *
 * ```ts
 * import { readOwn } from "./plugin_options.ts";
 * const program = {
 *   name: "cleanup_tape_checkpoint",
 *   summary: "remove checkpoints from tape",
 *   usage: ["-drive DRIVE"],
 *   options: [{ name: "drive", value: "DRIVE", text: "Where the tape is." }],
 * } as const;
 * readOwn(program, ["-drive", "0"]).drive satisfies string | undefined;
 * ```
 *
 * @throws {UsageError}
 */
export function readOwn<const P extends Command>(
  program: P,
  args: readonly string[],
): Values<P["options"]> {
  const parsed: Parsed<Command> = parseOptions<Command>(program, args);
  if (parsed.kind === "print") throw new UsageError(`${program.name}: not among a map's words`);
  return parsed.values as Values<P["options"]>;
}

function parseCommon(backEnd: BackEnd, tokens: readonly Token[]): Values<typeof SETTINGS_OPTIONS> {
  const words = tokens.filter(isCommon).flatMap((token) => token.words);
  return readOwn({ ...backEnd.program, options: SETTINGS_OPTIONS }, words);
}

function mapArguments(
  { program }: BackEnd,
  tokens: readonly Token[],
  values: Values<typeof SETTINGS_OPTIONS>,
): MapArguments {
  const count = (name: "timeout" | "retries", least: number, most: number, usual: number) => {
    const text = values[name];
    if (text === undefined) return usual;
    const number = /^\d{1,9}$/.test(text) ? Number(text) : NaN;
    if (number >= least && number <= most) return number;
    throw new UsageError(
      `${program.name}: option -${name} takes ${least} to ${most}: ${JSON.stringify(text)} given`,
    );
  };
  return {
    own: tokens.filter((token) => !isCommon(token)).flatMap(({ words }) => words),
    settings: {
      timeout: count("timeout", 1, LONGEST_TIMEOUT, DEFAULT_TIMEOUT),
      retries: count("retries", 0, MOST_RETRIES, DEFAULT_RETRIES),
      dryRun: values["dry-run"],
      verbose: values.verbose,
    },
  };
}

function isCommon({ spec }: Token): boolean {
  return spec !== undefined && isOf(COMMON_OPTIONS, spec);
}

function isOf(table: readonly OptionSpec[], spec: OptionSpec): boolean {
  return table.includes(spec);
}
