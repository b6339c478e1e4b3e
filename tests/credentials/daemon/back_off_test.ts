import { assertEquals } from "@std/assert";
import fc from "fast-check";
import { backOff } from "../../../core/credentials/daemon/back_off.ts";

Deno.test("backOff() doubles from one minute to half an hour", () => {
  const minutes = [1, 2, 3, 4, 5, 6, 7, 1000].map((failures) => backOff(failures, 0) / 60_000);
  assertEquals(minutes, [1, 2, 4, 8, 16, 30, 30, 30]);
});

Deno.test("backOff() takes off up to a quarter by chance, never more", () => {
  fc.assert(fc.property(
    fc.integer({ min: 1, max: 1e9 }),
    fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
    (failures, chance) => {
      const [wait, longest] = [backOff(failures, chance), backOff(failures, 0)];
      return wait <= longest && wait >= longest * 0.75;
    },
  ));
});
