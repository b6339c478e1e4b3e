import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import {
  AbsoluteTime,
  type AdValue,
  ClassAd,
  ClassAdError,
  encodeText,
  parseAd,
  parseAds,
  parseExpression,
  parseOldAd,
  printAd,
  printExpression,
  printOldAd,
  Real,
  RelativeTime,
  type Value,
  ValueList,
} from "../../core/classad/mod.ts";
import { decodeBinary, encodeBinary } from "../../core/classad/text.ts";

/** Text as it comes out of bytes: valid, but for single escaped ones. */
const text = fc.oneof(
  fc.string({ unit: "binary" }),
  fc.uint8Array().map((bytes) => decodeBinary(String.fromCharCode(...bytes))),
).map((value) => decodeBinary(encodeBinary(value.replaceAll("\0", ""))));

const name = fc.oneof(fc.stringMatching(/^[A-Za-z_]\w{0,8}$/), text).filter((key) => key !== "");

/** Reals of 15 digits, which is what HTCondor writes exactly. */
const number = fc.double({ noNaN: true, noDefaultInfinity: true })
  .map((value) => new Real(Number(value.toPrecision(15))));

const { value } = fc.letrec<{ value: AdValue }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 4 },
    text,
    fc.boolean(),
    fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }),
    number,
    fc.constant(undefined),
    fc.array(tie("value"), { maxLength: 4 }),
    fc.array(fc.tuple(name, tie("value")), { maxLength: 4 }).map(makeClassAd),
  ),
}));

function makeClassAd(items: readonly (readonly [string, AdValue])[]): ClassAd {
  const ad = new ClassAd();
  for (const [key, item] of items) ad.set(key, item);
  return ad;
}

const ads = fc.array(fc.tuple(name, value), { maxLength: 6 }).map(makeClassAd);

/** A value as plain data, so that two of them can be compared in depth. */
function plain(item: Value): unknown {
  if (item instanceof ClassAd) {
    return item.names().map((key) => [key, plain(item.evaluate(key))]);
  }
  if (item instanceof ValueList) {
    const holder = new ClassAd();
    holder.set("list", item);
    return holder.getList("list")?.map(plain);
  }
  return item;
}

const TOKENS = [
  ..."[](){};,.=?!:<>&|^~+-*/%'\"\\ \n09aeE_",
  "a",
  "b = 1",
  "true",
  "undefined",
  "strcat(",
  "eval(",
  "regexp(",
  "substr(",
  '"x"',
  '"\\303"',
  "1.5",
  "a.b",
  "{1,2}",
  "[a=1]",
  "parent",
];

/** Texts that look more like ads than random ones. */
const adLike = fc.array(fc.constantFrom(...TOKENS), { maxLength: 40 }).map((parts) =>
  `[ v = ${parts.join("")} ]`
);

function throwsOnlyItsOwn(work: () => unknown): void {
  try {
    work();
  } catch (error) {
    assert(error instanceof ClassAdError, `${error}`);
  }
}

Deno.test("printAd() writes what parseAd() reads back, in ASCII", () => {
  fc.assert(
    fc.property(ads, (ad) => {
      const printed = printAd(ad);
      assert(/^[ -~]*$/.test(printed), printed);
      const back = parseAd(printed);
      assertEquals(plain(back), plain(ad));
      assertEquals(printAd(back), printed);
    }),
    { numRuns: 500 },
  );
});

Deno.test("printOldAd() writes what parseOldAd() reads back, or refuses", () => {
  fc.assert(
    fc.property(ads, (ad) => {
      let printed: string;
      try {
        printed = printOldAd(ad);
      } catch (error) {
        assert(error instanceof ClassAdError && error.code === "value");
        return;
      }
      assertEquals(plain(parseOldAd(encodeText(printed))), plain(ad));
    }),
    { numRuns: 500 },
  );
});

Deno.test("parseAds() reads back a stream of printed ads", () => {
  fc.assert(
    fc.property(
      fc.array(ads, { maxLength: 5 }),
      fc.constantFrom("", "\n", " ", ","),
      (all, sep) => {
        const printed = all.map(printAd).join(sep);
        assertEquals(Array.from(parseAds(printed), plain), all.map(plain));
      },
    ),
  );
});

Deno.test("parseExpression() reads what printExpression() wrote", () => {
  fc.assert(
    fc.property(adLike, (source) => {
      let printed: string;
      try {
        printed = printExpression(parseExpression(source));
      } catch (error) {
        assert(error instanceof ClassAdError);
        return;
      }
      // A minus sign and the number behind it become one literal.
      const again = printExpression(parseExpression(printed));
      assertEquals(again.replaceAll(" ", ""), printed.replaceAll(" ", ""));
    }),
    { numRuns: 2_000 },
  );
});

Deno.test("parsers throw nothing but ClassAdError on any text or bytes", () => {
  fc.assert(
    fc.property(fc.oneof(fc.string({ unit: "binary" }), fc.uint8Array(), adLike), (source) => {
      throwsOnlyItsOwn(() => parseAd(source));
      throwsOnlyItsOwn(() => parseExpression(source));
      throwsOnlyItsOwn(() => [...parseAds(source)]);
      throwsOnlyItsOwn(() => parseOldAd(source));
      parseOldAd(source, { onBadLine: () => {} });
    }),
    { numRuns: 2_000 },
  );
});

Deno.test("evaluate() throws nothing but ClassAdError on whatever parses", () => {
  fc.assert(
    fc.property(adLike, (source) => {
      throwsOnlyItsOwn(() => {
        const ad = parseAd(source);
        for (const key of ad.names()) ad.evaluate(key);
      });
    }),
    { numRuns: 2_000 },
  );
});

Deno.test("strings keep every byte", () => {
  fc.assert(
    fc.property(fc.uint8Array(), (bytes) => {
      const decoded = decodeBinary(String.fromCharCode(...bytes));
      assertEquals(encodeText(decoded), bytes);
      let isValid = true;
      try {
        new TextDecoder("utf-8", { fatal: true }).decode(bytes);
      } catch {
        isValid = false;
      }
      assertEquals(decoded.isWellFormed(), isValid);
    }),
    { numRuns: 2_000 },
  );
});

Deno.test("times keep their value when printed", () => {
  const seconds = fc.integer({ min: -(10 ** 10), max: 10 ** 10 });
  fc.assert(
    fc.property(
      seconds,
      fc.integer({ min: -840, max: 840 }),
      fc.double({ min: -1e6, max: 1e6, noNaN: true }),
      (moment, minutes, span) => {
        const ad = new ClassAd();
        ad.set("a", new AbsoluteTime(moment, minutes * 60));
        ad.set("r", new RelativeTime(Math.abs(span) < 1e-6 ? 0 : span));
        const back = parseAd(printAd(ad));
        assertEquals(back.evaluate("a"), ad.evaluate("a"));
        assertEquals(back.evaluate("r"), ad.evaluate("r"));
      },
    ),
  );
});
