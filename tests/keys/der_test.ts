import { assertEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import {
  bitsOf,
  type Der,
  magnitudeOf,
  oidOf,
  parseDer,
  printBits,
  printDer,
  printInteger,
  printOid,
  sequenceOf,
  TAG,
} from "../../core/keys/der.ts";
import { KeyError } from "../../core/keys/error.ts";

const hex = (text: string) => Uint8Array.fromHex(text.replaceAll(" ", ""));

function codeOf(work: () => unknown): string {
  return assertThrows(work, KeyError).code;
}

Deno.test("parseDer() takes only DER, whole and alone", () => {
  const cases = [
    ["", "bad-der", "no octet"],
    ["30", "bad-der", "no length"],
    ["30 02 05", "bad-der", "too short a content"],
    ["30 02 02 05", "bad-der", "too short an inner content"],
    ["30 80 00 00", "bad-der", "an indefinite length"],
    ["04 81 01 00", "bad-der", "a longer form of a length"],
    ["04 82 00 80", "bad-der", "a length with a leading zero"],
    ["04 84 ff ff ff ff", "bad-der", "4 GiB"],
    ["04 ff", "bad-der", "a length of 127 octets"],
    ["1f 81 01 00", "bad-der", "a long tag"],
    ["05 00 00", "trailing-data", "an octet too many"],
    ["30 00 30 00", "trailing-data", "a second value"],
  ] as const;
  for (const [octets, code, why] of cases) {
    assertEquals([why, codeOf(() => parseDer(hex(octets)))], [why, code]);
  }
  assertEquals(parseDer(hex("05 00")), { tag: TAG.null, content: new Uint8Array() });
});

Deno.test("parseDer() bounds size and depth", () => {
  const nested = (depth: number): Uint8Array<ArrayBuffer> =>
    depth === 0 ? hex("05 00") : printDer(TAG.sequence, nested(depth - 1));
  assertEquals(sequenceOf(parseDer(nested(7))).length, 1);
  assertEquals(codeOf(() => parseDer(nested(8))), "bad-der");
  assertEquals(codeOf(() => parseDer(nested(5000))), "bad-der");
  assertEquals(codeOf(() => parseDer(new Uint8Array(70_000))), "too-large");
});

Deno.test("magnitudeOf() refuses negative and longer numbers", () => {
  for (const octets of ["02 00", "02 01 80", "02 02 00 7f", "04 01 01", "02 02 00 00"]) {
    assertEquals([octets, codeOf(() => magnitudeOf(parseDer(hex(octets))))], [octets, "bad-der"]);
  }
  assertEquals(magnitudeOf(parseDer(hex("02 01 00"))), new Uint8Array());
  assertEquals(magnitudeOf(parseDer(hex("02 02 00 80"))), hex("80"));
  assertEquals(codeOf(() => magnitudeOf(undefined)), "bad-der");
});

Deno.test("bitsOf() refuses a string that does not end with an octet", () => {
  for (const octets of ["03 00", "03 02 01 fe", "04 01 00"]) {
    assertEquals(codeOf(() => bitsOf(parseDer(hex(octets)))), "bad-der");
  }
  assertEquals(bitsOf(parseDer(printBits(hex("01 02")))), hex("01 02"));
});

Deno.test("oidOf() reads what is printed, and refuses what is none", () => {
  for (
    const octets of ["06 00", "06 01 80", "06 02 80 01", "06 02 2a 86", `06 21 ${"01".repeat(33)}`]
  ) {
    assertEquals([octets, codeOf(() => oidOf(parseDer(hex(octets))))], [octets, "bad-der"]);
  }
  // X.690, 8.19.5.
  assertEquals(oidOf(parseDer(hex("06 03 88 37 03"))), "2.999.3");
  assertEquals(printOid("1.2.840.10045.3.1.7"), hex("06 08 2a 86 48 ce 3d 03 01 07"));
});

const octets = fc.uint8Array({ maxLength: 300 }).map((bytes) => Uint8Array.from(bytes));

Deno.test("what printDer() prints, parseDer() reads, and prints again the same", () => {
  const value = fc.letrec<{ value: Uint8Array<ArrayBuffer> }>((tie) => ({
    value: fc.oneof(
      { depthSize: "small", maxDepth: 5 },
      fc.tuple(fc.constantFrom(0x02, 0x03, 0x04, 0x05, 0x06, 0x81), octets)
        .map(([tag, content]) => printDer(tag, content)),
      fc.tuple(fc.constantFrom(0x30, 0x31, 0xa0, 0xa1), fc.array(tie("value"), { maxLength: 4 }))
        .map(([tag, parts]) => printDer(tag, ...parts)),
    ),
  })).value;
  const again = ({ tag, content, children }: Der): Uint8Array<ArrayBuffer> =>
    children === undefined ? printDer(tag, content) : printDer(tag, ...children.map(again));
  fc.assert(fc.property(value, (bytes) => assertEquals(again(parseDer(bytes)), bytes)));
});

Deno.test("parseDer() throws nothing but KeyError, and takes nothing that it would not print", () => {
  const bytes = fc.uint8Array({ maxLength: 40 }).map((list) => Uint8Array.from(list));
  fc.assert(
    fc.property(bytes, (list) => {
      try {
        const { tag, content } = parseDer(list);
        assertEquals(printDer(tag, content), list);
      } catch (error) {
        if (!(error instanceof KeyError)) throw error;
      }
    }),
    { numRuns: 2000 },
  );
});

Deno.test("integers and object identifiers come back as they were", () => {
  fc.assert(fc.property(octets, (list) => {
    const start = list.findIndex((octet) => octet !== 0);
    const digits = start < 0 ? new Uint8Array() : list.slice(start);
    assertEquals(magnitudeOf(parseDer(printInteger(list))), digits);
  }));
  const arcs = fc.array(fc.nat({ max: 2 ** 31 - 1 }), { maxLength: 5 });
  const text = fc.oneof(
    fc.tuple(fc.constantFrom(0, 1), fc.nat({ max: 39 }), arcs),
    fc.tuple(fc.constant(2), fc.nat({ max: 100_000 }), arcs),
  ).map(([top, second, rest]) => [top, second, ...rest].join("."));
  fc.assert(fc.property(text, (oid) => assertEquals(oidOf(parseDer(printOid(oid))), oid)));
});
