/**
 * What a built-in function gets, and how it reads its arguments.
 */

import type { ClassAd } from "../ad.ts";
import { toText } from "../convert.ts";
import type { Evaluation } from "../evaluate.ts";
import type { Expression } from "../expression.ts";
import { ERROR, type Value } from "../value.ts";

/** One call of a built-in function. */
export interface Call {
  readonly evaluation: Evaluation;
  readonly scope: ClassAd | undefined;
  readonly args: readonly Expression[];
}

/** A built-in function: it evaluates those arguments it needs. */
export type BuiltIn = (call: Call) => Value;

/** The functions of one family, by their names in lower case. */
export type Family = { readonly [name: string]: BuiltIn };

/** The value of an argument; undefined when it is missing. */
export function argument(call: Call, index: number): Value {
  const expression = call.args[index];
  return expression === undefined ? undefined : call.evaluation.evaluate(expression, call.scope);
}

/** The values of all arguments. */
export function allArguments(call: Call): Value[] {
  return call.args.map((expression) => call.evaluation.evaluate(expression, call.scope));
}

/** A function of two texts, to which other values are turned; undefined when either is. */
export function ofTwoTexts(compare: (left: string, right: string) => Value): BuiltIn {
  return (call) => {
    if (call.args.length !== 2) return ERROR;
    const [left, right] = allArguments(call);
    if (left === undefined || right === undefined) return undefined;
    const a = toText(left);
    const b = toText(right);
    return typeof a === "string" && typeof b === "string" ? compare(a, b) : ERROR;
  };
}
