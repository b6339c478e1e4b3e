import { assertEquals } from "@std/assert";
import { printf } from "../../core/config/printf.ts";

const CASES: readonly (readonly [string, bigint | number | string, string | undefined])[] = [
  ["%d", 255n, "255"],
  ["%-5d|", 255n, "255  |"],
  ["%+05lld", 42n, "+0042"],
  ["%#x", 255n, "0xff"],
  ["%X", 255n, "FF"],
  ["%u", -1n, "4294967295"],
  ["%.5d", -42n, "-00042"],
  ["100%% %i", 1n, "100% 1"],
  ["%c", 65n, "A"],
  ["%e", 1234.5678, "1.234568e+03"],
  ["%g", 0.00001234, "1.234e-05"],
  ["%#g", 1.5, "1.50000"],
  ["%.0f", -0.4, "-0"],
  ["%09.3f", -1.5, "-0001.500"],
  ["%G", 1e20, "1E+20"],
  ["%8.2s|", "abc", "      ab|"],
  ["%d %d", 1n, undefined],
  ["none", 1n, undefined],
  ["%", 1n, undefined],
  ["%n", 1n, undefined],
  ["%*d", 1n, undefined],
];
for (const [format, value, text] of CASES) {
  Deno.test(`printf() of ${format} with ${value}`, () => {
    assertEquals(printf(format, value, "diouxXcfeEgGs"), text);
  });
}

Deno.test("printf() bounds the width and takes only the allowed conversions", () => {
  assertEquals(printf("%9999d", 1n, "d")?.length, 1000);
  assertEquals(printf("%f", 1, "d"), undefined);
});
