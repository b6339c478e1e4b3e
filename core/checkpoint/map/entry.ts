/** What a line of the map file says. */
import type { Pattern } from "../../classad/regex_parser.ts";
import { isWellFormedText, trimSpace } from "../../classad/text.ts";
import { isInclude, type MapLine } from "./lines.ts";
import { readPattern } from "./pattern.ts";

/** How the second column of a line is compared with a URL. */
export type Kind = "prefix" | "exact" | "pattern";

/** A line that a URL can belong to. */
export interface MapEntry {
  readonly file: string;
  /** From 1. */
  readonly line: number;
  readonly kind: Kind;
  /** The second column, without quotes or slashes. */
  readonly key: string;
  /** The key of a pattern. */
  readonly pattern?: Pattern;
  /** The third column without its quotes, before substitution. */
  readonly program: string;
  /** Why the pattern cannot be used. */
  readonly fault?: string;
}

/** Reads a line; undefined when no URL can belong to it, as HTCondor has it. */
export function entryOf({ file, line, isIncluded, columns }: MapLine, options: {
  readonly includePrefix: boolean;
}): MapEntry | undefined {
  const [method, key, program] = columns;
  if (isInclude({ columns }) || method?.text !== "*" || !key?.text) return undefined;
  if (program === undefined || (program.text === "" && !program.isUnclosed)) return undefined;
  const place = { file, line, key: key.text, program: program.text };
  if (key.form === "pattern") {
    const pattern = readPattern(key.text, key.flags);
    // HTCondor passes over a malformed one; but this may be one that only we cannot read.
    return typeof pattern === "string"
      ? { ...place, kind: "pattern", fault: `its pattern cannot be used: ${pattern}` }
      : { ...place, kind: "pattern", pattern };
  }
  return { ...place, kind: isIncluded && !options.includePrefix ? "exact" : "prefix" };
}

/** Why a third column, its groups substituted, makes no command; undefined when it does. */
export function programFault(text: string): string | undefined {
  if (!isWellFormedText(text)) return "its third column is not UTF-8";
  if (text.includes("\0")) return "its third column has a NUL";
  return splitWords(text).length === 0 ? "its third column names no program" : undefined;
}

/**
 * The words of a third column, which commas and white space separate; form feeds and vertical tabs
 * do not, but are lost at the ends of a word.
 */
export function splitWords(text: string): string[] {
  return text.split(/[ ,\t\r\n]+/).map(trimSpace).filter((word) => word !== "");
}
