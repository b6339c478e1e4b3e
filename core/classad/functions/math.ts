/**
 * Numbers: conversion, rounding, powers, quantities.
 */

import { lowerAscii } from "../compare.ts";
import { toInteger, toReal, toText, truncate } from "../convert.ts";
import { ERROR, Real, type Value, ValueList, wrap64 } from "../value.ts";
import { argument, type BuiltIn, type Call, type Family } from "./call.ts";

function one(convert: (value: Value) => Value): BuiltIn {
  return (call) => call.args.length === 1 ? convert(argument(call, 0)) : ERROR;
}

function rounding(round: (value: number) => number): BuiltIn {
  return one((value) => {
    if (typeof value === "bigint") return value;
    const number = toReal(value);
    return number === undefined ? ERROR : truncate(round(number));
  });
}

/** The nearest whole number; of two equally near ones the even. */
function roundHalfEven(value: number): number {
  const floor = Math.floor(value);
  if (value - floor !== 0.5) return Math.round(value);
  return floor % 2 === 0 ? floor : floor + 1;
}

function toBoolean(value: Value): Value {
  if (value === undefined || typeof value === "boolean") return value;
  if (typeof value === "string") {
    const lower = lowerAscii(value);
    return lower === "true" ? true : lower === "false" ? false : undefined;
  }
  const number = toReal(value);
  return number === undefined ? ERROR : number !== 0;
}

function pow(call: Call): Value {
  if (call.args.length !== 2) return ERROR;
  const base = argument(call, 0);
  const exponent = argument(call, 1);
  const x = toReal(base);
  const y = toReal(exponent);
  if (x === undefined || y === undefined) return ERROR;
  const isWhole = typeof base === "bigint" && typeof exponent === "bigint" && exponent >= 0n;
  return isWhole ? truncate(x ** y) : new Real(x ** y);
}

/** The next multiple of the second argument, or the first item of a list that is not smaller. */
function quantize(call: Call): Value {
  if (call.args.length !== 2) return ERROR;
  const value = argument(call, 0);
  const number = toReal(value);
  let base = argument(call, 1);
  if (number === undefined) return ERROR;
  if (base instanceof ValueList) {
    let last: Value = new Real(0);
    for (const item of base.items) {
      last = call.evaluation.evaluate(item, base.scope);
      const size = toReal(last);
      if (size === undefined) return ERROR;
      if (size >= number) return last;
    }
    base = last;
  }
  const size = toReal(base);
  if (size === undefined) return ERROR;
  if (Math.abs(size) <= 1e-8) return value;
  if (typeof base === "bigint" && typeof value === "bigint") {
    return wrap64((wrap64(value + base - 1n) / base) * base);
  }
  return new Real(Math.ceil(number / size) * size);
}

function random(call: Call): Value {
  if (call.args.length > 1) return ERROR;
  const bound = call.args.length === 0 ? new Real(1) : argument(call, 0);
  const fraction = call.evaluation.random();
  if (bound instanceof Real) return new Real(bound.value * fraction);
  if (typeof bound !== "bigint" || bound <= 0n) return ERROR;
  return BigInt(Math.floor(fraction * Number(bound)));
}

/** `days+hours:minutes:seconds` of a count of seconds. */
function interval(value: Value): Value {
  const total = toInteger(value);
  if (typeof total !== "bigint") return ERROR;
  const two = (part: bigint): string => (part < 0n ? -part : part).toString().padStart(2, "0");
  const days = total / 86400n;
  const hours = (total % 86400n) / 3600n;
  const minutes = (total % 3600n) / 60n;
  const seconds = total % 60n;
  if (days !== 0n) return `${days}+${two(hours)}:${two(minutes)}:${two(seconds)}`;
  if (hours !== 0n) return `${hours}:${two(minutes)}:${two(seconds)}`;
  return minutes !== 0n ? `${minutes}:${two(seconds)}` : `${seconds}`;
}

/** int(), real(), string(), bool() and arithmetic beyond the operators. */
export const MATH_FUNCTIONS: Family = {
  int: one(toInteger),
  real: one((value) => {
    if (value === undefined) return undefined;
    const number = toReal(value);
    return number === undefined ? ERROR : new Real(number);
  }),
  string: one(toText),
  bool: one(toBoolean),
  floor: rounding(Math.floor),
  ceil: rounding(Math.ceil),
  ceiling: rounding(Math.ceil),
  round: rounding(roundHalfEven),
  pow,
  quantize,
  random,
  interval: one(interval),
};
