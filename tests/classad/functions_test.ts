import { assertEquals } from "@std/assert";
import { ClassAd, ERROR, evaluate, parseExpression, printValue } from "../../core/classad/mod.ts";

function check(table: readonly (readonly [string, string])[]): void {
  for (const [text, expected] of table) {
    assertEquals(printValue(evaluate(parseExpression(text), new ClassAd())), expected, text);
  }
}

Deno.test("evaluate() answers error for unknown functions and wrong counts of arguments", () => {
  for (
    const text of [
      "nosuch(1)",
      "constructor(1)",
      "__proto__()",
      'toString("x")',
      'constructor("x")',
      "size()",
      "size(1, 2)",
      "ifThenElse(true, 1)",
      "substr(1)",
      "member(1)",
      "time(1)",
      "isString()",
    ]
  ) assertEquals(evaluate(parseExpression(text)), ERROR, text);
});

Deno.test("types: questions and choice", () => {
  check([
    ["isUndefined(x)", "true"],
    ["isError(1/0)", "true"],
    ['isString("a")', "true"],
    ["isInteger(1.0)", "false"],
    ["isReal(1.0)", "true"],
    ["isBoolean(true)", "true"],
    ["isList({})", "true"],
    ["isClassAd([])", "true"],
    ["isAbsTime(absTime(0))", "true"],
    ["isRelTime(relTime(0))", "true"],
    ["ifThenElse(1.5, 1, 1/0)", "1"],
    ["ifThenElse(undefined, 1, 2)", "undefined"],
    ['ifThenElse("a", 1, 2)', "error"],
    ["IFTHENELSE(false, 1, 2)", "2"],
  ]);
});

Deno.test("numbers: conversion and rounding", () => {
  check([
    ['int("12abc")', "12"],
    ['int(" 0x10")', "16"],
    ['int("x")', "error"],
    ["int(-1.9)", "-1"],
    ["int(1e30)", "9223372036854775807"],
    ['real("-inf")', 'real("-INF")'],
    ["real(1)", "1.000000000000000E+00"],
    ["real(undefined)", "undefined"],
    ["string(1.5)", '"1.500000000000000E+00"'],
    ['string({1, "a"})', '"{ 1,\\"a\\" }"'],
    ["string(undefined)", "undefined"],
    ['bool("TRUE")', "true"],
    ['bool("yes")', "undefined"],
    ["bool(0.0)", "false"],
    ["round(2.5)", "2"],
    ["round(3.5)", "4"],
    ["round(-0.4)", "0"],
    ["ceiling(1.1)", "2"],
    ['floor("1.9")', "1"],
    ["floor(undefined)", "error"],
    ["pow(2, 10)", "1024"],
    ["pow(2, -1)", "5.000000000000000E-01"],
    ["quantize(7, 4)", "8"],
    ["quantize(7, {2, 8})", "8"],
    ["quantize(9, {2, 8})", "16"],
    ["quantize(7, 0)", "7"],
    ["quantize(3, 1.5)", "3.000000000000000E+00"],
    ["interval(100000)", '"1+03:46:40"'],
    ["interval(-100)", '"-1:40"'],
  ]);
});

Deno.test("strings: counted and cut in bytes", () => {
  check([
    ['strcat("a", 1, true, 2.5)', '"a1true2.500000000000000E+00"'],
    ['strcat("a", undefined)', "undefined"],
    ["strcat()", '""'],
    ['size("é")', "2"],
    ['substr("é", 0, 1)', '"\\303"'],
    ['substr("abcdef", -3, 2)', '"de"'],
    ['substr("abcdef", 1, -2)', '"bcd"'],
    ['substr("abc", 9)', '""'],
    ['toUpper("aé")', '"A\\303\\251"'],
    ['strcmp("a", "B")', "1"],
    ['stricmp("a", "B")', "-1"],
    ['join("-", {1, undefined, 2})', '"1-2"'],
    ['join("-", "a", "b")', '"a-b"'],
    ['join({"a", "b"})', '"ab"'],
    ['split("a, b c")', '{ "a","b","c" }'],
    ['split("a,,b")', '{ "a","","b" }'],
    ['split("a:b", ":")', '{ "a","b" }'],
    ['splitUserName("u@d")', '{ "u","d" }'],
    ['splitSlotName("slot1@m")', '{ "slot1","m" }'],
  ]);
});

Deno.test("lists: membership, comparison, sums and bounds", () => {
  check([
    ["member(1, {1.0})", "true"],
    ["identicalMember(1, {1.0})", "false"],
    ["identicalMember(undefined, {undefined})", "true"],
    ["member(undefined, {1})", "undefined"],
    ["member({}, {1})", "error"],
    ['anyCompare("<", {3, 1}, 2)', "true"],
    ['allCompare("<", {3, 1}, 2)', "false"],
    ['anyCompare("~", {1}, 1)', "error"],
    ["size({1/0, x})", "2"],
    ["size([ a = 1 ])", "1"],
    ["sum({1, undefined, 2.5})", "3.500000000000000E+00"],
    ["sum({})", "0"],
    ["avg({1, 2})", "1.500000000000000E+00"],
    ["min({2, 1})", "1"],
    ["max({1, 2.0})", "2.000000000000000E+00"],
    ["max({})", "undefined"],
    ['max({"a"})', "error"],
  ]);
});

Deno.test("string lists: items between commas and blanks", () => {
  check([
    ['stringListMember("a", "b, a ,c")', "true"],
    ['stringListMember("A", "a")', "false"],
    ['stringListIMember("A", "a")', "true"],
    ['stringListMember("a", "a;b", ";")', "true"],
    ['stringListSize(" a,,b c ")', "3"],
    ['stringListSum("1, 2")', "3"],
    ['stringListSum("1, 2.5")', "3.500000000000000E+00"],
    ['stringListSum("1, x")', "error"],
    ['stringListAvg("1,2")', "1"],
    ['stringListMin("2,1.5")', "1.500000000000000E+00"],
    ['stringListMax("-1,-2")', "-1"],
    ['stringListMax("")', "undefined"],
    ['stringListSubsetMatch("a,b", "c,b,a")', "true"],
    ['stringListISubsetMatch("A", "a")', "true"],
    ['stringListsIntersect("a,b", "b,c")', "true"],
    ["stringListsIntersect(x, y)", "undefined"],
    ['stringList_regexpMember("^b", "a,bc")', "true"],
  ]);
});

Deno.test("versions: runs of digits count as numbers", () => {
  check([
    ['versioncmp("8.9.11", "8.9.2") > 0', "true"],
    ['versioncmp("1.0", "1.0")', "0"],
    ['versioncmp("1.02", "1.2") < 0', "true"],
    ['versionGT("25.14.1", "25.9")', "true"],
    ['versionLE("1.0", "1.0")', "true"],
    ['versionEQ("1", undefined)', "undefined"],
    ['version_in_range("10.2", "10.0", "10.10")', "true"],
  ]);
});

Deno.test("scopes: text as expression, expression as text", () => {
  check([
    ['eval("1 + 1")', "2"],
    ['eval("1 +")', "error"],
    ["[ a = 1 + 2; b = unparse(a) ].b", '"1 + 2"'],
    ["unparse(1 + 1)", "error"],
    ["evalInEachContext(a + 1, {[a = 1], [b = 2], 5})", "{ 2,undefined,error }"],
    ["countMatches(a > 1, {[a = 1], [a = 2], 5})", "1"],
    ["debug(7)", "7"],
  ]);
});

Deno.test("times: literals, parts and text", () => {
  check([
    ['absTime("2026-01-02T03:04:05+01:00")', 'absTime("2026-01-02T03:04:05+01:00")'],
    ['string(absTime("20260102T030405Z"))', '"2026-01-02T03:04:05-00:00"'],
    ['absTime("2026-01-02T00:00:00Z") - absTime("2026-01-01T00:00:00Z")', 'relTime("1+00:00:00")'],
    ['relTime("1d2h3m4s")', 'relTime("1+02:03:04")'],
    ['relTime("1:30") * 2', 'relTime("03:00")'],
    ["relTime(1.5)", 'relTime("1.5")'],
    ["string(relTime(100.5))", '"01:40"'],
    ["getHours(relTime(7200))", "2"],
    ["getDays(absTime(0))", "error"],
    ["getYear(5)", "error"],
    ["splitTime(absTime(5, 3600)).Hours", "1"],
    ["splitTime(relTime(100)).Minutes", "1"],
    [
      'formatTime(absTime(1000000000, 0), "%Y-%m-%d %H:%M:%S %a %b %j %p %I %e %y %U %W %u %%")',
      '"2001-09-09 01:46:40 Sun Sep 252 AM 01  9 01 36 36 7 %"',
    ],
    ['formatTime("a")', "error"],
    ["absTime(undefined)", "undefined"],
    ["absTime(true)", "error"],
    ["relTime(3) + 1", "error"],
  ]);
});
