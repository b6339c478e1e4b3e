/** What a scope is made of: words of printable ASCII between blanks (RFC 6749, 3.3). */
import { isPathName } from "../names.ts";

/** Longest scope of a token, in characters: with it a token still fits where tokens are read. */
export const LONGEST_SCOPE = 32 * 1024;

/**
 * The words of a scope.
 *
 * @returns undefined when a character of it can be in no scope
 */
export function scopeWords(text: string): readonly string[] | undefined {
  const words = text.split(/[ \t\r\n]+/).filter((word) => word !== "");
  return words.every((word) => /^[\x21\x23-\x5b\x5d-\x7e]+$/.test(word)) ? words : undefined;
}

/** What a scope allows: the name of a permission, and where it holds. */
interface Permission {
  readonly name: string;
  /** Names from the top down; none is everywhere. */
  readonly path: readonly string[];
}

/**
 * What both of two scopes allow, by the rules of SciTokens' path-based permissions: `read:/a` allows
 * reading `/a` and all below it; a permission without a path holds everywhere; another permission is
 * never meant along. Where the asked one is the wider, the allowed one is the answer.
 *
 * Paths that mean another place than they spell (`..`, `//`, escaped slashes) are in no answer. Names
 * are compared as they are written: not every server takes `%61` for `a`.
 *
 * @param asked words, in the order of the answer
 * @param allowed words
 */
export function intersectScopes(
  asked: readonly string[],
  allowed: readonly string[],
): readonly string[] {
  const known = new Map<string, { word: string; path: readonly string[] }[]>();
  for (const word of allowed) {
    const permission = readPermission(word);
    if (permission === undefined) continue;
    const { name, path } = permission;
    const here = known.get(name);
    if (here === undefined) known.set(name, [{ word, path }]);
    else here.push({ word, path });
  }
  const granted = new Set<string>();
  for (const word of asked) {
    const permission = readPermission(word);
    if (permission === undefined) continue;
    const { name, path } = permission;
    const here = known.get(name) ?? [];
    if (here.some((one) => isWithin(path, one.path))) {
      granted.add(word);
    } else {
      for (const one of here) if (isWithin(one.path, path)) granted.add(one.word);
    }
  }
  return [...granted];
}

function isWithin(path: readonly string[], top: readonly string[]): boolean {
  return top.length <= path.length && top.every((name, i) => name === path[i]);
}

/** Reads a word of a scope; nothing for a path that does not mean what it spells. */
function readPermission(word: string): Permission | undefined {
  const colon = word.indexOf(":");
  if (colon < 0) return { name: word, path: [] };
  const path = word.slice(colon + 1);
  // Scopes such as "offline_access:x" or "https://..." have no path: only the same is the same.
  if (!path.startsWith("/") || path.startsWith("//")) return { name: word, path: [] };
  const names = path.slice(1).split("/");
  if (names.at(-1) === "") names.pop();
  return names.every(isPathName) ? { name: word.slice(0, colon), path: names } : undefined;
}
