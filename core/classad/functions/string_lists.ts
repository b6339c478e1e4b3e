/**
 * Lists written in one string, with commas and blanks between the items.
 */

import { lowerAscii } from "../compare.ts";
import { parseNumber } from "../convert.ts";
import { trimSpace } from "../text.ts";
import { ERROR, Real, type Value } from "../value.ts";
import { allArguments, type BuiltIn, type Call, type Family } from "./call.ts";

/** The items between separators, without white space around them; empty ones do not count. */
export function splitList(text: string, separators: string): string[] {
  const items: string[] = [];
  let start = 0;
  for (let at = 0; at <= text.length; at++) {
    if (at < text.length && !separators.includes(text.charAt(at))) continue;
    const item = trimSpace(text.slice(start, at));
    if (item !== "") items.push(item);
    start = at + 1;
  }
  return items;
}

/** Reads the arguments from `from` on: a list and, optionally, its separators. */
function itemsOf(call: Call, from: number): string[] | undefined | typeof ERROR {
  const [list, separators = ", "] = allArguments(call).slice(from);
  if (list === undefined) return undefined;
  if (typeof list !== "string" || typeof separators !== "string") return ERROR;
  return splitList(list, separators);
}

function hasCount(call: Call, least: number): boolean {
  return call.args.length >= least && call.args.length <= least + 1;
}

const same = (text: string): string => text;

function member(fold: (text: string) => string): BuiltIn {
  return (call) => {
    if (!hasCount(call, 2)) return ERROR;
    const wanted = allArguments(call)[0];
    const items = itemsOf(call, 1);
    if (items === ERROR || (wanted !== undefined && typeof wanted !== "string")) return ERROR;
    if (items === undefined && wanted === undefined) return undefined;
    if (items === undefined || wanted === undefined) return false;
    return items.some((item) => fold(item) === fold(wanted));
  };
}

function subset(fold: (text: string) => string): BuiltIn {
  return (call) => {
    if (!hasCount(call, 2)) return ERROR;
    const [part, whole, separators = ", "] = allArguments(call);
    if (typeof separators !== "string") return ERROR;
    if (part === undefined && whole === undefined) return undefined;
    if (part !== undefined && typeof part !== "string") return ERROR;
    if (whole !== undefined && typeof whole !== "string") return ERROR;
    const items = (text: string): string[] => splitList(text, separators).map(fold);
    const known = new Set(items(whole ?? ""));
    return items(part ?? "").every((item) => known.has(item));
  };
}

function intersect(call: Call): Value {
  if (!hasCount(call, 2)) return ERROR;
  const [left, right, separators = ", "] = allArguments(call);
  if (left === ERROR || right === ERROR) return ERROR;
  if (left === undefined || right === undefined) return undefined;
  if (typeof left !== "string" || typeof right !== "string" || typeof separators !== "string") {
    return ERROR;
  }
  const known = new Set(splitList(left, separators));
  return splitList(right, separators).some((item) => known.has(item));
}

/** Folds the numbers; an empty list is answered by `empty`. */
function numbers(fold: (values: number[]) => number, empty: Value): BuiltIn {
  return (call) => {
    if (!hasCount(call, 1)) return ERROR;
    const items = itemsOf(call, 0);
    if (items === undefined || items === ERROR) return ERROR;
    if (items.length === 0) return empty;
    const values = items.map(parseNumber);
    if (!values.every((value) => value !== undefined)) return ERROR;
    const result = fold(values);
    const areWhole = items.every((item) => /^[+-]?\d+$/.test(item));
    return areWhole && Number.isSafeInteger(Math.trunc(result))
      ? BigInt(Math.trunc(result))
      : new Real(result);
  };
}

function sum(values: number[]): number {
  return values.reduce((total, value) => total + value, 0);
}

function size(call: Call): Value {
  if (!hasCount(call, 1)) return ERROR;
  const items = itemsOf(call, 0);
  return Array.isArray(items) ? BigInt(items.length) : ERROR;
}

/** The stringList functions. */
export const STRING_LIST_FUNCTIONS: Family = {
  stringlistsize: size,
  stringlistsum: numbers(sum, new Real(0)),
  stringlistavg: numbers((values) => sum(values) / values.length, new Real(0)),
  stringlistmin: numbers((values) => values.reduce((a, b) => Math.min(a, b)), undefined),
  stringlistmax: numbers((values) => values.reduce((a, b) => Math.max(a, b)), undefined),
  stringlistmember: member(same),
  stringlistimember: member(lowerAscii),
  stringlistsubsetmatch: subset(same),
  stringlistisubsetmatch: subset(lowerAscii),
  stringlistsintersect: intersect,
};
