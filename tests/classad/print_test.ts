import { assertEquals, assertThrows } from "@std/assert";
import {
  ClassAd,
  ClassAdError,
  ERROR,
  makeAd,
  parseAd,
  parseExpression,
  printAd,
  printExpression,
  printOldAd,
  quoteName,
  Real,
  real,
} from "../../core/classad/mod.ts";

function printed(value: Parameters<ClassAd["set"]>[1]): string {
  const ad = new ClassAd();
  ad.set("v", value);
  return printAd(ad).slice(6, -2);
}

Deno.test("printAd() escapes each byte that is not printable ASCII", () => {
  const table: [string, string][] = [
    ["plain 'text'", `"plain 'text'"`],
    ['"', String.raw`"\""`],
    ["\\", String.raw`"\\"`],
    ["\x07\b\f\n\r\t\v", String.raw`"\a\b\f\n\r\t\v"`],
    ["\x01\x1f\x7f", String.raw`"\001\037\177"`],
    ["é", String.raw`"\303\251"`],
    ["€", String.raw`"\342\202\254"`],
    ["😀", String.raw`"\360\237\230\200"`],
    ["\udcff", String.raw`"\377"`],
    ["\ud800", String.raw`"\357\277\275"`],
    ["a\0b", '"ab"'],
    ["", '""'],
  ];
  for (const [text, expected] of table) assertEquals(printed(text), expected);
});

Deno.test("printAd() writes reals as HTCondor does", () => {
  const table: [number, string][] = [
    [0, "0.0"],
    [-0, "-0.0"],
    [1, "1.000000000000000E+00"],
    [4.01e-4, "4.010000000000000E-04"],
    [30.5, "3.050000000000000E+01"],
    [-1.5, "-1.500000000000000E+00"],
    [1e100, "1.000000000000000E+100"],
    [1e-300, "1.000000000000000E-300"],
    [0.1, "1.000000000000000E-01"],
    // An exact tie, which C rounds to the even digit.
    [1.0000152587890625, "1.000015258789062E+00"],
    [1.0000457763671875, "1.000045776367188E+00"],
    [Number.MAX_VALUE, "1.797693134862316E+308"],
  ];
  for (const [value, expected] of table) assertEquals(printed(new Real(value)), expected);
});

Deno.test("real() has a literal form for every number", () => {
  for (const value of [NaN, Infinity, -Infinity]) assertEquals(printed(real(value)), "0.0");
  assertEquals(printed(new Real(NaN)), 'real("NaN")');
});

Deno.test("printOldAd() writes reals as %.16G does", () => {
  const table: [number, string][] = [
    [0, "0.0"],
    [1, "1.0"],
    [100, "100.0"],
    [1e15, "1000000000000000.0"],
    [1e16, "1E+16"],
    [1.5e22, "1.5E+22"],
    [0.1, "0.1"],
    [0.0001, "0.0001"],
    [0.00001, "1E-05"],
    [-123456789.123, "-123456789.123"],
    [1 / 3, "0.3333333333333333"],
  ];
  for (const [value, expected] of table) {
    assertEquals(printOldAd(makeAd({ v: new Real(value) })), `v = ${expected}\n`);
  }
});

Deno.test("printAd() writes other values in the shape HTCondor reads", () => {
  assertEquals(printed(true), "true");
  assertEquals(printed(10 ** 15), "1000000000000000");
  assertEquals(printed(-(2n ** 63n)), "-9223372036854775808");
  assertEquals(printed(undefined), "undefined");
  assertEquals(printed(ERROR), "error");
  assertEquals(printed([]), "{  }");
  assertEquals(printed([1, "a", [true]]), '{ 1,"a",{ true } }');
  assertEquals(printed({ a: { b: 1 }, c: [] }), "[ a = [ b = 1 ]; c = {  } ]");
});

Deno.test("quoteName() quotes what is no plain name", () => {
  const table: [string, string][] = [
    ["Url", "Url"],
    ["_a1", "_a1"],
    ["a-b", "'a-b'"],
    ["1a", "'1a'"],
    ["", "''"],
    ["True", "'True'"],
    ["is", "'is'"],
    ["PARENT", "'PARENT'"],
    ["it's", String.raw`'it\'s'`],
    ['a"b', `'a"b'`],
    ["é", String.raw`'\303\251'`],
  ];
  for (const [name, expected] of table) assertEquals(quoteName(name), expected);
});

Deno.test("printExpression() keeps an expression as it was written", () => {
  const table = [
    "(1 + 2) * 3 - x.y[0]",
    "a ? b : c ? d : e",
    "a ?: b ?: c",
    'f(1,"x",{ a,.b })',
    "a is b || c isnt d",
    " !a &&  -(b)",
    "x.'a b'.parent",
    "1 >>> 2 << 3",
    'absTime("2026-01-02T03:04:05+01:00")',
    'relTime("1+02:03:04")',
  ];
  for (const text of table) assertEquals(printExpression(parseExpression(text)), text);
});

Deno.test("printAd() refuses an ad that contains itself", () => {
  const ad = parseAd("[ a = 1 ]");
  ad.set("self", ad);
  const error = assertThrows(() => printAd(ad), ClassAdError, "nested deeper");
  assertEquals(error.code, "limit");
});
