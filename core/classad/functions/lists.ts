/**
 * Lists: membership, comparison with each item, sums and bounds.
 */

import { isScalar } from "../convert.ts";
import type { BinaryOperator } from "../expression.ts";
import { applyBinary } from "../operators.ts";
import { ERROR, Real, type Value, ValueList } from "../value.ts";
import { allArguments, argument, type BuiltIn, type Call, type Family } from "./call.ts";

function* valuesOf(call: Call, list: ValueList): Generator<Value> {
  for (const item of list.items) yield call.evaluation.evaluate(item, list.scope);
}

function membership(operator: "is" | "=="): BuiltIn {
  return (call) => {
    if (call.args.length !== 2) return ERROR;
    const [wanted, list] = allArguments(call);
    if (list === undefined || (operator === "==" && wanted === undefined)) return undefined;
    if (!(list instanceof ValueList) || !isScalar(wanted)) return ERROR;
    if (operator === "==" && wanted === ERROR) return ERROR;
    for (const value of valuesOf(call, list)) {
      if (applyBinary(operator, value, wanted) === true) return true;
    }
    return false;
  };
}

const COMPARISONS: ReadonlySet<string> = new Set([
  "<",
  "<=",
  "!=",
  "==",
  ">",
  ">=",
  "is",
  "isnt",
]);

function comparison(needsAll: boolean): BuiltIn {
  return (call) => {
    if (call.args.length !== 3) return ERROR;
    const [operator, list, wanted] = allArguments(call);
    if (operator === undefined) return undefined;
    if (typeof operator !== "string" || !COMPARISONS.has(operator)) return ERROR;
    if (list === undefined) return undefined;
    if (!(list instanceof ValueList)) return ERROR;
    for (const value of valuesOf(call, list)) {
      const result = applyBinary(operator as BinaryOperator, value, wanted);
      // An item without answer ends the search, also for one that matches further on.
      if (result === undefined) return false;
      if (typeof result !== "boolean") return ERROR;
      if (needsAll !== result) return !needsAll;
    }
    return needsAll;
  };
}

/** The numbers (and booleans) of a list without what is undefined. */
function numbersOf(call: Call): Value[] | undefined | typeof ERROR {
  if (call.args.length !== 1) return ERROR;
  const list = argument(call, 0);
  if (list === undefined) return undefined;
  if (!(list instanceof ValueList)) return ERROR;
  const values: Value[] = [];
  for (const value of valuesOf(call, list)) {
    if (value === undefined) continue;
    if (typeof value !== "bigint" && typeof value !== "boolean" && !(value instanceof Real)) {
      return ERROR;
    }
    values.push(value);
  }
  return values;
}

function add(values: Value[]): Value {
  return values.length === 0 ? 0n : values.reduce((sum, value) => applyBinary("+", sum, value));
}

function bound(operator: "<" | ">"): BuiltIn {
  return (call) => {
    const values = numbersOf(call);
    if (values === undefined || values === ERROR || values.length === 0) {
      return values === ERROR ? ERROR : undefined;
    }
    const best = values.reduce((kept, value) =>
      applyBinary(operator, value, kept) === true ? value : kept
    );
    if (values.length === 1) return best;
    // Items are compared as numbers of one type, and the answer has that type.
    const hasReal = values.some((value) => value instanceof Real);
    return applyBinary("+", best, hasReal ? new Real(0) : 0n);
  };
}

/** member(), anyCompare(), sum() and their relatives. */
export const LIST_FUNCTIONS: Family = {
  member: membership("=="),
  identicalmember: membership("is"),
  anycompare: comparison(false),
  allcompare: comparison(true),
  sum: (call) => {
    const values = numbersOf(call);
    return Array.isArray(values) ? add(values) : values;
  },
  avg: (call) => {
    const values = numbersOf(call);
    if (!Array.isArray(values)) return values;
    return values.length === 0 ? 0n : applyBinary("/", add(values), new Real(values.length));
  },
  min: bound("<"),
  max: bound(">"),
};
