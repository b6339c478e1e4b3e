import { assertEquals, assertThrows } from "@std/assert";
import { type BadLine, ClassAdError, parseOldAd, printOldAd } from "../../core/classad/mod.ts";

Deno.test("parseOldAd() reads a line per attribute and skips blanks and comments", () => {
  const ad = parseOldAd('# job\n\nA = 1\r\n  b=2.5  \n\t# more\nC = "x"\nd = A + 1\na = 7\n');
  assertEquals(ad.names(), ["A", "b", "C", "d"]);
  assertEquals(ad.evaluate("d"), 8n);
  assertEquals(parseOldAd("").names(), []);
});

Deno.test("parseOldAd() takes backslashes in strings as they are, but before an inner quote", () => {
  const table: [string, string][] = [
    [String.raw`"C:\dir\file"`, String.raw`C:\dir\file`],
    [String.raw`"C:\dir\"`, "C:\\dir\\"],
    [String.raw`"say \"hi\" now"`, 'say "hi" now'],
    [String.raw`"a\nb"`, "a\\nb"],
    [String.raw`"a\\"`, "a\\\\"],
    [String.raw`"\303"`, "\\303"],
    [`"é"`, "é"],
    [`""`, ""],
  ];
  for (const [text, value] of table) {
    assertEquals(parseOldAd(`a = ${text}\nb = 1`).evaluate("a"), value, text);
  }
});

Deno.test("parseOldAd() rejects a line it cannot read and tells which", () => {
  for (
    const line of ["junk", "= 1", "a =", "a = (", 'a = "x', "a = 1 2", "a == 1", "*** x", "a = 1;"]
  ) {
    const error = assertThrows(() => parseOldAd(`x = 1\n${line}\n`), ClassAdError, "line 2", line);
    assertEquals(error.code, "syntax");
  }
});

Deno.test("parseOldAd() hands bad lines over and reads on, when asked to", () => {
  const bad: BadLine[] = [];
  const ad = parseOldAd("a = 1\njunk\nb = ]\nc = 3", { onBadLine: (line) => bad.push(line) });
  assertEquals(ad.names(), ["a", "c"]);
  assertEquals(bad.map(({ line, text }) => [line, text]), [[2, "junk"], [3, "b = ]"]]);
});

Deno.test("parseOldAd() takes odd names, quoted or not", () => {
  assertEquals(parseOldAd("a.b = 1\n'c d' = 2\n1x = 3\n'e=f' = 4").names(), [
    "a.b",
    "c d",
    "1x",
    "e=f",
  ]);
});

Deno.test("printOldAd() writes what parseOldAd() reads", () => {
  const text = [
    "A = 1",
    "b = 2.5",
    "z = 0.0",
    "big = 1E+16",
    "small = 1E-05",
    's = "C:\\dir\\"',
    'q = "say \\"hi\\""',
    "u = undefined",
    "e = A =?= 1 && b =!= x",
    'l = { 1,"x",[ y = true ] }',
    "'c d' = 2",
    "",
  ].join("\n");
  assertEquals(printOldAd(parseOldAd(text)), text);
});

Deno.test("printOldAd() refuses strings that the format cannot hold", () => {
  const ad = parseOldAd("a = 1");
  for (const value of ["a\nb", ["x\\"]]) {
    ad.set("a", value);
    const error = assertThrows(() => printOldAd(ad), ClassAdError, "long format");
    assertEquals(error.code, "value");
  }
});
