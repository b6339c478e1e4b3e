import { assertEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import { childrenOf, escapeXml, localName, readXml, textOf, XmlError } from "../../core/aws/xml.ts";

const encoder = new TextEncoder();

Deno.test("readXml() gives elements by their local names", () => {
  const root = readXml(encoder.encode(
    '<?xml version="1.0"?>\n<x:R xmlns:x="u"><x:K>a&amp;b&#x21;<![CDATA[<c>]]></x:K><K/><x:L>1</x:L></x:R>',
  ));
  assertEquals(localName(root), "R");
  assertEquals(childrenOf(root, "K").map(({ text }) => text), ["a&b!<c>", ""]);
  assertEquals([textOf(root, "L"), textOf(root, "M")], ["1", undefined]);
});

const REFUSED: Readonly<Record<string, string>> = {
  "nothing": "",
  "no XML": "<html><br></html>",
  "text": "Service Unavailable",
  "two roots": "<a/><b/>",
  "an unknown entity": "<a>&b;</a>",
  "an entity bomb": '<!DOCTYPE a [<!ENTITY b "bb"><!ENTITY c "&b;&b;">]><a>&c;</a>',
  "a document from elsewhere": '<!doctype a SYSTEM "file:///etc/passwd"><a/>',
  "a document type": "<!DOCTYPE a><a/>",
  "endless nesting": "<a>".repeat(300_000),
  "a control character": "<a>\u0001</a>",
};
for (const [what, text] of Object.entries(REFUSED)) {
  Deno.test(`readXml() refuses ${what} with a short text`, () => {
    const error = assertThrows(() => readXml(encoder.encode(text)), XmlError);
    assertEquals(error.message.length < 80, true);
  });
}

Deno.test("readXml() reads back what escapeXml() wrote, line ends included", () => {
  const characters = fc.string({ unit: "grapheme" }).filter((text) =>
    // deno-lint-ignore no-control-regex -- what XML 1.0 cannot have
    !/[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/.test(text)
  );
  fc.assert(fc.property(characters, (text) => {
    assertEquals(readXml(encoder.encode(`<a>${escapeXml(text)}</a>`)).text, text);
  }));
  const hard = "a\r\nb\rc\nd\t]]>&amp;<!--";
  assertEquals(readXml(encoder.encode(`<a>${escapeXml(hard)}</a>`)).text, hard);
});
