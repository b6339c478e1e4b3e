import { assert, assertEquals, assertThrows } from "@std/assert";
import {
  type ClassAd,
  ClassAdError,
  parseAd,
  parseAds,
  parseExpression,
  printAd,
  printExpression,
} from "../../core/classad/mod.ts";

function roundTrip(text: string): string {
  return printExpression(parseExpression(text));
}

function stringOf(text: string): unknown {
  return parseAd(`[ v = ${text} ]`).evaluate("v");
}

Deno.test("parseAd() resolves every escape of a string", () => {
  const table: [string, string][] = [
    [String.raw`"\""`, '"'],
    [String.raw`"\'"`, "'"],
    [String.raw`"\?"`, "?"],
    [String.raw`"\\"`, "\\"],
    [String.raw`"\a\b\f\n\r\t\v"`, "\x07\b\f\n\r\t\v"],
    [String.raw`"\q\8\9"`, "q89"],
    [String.raw`"\1"`, "\x01"],
    [String.raw`"\18"`, "\x018"],
    [String.raw`"\101"`, "A"],
    [String.raw`"\1011"`, "A1"],
    [String.raw`"\377"`, "\udcff"],
    [String.raw`"\400"`, " 0"],
    [String.raw`"\303\251"`, "é"],
    [String.raw`"\360\237\230\200"`, "😀"],
    [String.raw`"\303x"`, "\udcc3x"],
    [`"é"`, "é"],
    [`"a\nb"`, "a\nb"],
    [`"it's"`, "it's"],
  ];
  for (const [text, value] of table) assertEquals(stringOf(text), value, text);
});

Deno.test("parseAd() joins strings that only white space separates, before escapes", () => {
  assertEquals(stringOf('"a" "b"\n\t"c"'), "abc");
  assertEquals(stringOf('"a""b"'), "ab");
  assertEquals(stringOf(String.raw`"\1" "01"`), "A");
  assertEquals(stringOf(String.raw`"\\" "n"`), "\\n");
  assertThrows(() => stringOf('"a" /* no */ "b"'), ClassAdError);
});

Deno.test("parseAd() rejects a NUL in a string", () => {
  for (const text of [String.raw`"\0"`, String.raw`"\000"`, String.raw`"a\00b"`, '"a\0b"']) {
    assertThrows(() => stringOf(text), ClassAdError, "string", text);
  }
});

Deno.test("parseAd() rejects an unterminated string", () => {
  assertThrows(() => parseAd('[ a = "b ]'), ClassAdError, "is not closed (line 1, column 7)");
  assertThrows(() => parseAd('[ a = "b\\" ]'), ClassAdError, "not closed");
});

Deno.test("parseExpression() reads numbers as integers or reals", () => {
  const table: [string, string][] = [
    ["0", "0"],
    ["-5", "-5"],
    ["9223372036854775807", "9223372036854775807"],
    ["-9223372036854775808", "-9223372036854775808"],
    ["9223372036854775808", "9223372036854775807"],
    ["010", "10"],
    ["0x1F", "31"],
    ["-0x10", "-16"],
    ["1.5", "1.500000000000000E+00"],
    [".5", "5.000000000000000E-01"],
    ["-.5", "-5.000000000000000E-01"],
    ["1e3", "1.000000000000000E+03"],
    ["1E-3", "1.000000000000000E-03"],
    ["0.0", "0.0"],
    ["1e999", 'real("INF")'],
    ["- 5", " -5"],
    ["1 -5", "1 - 5"],
    ["1--5", "1 - -5"],
  ];
  for (const [text, printed] of table) assertEquals(roundTrip(text), printed, text);
  for (const text of ["1.", "1.e5", "1e", "1e+", "08", "0x", "5K", "1.5M", "1..2", "0x1g"]) {
    assertThrows(() => parseExpression(text), ClassAdError, "", text);
  }
});

Deno.test("parseExpression() binds operators as HTCondor does", () => {
  const table: [string, bigint | boolean | undefined][] = [
    ["1 + 2 * 3", 7n],
    ["2 * 3 % 4", 2n],
    ["1 << 2 + 1", 8n],
    ["1 | 2 ^ 3 & 1", 3n],
    ["1 < 2 == true", true],
    ["1 == 1 && 0 == 1 || true", true],
    ["false ? 1 : true ? 2 : 3", 2n],
    ["1 ?: 2 << 3", 8n],
    ["undefined + 1 ?: 2", undefined],
    ["-undefined ?: 4", -4n],
    ["undefined ? : 3", 3n],
    ["undefined ?: undefined ?: 3", 3n],
    ["10 - 3 - 2", 5n],
    ["!false && !true", false],
    ["~-1", 0n],
    ["{1, 2}[1]", 2n],
    ["[a = [b = 7]].a.b", 7n],
  ];
  for (const [text, value] of table) {
    assertEquals(parseAd(`[ v = ${text} ]`).evaluate("v"), value, text);
  }
});

Deno.test("parseExpression() rejects what is no expression", () => {
  const table = [
    "",
    "1 +",
    "+",
    "(1",
    "1)",
    "{1,}",
    "{,1}",
    "f(1,)",
    "f(,)",
    "1 2",
    "a b",
    "a.1",
    "a.'",
    "1 ? 2",
    "1 ? 2 :",
    "1 ?: - 2",
    "[a]",
    "[a=]",
    "[a=1 b=2]",
    "[a=1,b=2]",
    "[=1]",
    "[1=1]",
    "['' = 1]",
    "[true=1]",
    "[;]",
    "[a=1",
    "a = 1",
    "1 === 1",
    "1 =? 1",
    "is",
    "2 ** 3",
    "#",
    "@",
    "é",
    "$(a)",
    "\\",
    "/* open",
    'relTime("soon")',
    "\0",
  ];
  for (const text of table) assertThrows(() => parseExpression(text), ClassAdError, "", text);
});

Deno.test("parseExpression() takes reserved words in any case", () => {
  assertEquals(
    roundTrip("{TRUE, False, UNDEFINED, Error, 1 IS 1, 1 IsNt 2, 1 =?= 1, 1 =!= 2}"),
    "{ true,false,undefined,error,1 is 1,1 isnt 2,1 is 1,1 isnt 2 }",
  );
});

Deno.test("parseAd() skips comments and white space between tokens", () => {
  const ad = parseAd("[ // one\n a /* two */ = /**/ 1 ; /* * / // */\n\t\v\f\r b=2 ]");
  assertEquals(printAd(ad), "[ a = 1; b = 2 ]");
  assertEquals(parseExpression("1 // end").kind, "literal");
  assertThrows(() => parseAd("[ a = 1 /*/ ]"), ClassAdError, "comment is not closed");
});

Deno.test("parseAd() takes spare semicolons, quoted names and repeated names", () => {
  assertEquals(printAd(parseAd("[;; a = 1;; b = 2;]")), "[ a = 1; b = 2 ]");
  assertEquals(printAd(parseAd("[]")), "[  ]");
  const ad = parseAd("[ 'a-b' = 1; 'true' = 2; 'x' 'y' = 3; Abc = 4; aBC = 5 ]");
  assertEquals(ad.names(), ["a-b", "true", "xy", "Abc"]);
  assertEquals(ad.getInteger("ABC"), 5);
});

Deno.test("parseAd() tells where the text goes wrong", () => {
  const error = assertThrows(() => parseAd("[ a = 1;\n  b = ? ]"), ClassAdError);
  assertEquals(error.code, "syntax");
  assertEquals(error.offset, 15);
  assertEquals(error.message, 'Cannot read expression: "?" starts none (line 2, column 7)');
});

Deno.test("parseAds() reads ads that follow one another", () => {
  const texts = (text: string | Uint8Array): string[] => Array.from(parseAds(text), printAd);
  assertEquals(texts(""), []);
  assertEquals(texts(" \n// nothing\n"), []);
  assertEquals(texts("[a=1][b=2] [c=3]\n"), ["[ a = 1 ]", "[ b = 2 ]", "[ c = 3 ]"]);
  assertEquals(texts("[a=1] // x\n/* y */ [b=2]"), ["[ a = 1 ]", "[ b = 2 ]"]);
  assertEquals(texts("{ [a=1], [b=2] }"), ["[ a = 1 ]", "[ b = 2 ]"]);
  assertEquals(texts("[a=1],\n[b=2]"), ["[ a = 1 ]", "[ b = 2 ]"]);
  assertEquals(texts(new TextEncoder().encode('[a="é"]')), [String.raw`[ a = "\303\251" ]`]);
});

Deno.test("parseAds() gives out the good ads in front of a malformed one", () => {
  for (const rest of ["[b=", "[b=1", "junk", "]", "\x01", '"', "[b=1 c=2]", "/*", "/* [b=1]"]) {
    const seen: ClassAd[] = [];
    assertThrows(
      () => {
        for (const ad of parseAds(`[ a = 1 ]${rest}`)) seen.push(ad);
      },
      ClassAdError,
      "",
      rest,
    );
    assertEquals(seen.length, 1, rest);
  }
  assertThrows(() => [...parseAds("{ [a=1]")], ClassAdError, "list is not closed");
  assertThrows(() => [...parseAds("{ [a=1] } x")], ClassAdError, "follows its end");
});

Deno.test("parseAds() keeps bytes that are not UTF-8", () => {
  const bytes = new Uint8Array([...new TextEncoder().encode('[ a = "x'), 0xff, 0xc3, 0x22, 0x5d]);
  const [ad] = [...parseAds(bytes)];
  assertEquals(ad?.getString("a"), "x\udcff\udcc3");
  assertEquals(ad && printAd(ad), String.raw`[ a = "x\377\303" ]`);
});

Deno.test("parseAds() takes time in proportion to the text", () => {
  const make = (count: number): string =>
    Array.from({ length: count }, (_, i) => `[ Url = "https://h.example/${i}"; n = ${i} ]\n`).join(
      "",
    );
  const time = (text: string): number => {
    const start = performance.now();
    for (const ad of parseAds(text)) assert(ad.has("url"));
    return performance.now() - start;
  };
  time(make(5_000));
  const small = Math.max(time(make(2_500)), 1);
  // Quadratic work would take 256 times as long.
  assert(time(make(40_000)) < small * 16 * 8);
});
