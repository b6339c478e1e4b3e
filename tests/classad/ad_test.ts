import { assertEquals, assertStrictEquals, assertThrows } from "@std/assert";
import {
  AbsoluteTime,
  ClassAd,
  ERROR,
  isWellFormedText,
  literal,
  makeAd,
  parseAd,
  parseExpression,
  printAd,
  Real,
  real,
} from "../../core/classad/mod.ts";

Deno.test("ClassAd keeps names in order and finds them in any case", () => {
  const ad = new ClassAd();
  ad.set("Beta", 1);
  ad.set("alpha", 2);
  ad.set("BETA", 3);
  assertEquals(ad.names(), ["Beta", "alpha"]);
  assertEquals(ad.getInteger("beta"), 3);
  assertEquals(ad.has("ALPHA"), true);
  assertEquals(ad.delete("Alpha"), true);
  assertEquals(ad.delete("Alpha"), false);
  assertEquals(ad.get("alpha"), undefined);
  assertEquals(ad.size, 1);
});

Deno.test("ClassAd folds only ASCII letters of names", () => {
  const ad = makeAd({ "É": 1 });
  assertEquals(ad.has("é"), false);
  assertEquals(ad.has("É"), true);
  assertEquals(makeAd({ constructor: 1 }).has("toString"), false);
});

Deno.test("ClassAd getters answer only for their type", () => {
  const ad = parseAd(
    '[ s = "x"; i = 5; r = 1.5; b = true; l = {1, i}; a = [y = i]; u = undefined; e = 1/0; big = 9007199254740993; w = strcat("a", 1) ]',
  );
  assertEquals(ad.getString("s"), "x");
  assertEquals(ad.getString("w"), "a1");
  assertEquals(ad.getInteger("i"), 5);
  assertEquals(ad.getReal("i"), 5);
  assertEquals(ad.getReal("r"), 1.5);
  assertEquals(ad.getBoolean("b"), true);
  assertEquals(ad.getList("l"), [1n, 5n]);
  assertEquals(ad.getAd("a")?.getInteger("y"), 5);
  for (const name of ["i", "r", "b", "l", "a", "u", "e", "none"]) {
    assertEquals(ad.getString(name), undefined, name);
  }
  for (const name of ["s", "r", "b", "big", "e"]) {
    assertEquals(ad.getInteger(name), undefined, name);
  }
  for (const name of ["s", "i", "u", "e"]) assertEquals(ad.getBoolean(name), undefined, name);
  assertEquals(ad.getReal("s"), undefined);
  assertEquals(ad.getList("a"), undefined);
  assertEquals(ad.getAd("l"), undefined);
  assertStrictEquals(ad.evaluate("e"), ERROR);
});

Deno.test("ClassAd never confuses integers with reals", () => {
  const ad = parseAd("[ a = 1; b = 1.0 ]");
  assertEquals(ad.evaluate("a"), 1n);
  assertEquals(ad.evaluate("b"), new Real(1));
});

Deno.test("ClassAd.set() replaces expressions, setExpression() takes parsed ones", () => {
  const ad = makeAd({ a: 1 });
  ad.setExpression("b", parseExpression("a + 1"));
  assertEquals(ad.getInteger("b"), 2);
  ad.set("b", "text");
  assertEquals(ad.getString("b"), "text");
  ad.setExpression("c", literal(new AbsoluteTime(0, 0)));
  assertEquals(printAd(ad), '[ a = 1; b = "text"; c = absTime("1970-01-01T00:00:00-00:00") ]');
});

Deno.test("makeAd() builds nested ads and leaves undefined members out", () => {
  const ad = makeAd({
    TransferUrl: "https://h.example/x",
    TransferSuccess: false,
    TransferFileBytes: 0,
    Big: 2n ** 40n,
    ConnectionTimeSeconds: real(3),
    TransferError: undefined,
    DeveloperData: { TransferTries: 2, Skipped: undefined },
    TransferErrorData: [makeAd({ ErrorCode: 18 })],
  });
  assertEquals(
    printAd(ad),
    '[ TransferUrl = "https://h.example/x"; TransferSuccess = false; TransferFileBytes = 0; ' +
      "Big = 1099511627776; ConnectionTimeSeconds = 3.000000000000000E+00; " +
      "DeveloperData = [ TransferTries = 2 ]; TransferErrorData = { [ ErrorCode = 18 ] } ]",
  );
});

Deno.test("makeAd() refuses numbers that are not whole", () => {
  for (const value of [1.5, NaN, Infinity]) {
    assertThrows(() => makeAd({ value }), RangeError, "use real()");
  }
});

Deno.test("isWellFormedText() tells strings that are not UTF-8", () => {
  const name = (text: string): string => parseAd(`[ n = ${text} ]`).getString("n") ?? "";
  assertEquals(isWellFormedText(name(String.raw`"\303\251"`)), true);
  for (const text of ["\\351", "\\303", "\\355\\240\\200", "\\300\\200", "\\364\\220\\200\\200"]) {
    assertEquals(isWellFormedText(name(`"${text}"`)), false, text);
  }
});
