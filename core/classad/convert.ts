/**
 * Conversions between values, as int(), real() and string() make them.
 */

import { ClassAd } from "./ad.ts";
import { lowerAscii } from "./compare.ts";
import { printValue } from "./print.ts";
import { formatAbsoluteTime, formatRelativeTime } from "./times.ts";
import {
  AbsoluteTime,
  clamp64,
  ERROR,
  Real,
  RelativeTime,
  type Value,
  ValueList,
} from "./value.ts";

/** A value as a string; undefined and error stay what they are. */
export function toText(value: Value): string | undefined | typeof ERROR {
  if (typeof value === "string" || value === undefined || value === ERROR) return value;
  if (value instanceof AbsoluteTime) return formatAbsoluteTime(value);
  if (!(value instanceof RelativeTime)) return printValue(value);
  return formatRelativeTime(new RelativeTime(Math.trunc(value.seconds)));
}

const NUMBER_PREFIX =
  /^[ \t\n\v\f\r]*([+-]?)(?:0x([0-9a-f]+)|(inf(?:inity)?)|(nan)|(\d+\.?\d*(?:e[+-]?\d+)?|\.\d+(?:e[+-]?\d+)?))/;

/** The number a text starts with, as C's strtod() finds it; undefined if none. */
export function parseNumber(text: string): number | undefined {
  const found = NUMBER_PREFIX.exec(lowerAscii(text.slice(0, 400)));
  if (found === null) return undefined;
  const [, sign, hexadecimal, infinity, nan, decimal] = found;
  const magnitude = infinity !== undefined
    ? Infinity
    : nan !== undefined
    ? NaN
    : Number(hexadecimal !== undefined ? `0x${hexadecimal}` : decimal);
  return sign === "-" ? -magnitude : magnitude;
}

/** A value as a number; undefined if it has none. */
export function toReal(value: Value): number | undefined {
  if (value instanceof Real) return value.value;
  if (typeof value === "bigint") return Number(value);
  if (typeof value === "boolean") return value ? 1 : 0;
  if (typeof value === "string") return parseNumber(value);
  return value instanceof RelativeTime || value instanceof AbsoluteTime ? value.seconds : undefined;
}

/** A value as an integer; undefined and values without a number are answered as int() does. */
export function toInteger(value: Value): bigint | undefined | typeof ERROR {
  if (value === undefined || typeof value === "bigint") return value;
  const number = toReal(value);
  return number === undefined ? ERROR : truncate(number);
}

/** A number without its fraction, kept within 64 bits; NaN becomes 0. */
export function truncate(value: number): bigint {
  if (Number.isNaN(value)) return 0n;
  const bounded = Math.min(Math.max(value, -(2 ** 64)), 2 ** 64);
  return clamp64(BigInt(Math.trunc(bounded)));
}

/** Whether a value is neither a list nor an ad, so that it can be compared. */
export function isScalar(value: Value): boolean {
  return !(value instanceof ValueList) && !(value instanceof ClassAd);
}
