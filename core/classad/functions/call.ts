/**
 * What a built-in function gets, and how it reads its arguments.
 */

import type { ClassAd } from "../ad.ts";
import type { Evaluation } from "../evaluate.ts";
import type { Expression } from "../expression.ts";
import type { Value } from "../value.ts";

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
