/**
 * Matching of regular expressions with a bound on time, which JavaScript's own engine lacks:
 * patterns and subjects come from jobs.
 */

import { isWord, type Node, type Pattern, type Place } from "./regex_parser.ts";

/** Matching took too many steps or went too deep. */
export class MatchLimitError extends Error {}

/** Steps of one search; ample for sane patterns, about a tenth of a second at worst. */
const MAX_STEPS = 2_000_000;
/** Nested parts of one match; more would exhaust the stack. */
const MAX_DEPTH = 1_000;

/** Start and end of a match and of its groups; undefined for a group that took no part. */
export type Match = readonly (readonly [number, number] | undefined)[];

/**
 * Finds a pattern in a subject (one character per byte), from a place on.
 *
 * @throws MatchLimitError when the search takes too long
 */
export function search(pattern: Pattern, subject: string, from = 0): Match | undefined {
  return new Matcher(pattern, subject).search(from);
}

type Next = (at: number) => boolean;

class Matcher {
  readonly #pattern: Pattern;
  readonly #subject: string;
  #groups: ([number, number] | undefined)[] = [];
  #steps = 0;
  #depth = 0;

  constructor(pattern: Pattern, subject: string) {
    this.#pattern = pattern;
    this.#subject = subject;
  }

  search(from: number): Match | undefined {
    for (let start = from; start <= this.#subject.length; start++) {
      this.#groups = new Array(this.#pattern.groups + 1).fill(undefined);
      let end = -1;
      const isFound = this.#match(this.#pattern.root, start, (at) => {
        end = at;
        return true;
      });
      if (isFound) {
        this.#groups[0] = [start, end];
        return this.#groups;
      }
    }
    return undefined;
  }

  #match(node: Node, at: number, next: Next): boolean {
    if (++this.#steps > MAX_STEPS) throw new MatchLimitError();
    if (++this.#depth > MAX_DEPTH) throw new MatchLimitError();
    const isFound = this.#dispatch(node, at, next);
    this.#depth--;
    return isFound;
  }

  #dispatch(node: Node, at: number, next: Next): boolean {
    switch (node.kind) {
      case "set":
        return this.#has(node, at) && next(at + 1);
      case "sequence":
        return this.#sequence(node.parts, 0, at, next);
      case "choice":
        return node.parts.some((part) => this.#match(part, at, next));
      case "group":
        return this.#group(node.index, node.part, at, next);
      case "atomic": {
        const end = this.#once(node.part, at);
        return end !== undefined && next(end);
      }
      case "look":
        return this.#look(node, at) && next(at);
      case "back":
        return this.#back(node.index, at, next);
      case "place":
        return this.#isPlace(node.place, at) && next(at);
      case "repeat":
        if (node.mode === "possessive") {
          const end = this.#once({ ...node, mode: "greedy" }, at);
          return end !== undefined && next(end);
        }
        return node.part.kind === "set"
          ? this.#repeatSet(node, node.part, at, next)
          : this.#repeat(node, 0, at, next);
    }
  }

  #has(set: Extract<Node, { kind: "set" }>, at: number): boolean {
    return at < this.#subject.length && set.has(this.#subject.charCodeAt(at));
  }

  #sequence(parts: readonly Node[], index: number, at: number, next: Next): boolean {
    // Single characters need no stack of their own.
    let place = at;
    let i = index;
    for (; i < parts.length; i++) {
      const part = parts[i] as Node;
      if (part.kind !== "set") break;
      if (!this.#has(part, place)) return false;
      place++;
    }
    const part = parts[i];
    if (part === undefined) return next(place);
    return this.#match(part, place, (end) => this.#sequence(parts, i + 1, end, next));
  }

  #group(index: number, part: Node, at: number, next: Next): boolean {
    const before = this.#groups[index];
    const isFound = this.#match(part, at, (end) => {
      const inner = this.#groups[index];
      this.#groups[index] = [at, end];
      if (next(end)) return true;
      this.#groups[index] = inner;
      return false;
    });
    if (!isFound) this.#groups[index] = before;
    return isFound;
  }

  /** Where the first way to match ends; no other way is tried later. */
  #once(part: Node, at: number): number | undefined {
    let end: number | undefined;
    this.#match(part, at, (place) => {
      end = place;
      return true;
    });
    return end;
  }

  #look(node: Extract<Node, { kind: "look" }>, at: number): boolean {
    if (!node.behind) return (this.#once(node.part, at) !== undefined) !== node.not;
    for (let start = at; start >= 0; start--) {
      if (this.#match(node.part, start, (end) => end === at)) return !node.not;
    }
    return node.not;
  }

  #back(index: number, at: number, next: Next): boolean {
    const group = this.#groups[index];
    if (group === undefined) return false;
    const text = this.#subject.slice(group[0], group[1]);
    const found = this.#subject.slice(at, at + text.length);
    const isSame = this.#pattern.ignoreCase
      ? found.toLowerCase() === text.toLowerCase()
      : found === text;
    return isSame && next(at + text.length);
  }

  #repeatSet(
    node: Extract<Node, { kind: "repeat" }>,
    set: Extract<Node, { kind: "set" }>,
    at: number,
    next: Next,
  ): boolean {
    const isLazy = node.mode === "lazy";
    let end = at;
    const grow = (limit: number): void => {
      while (end - at < limit && this.#has(set, end)) {
        end++;
        if (++this.#steps > MAX_STEPS) throw new MatchLimitError();
      }
    };
    grow(isLazy ? node.least : node.most);
    if (end - at < node.least) return false;
    for (;;) {
      if (++this.#steps > MAX_STEPS) throw new MatchLimitError();
      if (next(end)) return true;
      if (isLazy) {
        if (end - at >= node.most || !this.#has(set, end)) return false;
        end++;
      } else if (--end - at < node.least) {
        return false;
      }
    }
  }

  #repeat(
    node: Extract<Node, { kind: "repeat" }>,
    count: number,
    at: number,
    next: Next,
  ): boolean {
    const again = (): boolean =>
      count < node.most && this.#match(node.part, at, (end) =>
        // A turn that takes nothing is the last one, or it would be repeated for ever.
        end === at && count >= node.least ? next(end) : this.#repeat(node, count + 1, end, next));
    if (count < node.least) return again();
    return node.mode === "lazy" ? next(at) || again() : again() || next(at);
  }

  #isPlace(place: Place, at: number): boolean {
    const subject = this.#subject;
    const isNewline = (index: number): boolean => subject.charCodeAt(index) === 10;
    switch (place) {
      case "start":
        return at === 0;
      case "end":
        return at === subject.length;
      case "lastEnd":
        return at === subject.length || (at === subject.length - 1 && isNewline(at));
      case "lineStart":
        return at === 0 || (isNewline(at - 1) && at < subject.length);
      case "lineEnd":
        return at === subject.length || isNewline(at);
      default: {
        const before = at > 0 && isWord(subject.charCodeAt(at - 1));
        const after = at < subject.length && isWord(subject.charCodeAt(at));
        return (before !== after) === (place === "word");
      }
    }
  }
}
