/** The map from destinations to clean-up plug-ins (manual, "Self-Checkpointing Jobs"). */
import { search } from "../../classad/regex.ts";
import type { Pattern } from "../../classad/regex_parser.ts";
import { encodeBinary } from "../../classad/text.ts";
import { MapError } from "./error.ts";

/** How the second column of a line is compared with a URL. */
export type Kind = "prefix" | "exact" | "pattern";

/** A line of three columns whose first is `*`. */
export interface MapEntry {
  readonly file: string;
  /** From 1. */
  readonly line: number;
  readonly kind: Kind;
  /** The second column without its quotes; of a pattern, what is between the slashes. */
  readonly key: string;
  /** The parsed key of a pattern. */
  readonly pattern?: Pattern;
  /** The third column without its quotes, before substitution. */
  readonly program: string;
  /** Not UTF-8, or with a NUL: nothing that a program could be given. */
  readonly isText: boolean;
}

/** The line that a URL belongs to. */
export interface Found {
  /** What `\0` stands for: the prefix, or what a pattern matched. */
  readonly prefix: string;
  /** The program and its arguments from the map. */
  readonly words: readonly string[];
  readonly file: string;
  readonly line: number;
}

/** A line that a URL may belong to, and what its groups are; `\0` first. */
export interface Candidate {
  readonly entry: MapEntry;
  readonly groups: readonly string[];
}

/** A map file as it was read. */
export class CheckpointMap {
  /** Neighbouring entries of one kind, in the order of the file; a pattern is alone. */
  readonly #groups: MapEntry[][] = [];

  constructor(readonly path: string, readonly entries: readonly MapEntry[]) {
    for (const entry of entries) {
      const last = this.#groups.at(-1);
      if (entry.kind !== "pattern" && last?.[0]?.kind === entry.kind) last.push(entry);
      else this.#groups.push([entry]);
    }
  }

  /**
   * Finds the line for a URL: in the first group that has one the longest prefix, and of equal ones
   * the first.
   *
   * @throws {MapError} when that line is no text, or a pattern takes too long
   */
  find(url: string): Found | undefined {
    const best = this.candidates(url).next().value;
    if (best === undefined) return undefined;
    const { entry: { file, line, program, isText }, groups } = best;
    if (!isText) throw new MapError(`Cannot use line ${line} of map file "${file}": not UTF-8`);
    return { prefix: groups[0]!, words: splitWords(substitute(program, groups)), file, line };
  }

  /** All lines that a URL matches, the one that counts first. */
  *candidates(url: string): Generator<Candidate, undefined> {
    for (const group of this.#groups) {
      const matching = group.flatMap((entry) => match(entry, url));
      // Sorting is stable: of equal prefixes the first line stays the first.
      yield* matching.sort((a, b) => b.entry.key.length - a.entry.key.length);
    }
    return undefined;
  }
}

function match(entry: MapEntry, url: string): Candidate[] {
  if (entry.pattern !== undefined) return matchPattern(entry, url);
  const isMatch = entry.kind === "exact" ? url === entry.key : url.startsWith(entry.key);
  return isMatch ? [{ entry, groups: [entry.key] }] : [];
}

function matchPattern(entry: MapEntry, url: string): Candidate[] {
  const subject = encodeBinary(url);
  const found = search(entry.pattern!, subject);
  return found === undefined ? [] : [{
    entry,
    groups: found.map((range) => range === undefined ? "" : fromBytes(subject.slice(...range))),
  }];
}

function fromBytes(bytes: string): string {
  return new TextDecoder().decode(Uint8Array.from(bytes, (c) => c.charCodeAt(0)));
}

/** Puts the groups in the place of `\0` to `\9`; other pairs, `\\` too, stay as they are. */
function substitute(text: string, groups: readonly string[]): string {
  return text.replace(/\\([^])/g, (pair, digit) => /\d/.test(digit) ? groups[digit] ?? pair : pair);
}

/** The words of a third column, which commas and white space separate. */
export function splitWords(text: string): string[] {
  return text.split(/[\s,]+/).filter((word) => word !== "");
}

/**
 * The path of a plug-in.
 *
 * @param word the first word of a third column
 * @param libexec where those lie that are not named by an absolute path
 */
export function programOf(word: string, libexec: string): string {
  return word.startsWith("/") ? word : `${libexec}/${word}`;
}
