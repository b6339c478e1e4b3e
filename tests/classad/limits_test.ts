import { assert, assertEquals, assertThrows } from "@std/assert";
import {
  ClassAd,
  ClassAdError,
  DEFAULT_LIMITS,
  ERROR,
  evaluate,
  makeAd,
  parseAd,
  parseAds,
  parseExpression,
  parseOldAd,
  printAd,
  printExpression,
} from "../../core/classad/mod.ts";

function nest(open: string, core: string, close: string, count: number): string {
  return open.repeat(count) + core + close.repeat(count);
}

const SHAPES: [string, string, string][] = [
  ["(", "1", ")"],
  ["{", "1", "}"],
  ["[a=", "1", "]"],
  ["!", "1", ""],
  ["- ", "1", ""],
  ["f(", "1", ")"],
  ["isError(", "1", ")"],
  ["a[", "1", "]"],
  ["1?", "2", ":3"],
  ["1?2:", "3", ""],
  ["1+(", "1", ")"],
  ["strcat(1,", "1", ")"],
  ["{1}[", "0", "]"],
  ["ifThenElse(true,", "1", ",0)"],
  ["[x=", "1", "].x"],
];

Deno.test("parseExpression() bounds the depth of every construct", () => {
  for (const [open, core, close] of SHAPES) {
    for (const count of [1_000, 200_000]) {
      const error = assertThrows(
        () => parseExpression(nest(open, core, close, count)),
        ClassAdError,
        "",
        open,
      );
      assertEquals(error.code, "limit", open);
    }
  }
  assertThrows(() => parseExpression("a" + ".a".repeat(1_000)), ClassAdError, "nested deeper");
});

Deno.test("evaluate() and printExpression() manage all that parses", () => {
  for (const [open, core, close] of SHAPES) {
    const text = nest(open, core, close, Math.floor(DEFAULT_LIMITS.maxDepth / 2) - 1);
    const expression = parseExpression(text);
    evaluate(expression, new ClassAd());
    const printed = printExpression(expression);
    // A minus sign and the number behind it become one literal.
    const again = printExpression(parseExpression(printed));
    assertEquals(again.replaceAll(" ", ""), printed.replaceAll(" ", ""), open);
  }
});

Deno.test("evaluate() manages long chains of operators", () => {
  const count = 100_000;
  assertEquals(evaluate(parseExpression("1" + "+1".repeat(count))), BigInt(count) + 1n);
  assertEquals(evaluate(parseExpression("false" + " || false".repeat(count))), false);
  const text = `a${" ?: a".repeat(count)}`;
  assertEquals(printExpression(parseExpression(text)), text);
});

Deno.test("evaluate() answers error beyond its depth, however it was reached", () => {
  const ad = new ClassAd();
  for (let i = 0; i < 5_000; i++) ad.setExpression(`a${i}`, parseExpression(`(a${i + 1})`));
  ad.set("a5000", 1);
  assertEquals(ad.evaluate("a0"), ERROR);
  assertEquals(ad.evaluate("a4900"), 1n);
});

Deno.test("evaluate() bounds its steps", () => {
  const ad = new ClassAd();
  for (let i = 0; i < 60; i++) ad.setExpression(`a${i}`, parseExpression(`a${i + 1} + a${i + 1}`));
  ad.set("a60", 1);
  const error = assertThrows(() => ad.evaluate("a0"), ClassAdError, "1000000 steps");
  assertEquals(error.code, "limit");
  assertEquals(ad.evaluate("a50", { limits: { maxSteps: 10_000 } }), 1024n);
  assertThrows(() => ad.evaluate("a50", { limits: { maxSteps: 100 } }), ClassAdError);
});

Deno.test("evaluate() bounds the length of strings", () => {
  const ad = makeAd({ s: "x".repeat(1_000_000) });
  for (const text of [`strcat(${"s,".repeat(20)}s)`, `join(s, {${"s,".repeat(20)}s})`]) {
    const error = assertThrows(() => evaluate(parseExpression(text), ad), ClassAdError, "string");
    assertEquals(error.code, "limit");
  }
});

Deno.test("parsers bound size and number of attributes", () => {
  const codeOf = (work: () => unknown): string => assertThrows(work, ClassAdError).code;
  assertEquals(codeOf(() => parseAd("[ a = 1 ]", { maxBytes: 8 })), "limit");
  assertEquals(codeOf(() => [...parseAds("[ a = 1 ]", { maxBytes: 8 })]), "limit");
  assertEquals(codeOf(() => parseOldAd("a = 1234", { maxBytes: 7 })), "limit");
  assertEquals(codeOf(() => parseAd("[ a=1; b=2; c=3 ]", { maxAttributes: 2 })), "limit");
  assertEquals(codeOf(() => parseOldAd("a=1\nb=2\nc=3", { maxAttributes: 2 })), "limit");
  assertEquals(codeOf(() => parseAd("[ a = ((1)) ]", { maxDepth: 2 })), "limit");
  assertEquals(parseAd("[ a=1; b=2 ]", { maxAttributes: 2 }).size, 2);
});

Deno.test("printAd() refuses ads nested by program beyond the limit", () => {
  let ad = new ClassAd();
  for (let i = 0; i < 100_000; i++) ad = makeAd({ inner: ad });
  assertEquals(assertThrows(() => printAd(ad), ClassAdError).code, "limit");
});

Deno.test("parseAds() reads 10,000 ads in little time", () => {
  const text = Array.from(
    { length: 10_000 },
    (_, i) => `[ LocalFileName = "/scratch/f${i}"; Url = "https://h.example/${i}"; Size = ${i} ]`,
  ).join("\n");
  for (let i = 0; i < 3; i++) [...parseAds(text)];
  const start = performance.now();
  assertEquals([...parseAds(text)].length, 10_000);
  assert(performance.now() - start < 1_000);
});
