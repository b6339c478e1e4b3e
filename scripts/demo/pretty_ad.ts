/** ClassAds for people. */

import { ClassAd, printValue, type Value, ValueList } from "../../core/classad/mod.ts";

/**
 * Prints an ad with a line for each attribute.
 *
 * @param ad the ad; its lists may hold ads and constants
 * @param indent what stands before each line but the first
 */
export function prettyAd(ad: ClassAd, indent = ""): string {
  const deeper = `${indent}  `;
  const lines = ad.names().map((name) =>
    `${deeper}${name} = ${prettyValue(ad, { name, indent: deeper })};`
  );
  return ["[", ...lines, `${indent}]`].join("\n");
}

function prettyValue(ad: ClassAd, { name, indent }: { name: string; indent: string }): string {
  const one = (value: Value) =>
    value instanceof ClassAd ? prettyAd(value, indent) : printValue(value);
  const value = ad.evaluate(name);
  return value instanceof ValueList
    ? `{ ${(ad.getList(name) ?? []).map(one).join(", ")} }`
    : one(value);
}
