/**
 * What operators do with values: conversions, three-valued logic, 64-bit arithmetic.
 */

import { ClassAd } from "./ad.ts";
import { compareBytes } from "./compare.ts";
import type { BinaryOperator, UnaryOperator } from "./expression.ts";
import { AbsoluteTime, ERROR, Real, RelativeTime, type Value, ValueList, wrap64 } from "./value.ts";

/** Truth of a boolean or a number; undefined for any other value. */
export function truth(value: Value): boolean | undefined {
  if (typeof value === "boolean") return value;
  if (typeof value === "bigint") return value !== 0n;
  return value instanceof Real ? value.value !== 0 : undefined;
}

/** The value of a unary operation. */
export function applyUnary(operator: UnaryOperator, value: Value): Value {
  if (operator === "()" || value === undefined || value === ERROR) return value;
  switch (operator) {
    case "+":
      return isNumber(value) || value instanceof RelativeTime ? value : ERROR;
    case "-":
      if (typeof value === "bigint") return wrap64(-value);
      if (value instanceof Real) return new Real(-value.value);
      return value instanceof RelativeTime ? new RelativeTime(-value.seconds) : ERROR;
    case "!": {
      const isTrue = truth(value);
      return isTrue === undefined ? ERROR : !isTrue;
    }
    case "~":
      return typeof value === "bigint" ? ~value : ERROR;
  }
}

/** The value of a binary operation whose operands are both known. */
export function applyBinary(operator: BinaryOperator, left: Value, right: Value): Value {
  switch (operator) {
    case "is":
    case "isnt": {
      const same = isSame(left, right);
      return typeof same === "boolean" ? same === (operator === "is") : same;
    }
    case "&&":
    case "||":
      return applyLogic(operator, left, right);
  }
  if (left === ERROR || right === ERROR) return ERROR;
  if (left === undefined || right === undefined) return undefined;
  switch (operator) {
    case "+":
    case "-":
    case "*":
    case "/":
    case "%":
      return applyArithmetic(operator, left, right);
    case "&":
    case "|":
    case "^":
    case "<<":
    case ">>":
    case ">>>":
      return typeof left === "bigint" && typeof right === "bigint"
        ? applyBits(operator, left, right)
        : ERROR;
    default: {
      const order = compare(left, right);
      return order === undefined ? ERROR : applyComparison(operator, order);
    }
  }
}

/** `is`: same type and same value, strings with regard to case; lists and ads have none. */
function isSame(left: Value, right: Value): boolean | typeof ERROR {
  if (left instanceof ClassAd) return right instanceof ClassAd ? ERROR : false;
  if (left instanceof ValueList) return right instanceof ValueList ? ERROR : false;
  if (left instanceof Real) return right instanceof Real && left.value === right.value;
  if (left instanceof RelativeTime) {
    return right instanceof RelativeTime && left.seconds === right.seconds;
  }
  if (left instanceof AbsoluteTime) {
    return right instanceof AbsoluteTime && left.seconds === right.seconds &&
      left.offset === right.offset;
  }
  return left === right;
}

/** Both operands were evaluated: the left one did not decide alone. */
function applyLogic(operator: "&&" | "||", left: Value, right: Value): Value {
  const a = left === undefined ? undefined : truth(left) ?? ERROR;
  const b = right === undefined ? undefined : truth(right) ?? ERROR;
  if (a === ERROR || b === ERROR) return ERROR;
  const decides = operator === "||";
  if (a === decides || b === decides) return decides;
  return a === undefined || b === undefined ? undefined : !decides;
}

/** Order of two values as a negative, zero or positive number; undefined if they have none. */
function compare(left: Value, right: Value): number | undefined {
  if (typeof left === "string" || typeof right === "string") {
    return typeof left === "string" && typeof right === "string"
      ? compareBytes(left, right, { ignoreCase: true })
      : undefined;
  }
  if (left instanceof AbsoluteTime && right instanceof AbsoluteTime) {
    return left.seconds - right.seconds;
  }
  if (left instanceof RelativeTime && right instanceof RelativeTime) {
    return left.seconds - right.seconds;
  }
  const a = toNumber(left);
  const b = toNumber(right);
  if (a === undefined || b === undefined) return undefined;
  if (typeof a === "bigint" && typeof b === "bigint") return a < b ? -1 : a > b ? 1 : 0;
  const x = Number(a);
  const y = Number(b);
  // NaN has no order, and differs even from itself.
  return x < y ? -1 : x > y ? 1 : x === y ? 0 : NaN;
}

function applyComparison(operator: BinaryOperator, order: number): Value {
  switch (operator) {
    case "<":
      return order < 0;
    case "<=":
      return order <= 0;
    case ">":
      return order > 0;
    case ">=":
      return order >= 0;
    case "==":
      return order === 0;
    case "!=":
      return order !== 0;
    default:
      return ERROR;
  }
}

type Arithmetic = "+" | "-" | "*" | "/" | "%";

function applyArithmetic(operator: Arithmetic, left: Value, right: Value): Value {
  if (isTime(left) || isTime(right)) return applyTime(operator, left, right);
  const a = toNumber(left);
  const b = toNumber(right);
  if (a === undefined || b === undefined) return ERROR;
  if (typeof a === "bigint" && typeof b === "bigint") return applyInteger(operator, a, b);
  const result = applyReal(operator, Number(a), Number(b));
  // HTCondor tells overflow by the one value it compares with: plus infinity.
  return result === undefined || result === Infinity ? ERROR : new Real(result);
}

function applyInteger(operator: Arithmetic, a: bigint, b: bigint): Value {
  switch (operator) {
    case "+":
      return wrap64(a + b);
    case "-":
      return wrap64(a - b);
    case "*":
      return wrap64(a * b);
    case "/":
      if (b === 0n) return ERROR;
      // The one quotient that does not fit; HTCondor answers with the largest integer.
      return b === -1n && wrap64(-a) === a && a !== 0n ? -(a + 1n) : a / b;
    case "%":
      return b === 0n ? ERROR : a % b;
  }
}

function applyReal(operator: Arithmetic, a: number, b: number): number | undefined {
  switch (operator) {
    case "+":
      return a + b;
    case "-":
      return a - b;
    case "*":
      return a * b;
    case "/":
      return a / b;
    case "%":
      return undefined;
  }
}

function applyTime(operator: Arithmetic, left: Value, right: Value): Value {
  if (left instanceof AbsoluteTime && right instanceof RelativeTime) {
    if (operator === "+") return shift(left, Math.trunc(right.seconds));
    if (operator === "-") return shift(left, -Math.trunc(right.seconds));
  }
  if (left instanceof RelativeTime && right instanceof AbsoluteTime && operator === "+") {
    return shift(right, Math.trunc(left.seconds));
  }
  if (left instanceof AbsoluteTime && right instanceof AbsoluteTime && operator === "-") {
    return new RelativeTime(left.seconds - right.seconds);
  }
  if (left instanceof RelativeTime && right instanceof RelativeTime) {
    if (operator === "+") return new RelativeTime(left.seconds + right.seconds);
    if (operator === "-") return new RelativeTime(left.seconds - right.seconds);
  }
  if (left instanceof RelativeTime && isNumber(right)) {
    if (operator === "*") return new RelativeTime(left.seconds * Number(toNumber(right)));
    if (operator === "/") return new RelativeTime(left.seconds / Number(toNumber(right)));
  }
  if (isNumber(left) && right instanceof RelativeTime && operator === "*") {
    return new RelativeTime(Number(toNumber(left)) * right.seconds);
  }
  return ERROR;
}

function shift(time: AbsoluteTime, seconds: number): AbsoluteTime {
  return new AbsoluteTime(time.seconds + seconds, time.offset);
}

type Bits = "&" | "|" | "^" | "<<" | ">>" | ">>>";

/** Shift counts are taken modulo 64 as processors do, but for negative numbers shifted right. */
function applyBits(operator: Bits, a: bigint, b: bigint): bigint {
  switch (operator) {
    case "&":
      return a & b;
    case "|":
      return a | b;
    case "^":
      return a ^ b;
    case "<<":
      return wrap64(a << (b & 63n));
    case ">>":
      if (a >= 0n) return a >> (b & 63n);
      return b < 0n ? a : a >> (b > 64n ? 64n : b);
    case ">>>":
      if (a >= 0n) return a >> (b & 63n);
      return (BigInt.asUintN(64, a) >> 1n) >> ((b - 1n) & 63n);
  }
}

function isTime(value: Value): boolean {
  return value instanceof AbsoluteTime || value instanceof RelativeTime;
}

function isNumber(value: Value): value is bigint | Real {
  return typeof value === "bigint" || value instanceof Real;
}

/** A number or a boolean as a number that keeps integer and real apart. */
function toNumber(value: Value): bigint | number | undefined {
  if (typeof value === "bigint") return value;
  if (typeof value === "boolean") return value ? 1n : 0n;
  return value instanceof Real ? value.value : undefined;
}
