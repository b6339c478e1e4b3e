/** Plain objects as ads in new format, without the ad between: for programs that write many. */

import { type AdValue, toExpression } from "./ad.ts";
import { printExpression, printValue, quoteName } from "./print.ts";
import { Real } from "./value.ts";

/** Names as they stand in ads; a program writes few different ones. */
const names = new Map<string, string>();

const MOST_NAMES = 1000;

/**
 * A plain object as an ad in new format: the same text as `printAd(makeAd(record))`.
 *
 * @throws RangeError for a number that is not a whole one: reals are written `real(1.5)`.
 */
export function printRecord(record: { readonly [name: string]: AdValue }): string {
  let text = "";
  for (const name in record) {
    const value = record[name];
    if (value === undefined) continue;
    text += `${text === "" ? "" : "; "}${nameText(name)} = ${valueText(value)}`;
  }
  return `[ ${text} ]`;
}

function nameText(name: string): string {
  let text = names.get(name);
  if (text === undefined) {
    text = quoteName(name);
    if (names.size < MOST_NAMES) names.set(name, text);
  }
  return text;
}

function valueText(value: AdValue): string {
  if (typeof value === "number" && Number.isSafeInteger(value)) return `${value}`;
  if (typeof value === "string" || typeof value === "boolean" || value instanceof Real) {
    return printValue(value);
  }
  if (isList(value)) return `{ ${value.map(valueText).join(",")} }`;
  if (typeof value === "object" && Object.getPrototypeOf(value) === Object.prototype) {
    return printRecord(value as { readonly [name: string]: AdValue });
  }
  return printExpression(toExpression(value));
}

function isList(value: AdValue): value is readonly AdValue[] {
  return Array.isArray(value);
}
