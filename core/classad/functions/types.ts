/**
 * Questions about a value's type, and the choice between values.
 */

import { ClassAd } from "../ad.ts";
import { truth } from "../operators.ts";
import { AbsoluteTime, ERROR, Real, RelativeTime, type Value, ValueList } from "../value.ts";
import { argument, type BuiltIn, type Family } from "./call.ts";

function asks(test: (value: Value) => boolean): BuiltIn {
  return (call) => call.args.length === 1 ? test(argument(call, 0)) : ERROR;
}

/** isUndefined() and its relatives, ifThenElse(). */
export const TYPE_FUNCTIONS: Family = {
  isundefined: asks((value) => value === undefined),
  iserror: asks((value) => value === ERROR),
  isstring: asks((value) => typeof value === "string"),
  isinteger: asks((value) => typeof value === "bigint"),
  isreal: asks((value) => value instanceof Real),
  isboolean: asks((value) => typeof value === "boolean"),
  islist: asks((value) => value instanceof ValueList),
  isclassad: asks((value) => value instanceof ClassAd),
  isabstime: asks((value) => value instanceof AbsoluteTime),
  isreltime: asks((value) => value instanceof RelativeTime),
  ifthenelse: (call) => {
    if (call.args.length !== 3) return ERROR;
    const condition = argument(call, 0);
    if (condition === undefined) return undefined;
    const isTrue = truth(condition);
    return isTrue === undefined ? ERROR : argument(call, isTrue ? 1 : 2);
  },
};
