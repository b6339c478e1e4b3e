/**
 * The built-in functions by name.
 */

import { lowerAscii } from "../compare.ts";
import type { BuiltIn } from "./call.ts";
import { LIST_FUNCTIONS } from "./lists.ts";
import { MATH_FUNCTIONS } from "./math.ts";
import { REGEX_FUNCTIONS } from "./regexes.ts";
import { SCOPE_FUNCTIONS } from "./scopes.ts";
import { STRING_LIST_FUNCTIONS } from "./string_lists.ts";
import { STRING_FUNCTIONS } from "./strings.ts";
import { TIME_FUNCTIONS } from "./times.ts";
import { TYPE_FUNCTIONS } from "./types.ts";
import { VERSION_FUNCTIONS } from "./versions.ts";

let table: Map<string, BuiltIn> | undefined;

/** The function of a name, written in any case. */
export function findFunction(name: string): BuiltIn | undefined {
  // Made at the first call: most ads are read without one.
  table ??= new Map(
    [
      LIST_FUNCTIONS,
      MATH_FUNCTIONS,
      REGEX_FUNCTIONS,
      SCOPE_FUNCTIONS,
      STRING_FUNCTIONS,
      STRING_LIST_FUNCTIONS,
      TIME_FUNCTIONS,
      TYPE_FUNCTIONS,
      VERSION_FUNCTIONS,
    ].flatMap((family) => Object.entries(family)),
  );
  return table.get(lowerAscii(name));
}
