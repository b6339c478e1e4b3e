/** The map from destinations to clean-up plug-ins (manual, "Self-Checkpointing Jobs"). */
import { MatchLimitError, search } from "../../classad/regex.ts";
import { decodeBinary, encodeBinary } from "../../classad/text.ts";
import { quote } from "../location.ts";
import { type MapEntry, programFault, splitWords } from "./entry.ts";
import { MapError } from "./error.ts";

/** The line that a URL belongs to. */
export interface Found {
  /** What `\0` stands for: the prefix, or what a pattern matched. */
  readonly prefix: string;
  /** The program and its arguments from the map; at least one. */
  readonly words: readonly string[];
  readonly file: string;
  readonly line: number;
}

/** A line that a URL may belong to, and what `\0` and the following stand for. */
export interface Candidate {
  readonly entry: MapEntry;
  readonly groups: readonly string[];
}

/** A map file as it was read. */
export class CheckpointMap {
  /** Neighbouring entries of one kind, in the order of the files; a pattern is alone. */
  readonly #groups: MapEntry[][] = [];

  constructor(entries: readonly MapEntry[]) {
    for (const entry of entries) {
      const last = this.#groups.at(-1);
      if (entry.kind !== "pattern" && last?.[0]?.kind === entry.kind) last.push(entry);
      else this.#groups.push([entry]);
    }
  }

  /**
   * Finds the line for a URL.
   *
   * @param url a checkpoint's base, or a bare destination
   * @throws {MapError} when that line cannot be used, or its pattern takes too long
   */
  find(url: string): Found | undefined {
    const best = this.candidates(url).next().value;
    return best === undefined ? undefined : choose(best);
  }

  /**
   * The lines that a URL matches, the one that counts first: group by group as the files have them,
   * in a group the longest first, and of equal ones the first.
   *
   * @throws {MapError} when a pattern takes too long
   */
  *candidates(url: string): Generator<Candidate, undefined> {
    for (const group of this.#groups) {
      if (group[0]!.kind === "pattern") yield* matchPattern(group[0]!, url);
      else {
        const matching = group.filter(({ kind, key }) =>
          kind === "exact" ? url === key : url.startsWith(key)
        );
        matching.sort((a, b) => b.key.length - a.key.length);
        yield* matching.map((entry) => ({ entry, groups: [entry.key] }));
      }
    }
    return undefined;
  }
}

/**
 * What a line says for a URL that it matches.
 *
 * @throws {MapError} when that is no command
 */
export function choose({ entry: { file, line, program, fault }, groups }: Candidate): Found {
  const text = substitute(program, groups);
  const state = fault ?? programFault(text);
  if (state !== undefined) {
    throw new MapError(`Cannot use line ${line} of ${quote(file)}: ${state}`);
  }
  return { prefix: groups[0]!, words: splitWords(text), file, line };
}

/** A pattern that cannot be used may match anything. */
function matchPattern(entry: MapEntry, url: string): Candidate[] {
  if (entry.pattern === undefined) return [{ entry, groups: [""] }];
  const subject = encodeBinary(url);
  try {
    const found = search(entry.pattern, subject);
    if (found === undefined) return [];
    // A group that took no part is empty, but those behind the last one that did do not exist.
    const count = found.findLastIndex((range) => range !== undefined) + 1;
    return [{
      entry,
      groups: found.slice(0, count).map((range) => decodeBinary(subject.slice(...range ?? [0, 0]))),
    }];
  } catch (error) {
    if (!(error instanceof MatchLimitError)) throw error;
    const { file, line } = entry;
    throw new MapError(`Cannot use line ${line} of ${quote(file)}: its pattern takes too long`);
  }
}

/** Groups take the place of `\0` to `\9`; other pairs stay, a backslash at the end does not. */
function substitute(text: string, groups: readonly string[]): string {
  return text.replace(/\\([^]?)/g, (pair: string, next: string) => {
    if (next === "") return "";
    return /[0-9]/.test(next) ? groups[Number(next)] ?? pair : pair;
  });
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
