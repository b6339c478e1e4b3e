/**
 * Order of strings by their bytes, as C's strcmp() and strcasecmp() have it.
 */

import { encodeBinary, isAscii } from "./text.ts";

/** How {@link compareBytes} compares. */
export interface CompareOptions {
  /** Takes A to Z for a to z. */
  readonly ignoreCase?: boolean;
}

/** -1, 0 or 1 as the first string sorts before, with or after the second. */
export function compareBytes(left: string, right: string, options: CompareOptions = {}): number {
  let a = encodeBinary(left);
  let b = encodeBinary(right);
  if (options.ignoreCase === true) {
    a = lowerAscii(a);
    b = lowerAscii(b);
  }
  return a < b ? -1 : a > b ? 1 : 0;
}

/** The text with A to Z in lower case, all else unchanged. */
export function lowerAscii(text: string): string {
  return isAscii(text) ? text.toLowerCase() : text.replace(/[A-Z]+/g, (run) => run.toLowerCase());
}

/** The text with a to z in upper case, all else unchanged. */
export function upperAscii(text: string): string {
  return isAscii(text) ? text.toUpperCase() : text.replace(/[a-z]+/g, (run) => run.toUpperCase());
}
