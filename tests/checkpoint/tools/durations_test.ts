import { assertEquals, assertThrows } from "@std/assert";
import {
  durationText,
  parseCount,
  parseDuration,
} from "../../../core/checkpoint/tools/durations.ts";
import { UsageError } from "../../../core/errors.ts";

Deno.test("parseDuration() takes seconds, or a number and a unit", () => {
  const read = (text: string) => parseDuration(text, "-older-than");
  assertEquals(["0", "90", "90s", "10m", "2h", "1d"].map(read), [0, 90, 90, 600, 7200, 86_400]);
});

for (const text of ["", "-1", "1.5h", "1 h", "h", "1w", "0x10", "9999999999", "1h\n", "１"]) {
  Deno.test(`parseDuration() refuses ${JSON.stringify(text)}`, () => {
    assertThrows(() => parseDuration(text, "-older-than"), UsageError, "-older-than takes a time");
  });
}

Deno.test("parseCount() takes 1 to the most, and nothing else", () => {
  assertEquals([parseCount("1", "-jobs", 9), parseCount("9", "-jobs", 9)], [1, 9]);
  for (const text of ["", "0", "10", "-1", "1e0", "x"]) {
    assertThrows(() => parseCount(text, "-jobs", 9), UsageError, "-jobs takes 1 to 9");
  }
});

Deno.test("durationText() names the largest whole unit", () => {
  const cases = [[-5, "0 s"], [59_999, "59 s"], [60_000, "1 min"], [7_199_000, "1 h"]] as const;
  for (const [ms, text] of cases) assertEquals(durationText(ms), text);
  assertEquals(durationText(9 * 86_400_000), "9 d");
});
