import { assertEquals } from "@std/assert";
import fc from "fast-check";
import { parseLogLimit } from "../../core/log/log_limit.ts";

const CASES: readonly (readonly [string, ReturnType<typeof parseLogLimit>])[] = [
  ["10 Mb", { bytes: 10_485_760 }],
  ["10485760", { bytes: 10_485_760 }],
  [" 5b ", { bytes: 5 }],
  ["2 Kb", { bytes: 2048 }],
  ["1 G", { bytes: 1_073_741_824 }],
  ["1 terabyte", { bytes: 1_099_511_627_776 }],
  ["3 M", { bytes: 3_145_728 }],
  ["3 Min", { age: 180_000 }],
  ["30 sec", { age: 30_000 }],
  ["2 Hours", { age: 7_200_000 }],
  ["1 hr", { age: 3_600_000 }],
  ["1 Day", { age: 86_400_000 }],
  ["2weeks", { age: 1_209_600_000 }],
  ["0", {}],
  ["0 Days", {}],
  ["", undefined],
  ["Mb", undefined],
  ["-1", undefined],
  ["1.5 Mb", undefined],
  ["1 fortnight", undefined],
  ["1 Mb x", undefined],
  ["999999999999999 Tb", undefined],
  ["9999999999999999", undefined],
];

Deno.test("parseLogLimit() reads numbers with HTCondor's units", () => {
  for (const [text, limit] of CASES) assertEquals([text, parseLogLimit(text)], [text, limit]);
});

Deno.test("parseLogLimit() gives a positive bound, or none, or refuses, whatever the text", () => {
  fc.assert(fc.property(fc.oneof(fc.string(), fc.stringMatching(/^\d+ ?[a-z]*$/)), (text) => {
    const limit = parseLogLimit(text);
    const values = Object.values(limit ?? {});
    return values.length <= 1 && values.every((value) => Number.isSafeInteger(value) && value > 0);
  }));
});
