import { assertEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import { ratios, spreadOf } from "../../scripts/bench/statistics.ts";

Deno.test("spreadOf() takes the middle value, or the mean of the middle two", () => {
  assertEquals(spreadOf([3]), { median: 3, min: 3, max: 3 });
  assertEquals(spreadOf([10, 2, 9]), { median: 9, min: 2, max: 10 });
  assertEquals(spreadOf([4, 1, 100, 2]), { median: 3, min: 1, max: 100 });
});

Deno.test("spreadOf() refuses to sum up nothing", () => {
  assertThrows(() => spreadOf([]), RangeError, "No measurements");
});

Deno.test("spreadOf() gives the same for any order, and its median lies between its ends", () => {
  const values = fc.array(fc.double({ min: 0, max: 1e9, noNaN: true }), { minLength: 1 });
  fc.assert(fc.property(values, (list) => {
    const spread = spreadOf(list);
    assertEquals(spreadOf(list.toReversed()), spread);
    return spread.min <= spread.median && spread.median <= spread.max;
  }));
});

Deno.test("ratios() divides pair by pair", () => {
  assertEquals(ratios([1, 9], [2, 3]), [0.5, 3]);
});
