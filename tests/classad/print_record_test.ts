import { assertEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import { type AdValue, makeAd, printAd, printRecord, real } from "../../core/classad/mod.ts";

const { value } = fc.letrec<{ value: AdValue }>((tie) => ({
  value: fc.oneof(
    { depthSize: "small" },
    fc.string({ unit: "binary" }),
    fc.boolean(),
    fc.maxSafeInteger(),
    fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }),
    fc.double().map(real),
    fc.constant(undefined),
    fc.array(tie("value"), { maxLength: 3 }),
    fc.dictionary(fc.string({ minLength: 1 }), tie("value"), { maxKeys: 3 }),
    fc.constant(makeAd({ inner: 1 })),
  ),
}));

Deno.test("printRecord() prints what printAd() prints of the same ad", () => {
  const differentNames = (record: object) =>
    new Set(Object.keys(record).map((name) => name.toLowerCase())).size ===
      Object.keys(record).length;
  const record = fc.dictionary(fc.string({ minLength: 1 }), value, { maxKeys: 5 });
  fc.assert(fc.property(record, (record) => {
    const deep = JSON.stringify(record, (_key, part) => {
      fc.pre(typeof part !== "object" || part === null || differentNames(part));
      return typeof part === "bigint" ? `${part}` : part;
    });
    assertEquals(printRecord(record), printAd(makeAd(record)), deep);
  }));
});

Deno.test("printRecord() refuses numbers whose type is not clear", () => {
  assertThrows(() => printRecord({ a: 1.5 }), RangeError);
  assertThrows(() => printRecord({ a: [NaN] }), RangeError);
});
