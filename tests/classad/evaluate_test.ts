import { assertEquals } from "@std/assert";
import {
  ClassAd,
  ERROR,
  evaluate,
  parseAd,
  parseExpression,
  printValue,
  type Value,
} from "../../core/classad/mod.ts";

/** Evaluates each expression and compares the value as it is printed. */
function check(table: readonly (readonly [string, string])[], scope?: ClassAd): void {
  for (const [text, expected] of table) {
    assertEquals(printValue(evaluate(parseExpression(text), scope)), expected, text);
  }
}

Deno.test("evaluate() does arithmetic in 64 bits and in doubles", () => {
  check([
    ["7 / 2", "3"],
    ["-7 / 2", "-3"],
    ["-7 % 3", "-1"],
    ["7 / 2.0", "3.500000000000000E+00"],
    ["9223372036854775807 + 1", "-9223372036854775808"],
    ["-9223372036854775808 / -1", "9223372036854775807"],
    ["-9223372036854775808 % -1", "0"],
    ["1 / 0", "error"],
    ["1 % 0", "error"],
    ["1.0 / 0", "error"],
    ["1.5 % 2", "error"],
    ["true + true", "2"],
    ['"a" + 1', "error"],
    ["-true", "error"],
    ['-"a"', "error"],
    ["undefined + 1", "undefined"],
    ["undefined + error", "error"],
  ]);
});

Deno.test("evaluate() works on bits of integers only", () => {
  check([
    ["6 & 3", "2"],
    ["6 | 3", "7"],
    ["6 ^ 3", "5"],
    ["~5", "-6"],
    ["1 << 63", "-9223372036854775808"],
    ["1 << 64", "1"],
    ["-8 >> 1", "-4"],
    ["-8 >> 99", "-1"],
    ["-1 >>> 1", "9223372036854775807"],
    ["8 >>> 1", "4"],
    ["1.0 & 1", "error"],
    ["true & 1", "error"],
    ["~undefined", "undefined"],
  ]);
});

Deno.test("evaluate() compares strings without case, and with case for is", () => {
  check([
    ['"A" == "a"', "true"],
    ['"A" =?= "a"', "false"],
    ['"a" < "B"', "true"],
    ['"a" == 1', "error"],
    ['"a" is 1', "false"],
    ["1 == 1.0", "true"],
    ["1 is 1.0", "false"],
    ["true == 1", "true"],
    ["true is 1", "false"],
    ["undefined == 1", "undefined"],
    ["undefined is undefined", "true"],
    ["error is error", "true"],
    ["error == error", "error"],
    ["{1} == {1}", "error"],
    ["{1} is {1}", "error"],
    ["{1} is 1", "false"],
    ['real("NaN") == real("NaN")', "false"],
    ['real("NaN") != 1', "true"],
    ["9223372036854775807 > 9223372036854775806", "true"],
  ]);
});

Deno.test("evaluate() follows three-valued logic", () => {
  check([
    ["false && undefined", "false"],
    ["undefined && false", "false"],
    ["true && undefined", "undefined"],
    ["undefined && undefined", "undefined"],
    ["false && error", "false"],
    ["error && false", "error"],
    ["undefined && error", "error"],
    ["true || error", "true"],
    ["undefined || true", "true"],
    ["false || undefined", "undefined"],
    ['"a" || true', "error"],
    ["1 && 2.5", "true"],
    ["!0", "true"],
    ["!undefined", "undefined"],
    ['!"a"', "error"],
    ["undefined ? 1 : 2", "undefined"],
    ['"x" ? 1 : 2', "error"],
    ["0.0 ? 1 : 2", "2"],
    ["true ? 1 : 1/0", "1"],
    ["error ?: 1", "error"],
    ["undefined ?: 1", "1"],
  ]);
});

Deno.test("evaluate() finds attributes here, then around, and by scope", () => {
  const ad = parseAd(
    "[ a = 1; b = [ a = 2; c = a; d = parent.a; e = x; f = .a; g = my.a; h = self.a; i = parent.parent ]; x = 9; l = { [ q = 1 ], [ q = 2 ], [ r = 3 ] } ]",
  );
  check([
    ["b.c", "2"],
    ["b.d", "1"],
    ["b.e", "9"],
    ["b.f", "1"],
    ["b.g", "2"],
    ["b.h", "2"],
    ["b.i", "undefined"],
    ["b.x", "9"],
    ["B.A", "2"],
    ['b["a"]', "2"],
    ['b["x"]', "undefined"],
    ["l.q", "{ 1,2,undefined }"],
    ["l[1].q", "2"],
    ["l[3]", "error"],
    ["l[-1]", "error"],
    ["l[1.0]", "error"],
    ["l[missing]", "undefined"],
    ["a.b", "error"],
    ["missing.b", "undefined"],
    ["[ z = a ].z", "1"],
    ["{ a }[0]", "1"],
  ], ad);
  check([["a", "undefined"], [".a", "error"], ["parent", "undefined"]]);
});

Deno.test("evaluate() reaches the other ad by TARGET, and last by its bare name", () => {
  const job = parseAd("[ Memory = 4; want = TARGET.have; both = mine + have; mine = 1 ]");
  const machine = parseAd("[ have = MY.base * 2; base = 5; back = TARGET.mine ]");
  const get = (name: string): Value => job.evaluate(name, { target: machine });
  assertEquals(get("want"), 10n);
  assertEquals(get("both"), 11n);
  assertEquals(evaluate(parseExpression("TARGET.back"), job, { target: machine }), 1n);
  assertEquals(job.evaluate("want"), undefined);
  assertEquals(job.evaluate("both"), undefined);
});

Deno.test("evaluate() answers error for references that lead back to themselves", () => {
  const ad = parseAd(
    '[ a = a; b = c; c = b; d = d + d; e = [ x = e ].x; f = eval("f"); g = { g }; h = isUndefined(a); i = strcat(i, i); j = {j}.j ]',
  );
  for (const name of ["a", "b", "c", "d", "e", "f", "h", "i", "j"]) {
    assertEquals(ad.evaluate(name), ERROR, name);
  }
  assertEquals(printValue(ad.evaluate("g")), "{ g }");
});

Deno.test("evaluate() takes clock and chance from the caller", () => {
  const options = { now: () => 86_400, random: () => 0.5 };
  const value = (text: string): Value => evaluate(parseExpression(text), new ClassAd(), options);
  assertEquals(value("time()"), 86_400n);
  assertEquals(value("random(10)"), 5n);
  assertEquals(printValue(value("random(10.0)")), "5.000000000000000E+00");
  assertEquals(printValue(value("random()")), "5.000000000000000E-01");
  assertEquals(value("random(0)"), ERROR);
});
