/**
 * What HTCondor, or a person, asks a plug-in to do.
 */
import { parseOptions } from "../cli/parse.ts";
import type { OptionSpec, Program } from "../cli/program.ts";
import { UsageError } from "../errors.ts";
import { redact } from "../log/redact.ts";
import { isQuery, QUERY_OPTION } from "./query.ts";
import type { Direction } from "./result.ts";
import { methodOf } from "./url.ts";

/** The ways in which a plug-in is started. */
export type Invocation =
  | { readonly kind: "query" }
  | { readonly kind: "print"; readonly text: string }
  | {
    /** Protocol versions 2 and 4. */
    readonly kind: "batch";
    readonly infile: string;
    readonly outfile: string | undefined;
    readonly direction: Direction;
    readonly diagnostic: boolean;
  }
  | {
    /** Protocol version 1. */
    readonly kind: "single";
    readonly url: string;
    readonly path: string;
    readonly direction: Direction;
  };

/** Options of every transfer plug-in. */
export const PLUGIN_OPTIONS = [
  { name: QUERY_OPTION, text: "Print what the plug-in supports, as a ClassAd in long format." },
  { name: "infile", value: "FILE", text: "Read the ads of the files to be moved from FILE." },
  {
    name: "outfile",
    value: "FILE",
    text: "Write an ad for each of them to FILE; standard output without this option.",
  },
  { name: "upload", text: "Upload the files; they are downloaded without this option." },
  {
    name: "diagnostic",
    text: "Print what the protocols say, and each finished file, to standard error.",
  },
] as const satisfies readonly OptionSpec[];

/** The description of a transfer plug-in. */
export interface PluginProgram extends Program {
  readonly options: typeof PLUGIN_OPTIONS;
}

/** Synopsis of every transfer plug-in. */
export const PLUGIN_USAGE: readonly string[] = [
  "-infile FILE [-outfile FILE] [-upload] [-diagnostic]",
  "URL FILE",
  "FILE URL",
  "-classad",
];

/**
 * Reads a plug-in's arguments.
 *
 * @throws {UsageError} when they ask for nothing that the plug-in does
 */
export function readInvocation(program: PluginProgram, args: readonly string[]): Invocation {
  if (isQuery(args)) return { kind: "query" };
  const parsed = parseOptions(program, args);
  if (parsed.kind === "print") return parsed;
  const { values: { infile, outfile, upload, diagnostic }, operands } = parsed;
  if (infile !== undefined) {
    if (operands.length > 0) {
      const text = `unexpected argument "${redact(operands[0]!)}"`;
      throw new UsageError(`${program.name}: ${text} (see -help)`);
    }
    return {
      kind: "batch",
      infile,
      outfile,
      direction: upload ? "upload" : "download",
      diagnostic,
    };
  }
  const [first, second] = operands;
  if (first === undefined || second === undefined) {
    throw new UsageError(`${program.name}: -infile FILE is missing (see -help)`);
  }
  if (methodOf(first) !== undefined) {
    return { kind: "single", direction: "download", url: first, path: second };
  }
  if (methodOf(second) !== undefined) {
    return { kind: "single", direction: "upload", url: second, path: first };
  }
  const text = `neither "${redact(first)}" nor "${redact(second)}" is a URL`;
  throw new UsageError(`${program.name}: ${text} (see -help)`);
}
