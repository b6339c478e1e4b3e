/**
 * Functions that evaluate or print expressions instead of values.
 */

import { ClassAd } from "../ad.ts";
import { toText } from "../convert.ts";
import { ClassAdError } from "../error.ts";
import { literal } from "../expression.ts";
import { truth } from "../operators.ts";
import { parseExpression } from "../parser.ts";
import { printExpression } from "../print.ts";
import { ERROR, type Value, ValueList } from "../value.ts";
import { argument, type Call, type Family } from "./call.ts";

function evaluateText(call: Call): Value {
  if (call.args.length !== 1) return ERROR;
  const text = toText(argument(call, 0));
  if (typeof text !== "string") return ERROR;
  try {
    return call.evaluation.evaluate(parseExpression(text, call.evaluation.limits), call.scope);
  } catch (error) {
    if (error instanceof ClassAdError && error.code === "syntax") return ERROR;
    throw error;
  }
}

function unparse(call: Call): Value {
  const [reference] = call.args;
  if (call.args.length !== 1 || reference?.kind !== "attribute") return ERROR;
  const expression = reference.of === undefined ? call.scope?.get(reference.name) : undefined;
  return expression === undefined ? "" : printExpression(expression);
}

/** The value of the first argument in each ad of the list that is the second. */
function inEach(call: Call, list: ValueList): Value[] {
  const [expression] = call.args;
  return list.items.map((item) => {
    const ad = call.evaluation.evaluate(item, list.scope);
    if (expression === undefined || !(ad instanceof ClassAd)) return ERROR;
    return call.evaluation.evaluate(expression, ad);
  });
}

/** eval(), unparse(), evalInEachContext(), countMatches(), debug(). */
export const SCOPE_FUNCTIONS: Family = {
  eval: evaluateText,
  unparse,
  debug: (call) => call.args.length === 1 ? argument(call, 0) : ERROR,
  evalineachcontext: (call) => {
    if (call.args.length !== 2) return ERROR;
    const list = argument(call, 1);
    if (list === undefined) return undefined;
    return list instanceof ValueList ? new ValueList(inEach(call, list).map(literal)) : ERROR;
  },
  countmatches: (call) => {
    if (call.args.length !== 2) return ERROR;
    const list = argument(call, 1);
    if (list === undefined) return 0n;
    if (!(list instanceof ValueList)) return ERROR;
    return BigInt(inEach(call, list).filter((value) => truth(value) === true).length);
  },
};
