import { assertEquals, assertMatch } from "@std/assert";
import fc from "fast-check";
import {
  printable,
  printableJson,
  printableLines,
} from "../../../core/checkpoint/tools/printable.ts";

const CASES: readonly (readonly [string, string])[] = [
  ["plain ünïcode 漢字 \\ \"'", "plain ünïcode 漢字 \\ \"'"],
  ["\x1b[2J\x07", "\\u001b[2J\\u0007"],
  ["a\r\nb\tc\x7f", "a\\u000d\\u000ab\\u0009c\\u007f"],
  ["\x9b31m", "\\u009b31m"],
  ["\u202egpj.exe\u2066", "\\u202egpj.exe\\u2066"],
  ["\u2028\u2029\ufeff", "\\u2028\\u2029\\ufeff"],
  ["\u{e0001}", "\\udb40\\udc01"],
];

for (const [text, shown] of CASES) {
  Deno.test(`printable() shows ${JSON.stringify(shown)}`, () => {
    assertEquals(printable(text), shown);
  });
}

Deno.test("printableLines() leaves line feeds alone, and nothing else", () => {
  assertEquals(printableLines("a\nb\r\n\x1bc"), "a\nb\\u000d\n\\u001bc");
});

Deno.test("printable() leaves nothing that a terminal obeys, and does nothing twice", () => {
  fc.assert(fc.property(fc.string({ unit: "binary" }), (text) => {
    const shown = printable(text);
    assertMatch(shown, /^[^\p{Cc}\p{Cf}\p{Zl}\p{Zp}]*$/u);
    assertEquals(printable(shown), shown);
  }));
});

Deno.test("printableJson() reads back as what it was", () => {
  fc.assert(fc.property(fc.string({ unit: "binary" }), (text) => {
    const json = printableJson({ [text]: [text] });
    assertMatch(json, /^[^\p{Cf}\p{Zl}\p{Zp}]*$/u);
    assertEquals(JSON.parse(json), JSON.parse(JSON.stringify({ [text]: [text] })));
  }));
});
