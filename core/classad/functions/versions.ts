/**
 * Versions: strings whose runs of digits are compared as numbers, as strverscmp(3) does.
 */

import { toText } from "../convert.ts";
import { encodeBinary } from "../text.ts";
import { ERROR } from "../value.ts";
import { allArguments, type BuiltIn, type Family, ofTwoTexts } from "./call.ts";

function isDigit(text: string, at: number): boolean {
  const code = text.charCodeAt(at);
  return code >= 0x30 && code <= 0x39;
}

function runEnd(text: string, start: number, matches: (at: number) => boolean): number {
  let end = start;
  while (end < text.length && matches(end)) end++;
  return end;
}

/** The byte at a place as C's char, which is signed; 0 beyond the end. */
function signedByte(text: string, at: number): number {
  return ((text.charCodeAt(at) || 0) << 24) >> 24;
}

/** A negative, zero or positive number as the first version sorts. */
export function compareVersions(first: string, second: string): number {
  const left = encodeBinary(first);
  const right = encodeBinary(second);
  let at = 0;
  while (at < left.length && left[at] === right[at]) at++;
  if (at >= left.length && at >= right.length) return 0;
  const difference = signedByte(left, at) - signedByte(right, at);
  let start = at;
  while (start > 0 && isDigit(left, start - 1)) start--;
  if (start === at && !(isDigit(left, at) && isDigit(right, at))) return difference;
  const zeros = [left, right].map((text) => {
    const end = runEnd(text, start, (i) => text[i] === "0");
    // The last zero of a number that is nothing else is a digit like others.
    return end > start && !isDigit(text, end) ? end - 1 : end;
  }) as [number, number];
  if (zeros[0] !== zeros[1]) return zeros[1] - zeros[0];
  if (zeros[0] > start) return difference;
  const leftEnd = runEnd(left, start, (i) => isDigit(left, i));
  const rightEnd = runEnd(right, start, (i) => isDigit(right, i));
  return leftEnd !== rightEnd ? leftEnd - rightEnd : difference;
}

function comparing(test: (order: number) => boolean | bigint): BuiltIn {
  return ofTwoTexts((a, b) => test(compareVersions(a, b)));
}

/** versioncmp() and its relatives. */
export const VERSION_FUNCTIONS: Family = {
  versioncmp: comparing((order) => BigInt(order)),
  versionle: comparing((order) => order <= 0),
  versionlt: comparing((order) => order < 0),
  versionge: comparing((order) => order >= 0),
  versiongt: comparing((order) => order > 0),
  versioneq: comparing((order) => order === 0),
  version_in_range: (call) => {
    if (call.args.length !== 3) return ERROR;
    const [version, least, most] = allArguments(call);
    if (least === undefined || most === undefined) return undefined;
    const [tested, low, high] = [toText(version), toText(least), toText(most)];
    if (typeof tested !== "string" || typeof low !== "string" || typeof high !== "string") {
      return ERROR;
    }
    return compareVersions(low, tested) <= 0 && compareVersions(tested, high) <= 0;
  },
};
