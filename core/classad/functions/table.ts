/**
 * The built-in functions by name.
 */

import { lowerAscii } from "../compare.ts";
import type { BuiltIn } from "./call.ts";
import { TYPE_FUNCTIONS } from "./types.ts";

let table: Map<string, BuiltIn> | undefined;

/** The function of a name, written in any case. */
export function findFunction(name: string): BuiltIn | undefined {
  // Made at the first call: most ads are read without one.
  table ??= new Map([TYPE_FUNCTIONS].flatMap((family) => Object.entries(family)));
  return table.get(lowerAscii(name));
}
