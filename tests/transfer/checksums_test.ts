import { assert, assertEquals, assertRejects, assertStrictEquals } from "@std/assert";
import fc from "fast-check";
import { adler32 } from "../../core/transfer/adler32.ts";
import { decodeBase64 } from "../../core/transfer/base64.ts";
import { digestFile, verifyDigests } from "../../core/transfer/checksums.ts";
import { digestLength } from "../../core/transfer/digest_algorithms.ts";
import { crc32c } from "../../core/transfer/crc32c.ts";
import type { Digest } from "../../core/transfer/scheme.ts";
import { failureOf, sampleBytes, TempDir } from "./contract.ts";

const CHECK = new TextEncoder().encode("123456789");

/** The published values for `123456789`. */
const VALUES: Readonly<Record<string, string>> = {
  md5: "25f9e794323b453885f5181f1b624d0b",
  sha1: "f7c3bc1d808e04732adf679965ccc34ca7ae3441",
  sha256: "15e2b0d3c33891ebb0f1ef609ec419420c20e320ce94c65fbc8c3312448eb225",
  sha384:
    "eb455d56d2c1a69de64e832011f3393d45f3fa31d6842f21af92d2fe469c499da5e3179847334a18479c8d1dedea1be3",
  sha512:
    "d9e6762dd1c8eaf6d61b3c6192fc408d4d6d5f1176d0c29169bc24e71c3f274ad27fcd5811b313d681f7e55ec02d73d499c95455b6b5bb503acf574fba8ffe85",
  crc32: "cbf43926",
  crc32c: "e3069283",
  adler32: "091e01de",
};

Deno.test("digestFile() gives the published values", async () => {
  using dir = new TempDir();
  Deno.writeFileSync(dir.join("f"), CHECK);
  for (const [algorithm, value] of Object.entries(VALUES)) {
    assertEquals(await digestFile(dir.join("f"), algorithm), value);
    assertEquals(digestLength(algorithm), value.length / 2);
  }
  Deno.writeFileSync(dir.join("empty"), new Uint8Array());
  assertEquals(await digestFile(dir.join("empty"), "crc32c"), "00000000");
  assertEquals(await digestFile(dir.join("empty"), "adler32"), "00000001");
});

Deno.test("digestFile() goes on over the chunks of a large file", async () => {
  using dir = new TempDir();
  const bytes = sampleBytes(3 * (1 << 20) + 17);
  Deno.writeFileSync(dir.join("f"), bytes);
  const hash = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
  assertEquals(await digestFile(dir.join("f"), "sha256"), hash.toHex());
  const hex = (value: number) => value.toString(16).padStart(8, "0");
  assertEquals(await digestFile(dir.join("f"), "crc32c"), hex(crc32c(bytes)));
  assertEquals(await digestFile(dir.join("f"), "adler32"), hex(adler32(bytes)));
});

Deno.test("digestFile() fails clearly for an unknown algorithm and a missing file", async () => {
  await assertRejects(() => digestFile("/dev/null", "md4"), RangeError, '"md4"');
  await assertRejects(() => digestFile("/dev/null", "constructor"), RangeError);
  const failure = await failureOf(() => digestFile("/absent/x", "md5"));
  assertEquals([failure.kind, failure.facts.errorCode], ["Parameter", 26]);
});

Deno.test("digestFile() ends with the signal's reason", async () => {
  const reason = new Error("stop");
  const thrown = await digestFile("/dev/zero", "md5", { signal: AbortSignal.abort(reason) })
    .catch((error) => error);
  assertStrictEquals(thrown, reason);
  const abort = new AbortController();
  const endless = digestFile("/dev/zero", "crc32", { signal: abort.signal }).catch((e) => e);
  abort.abort(reason);
  assertStrictEquals(await endless, reason);
});

Deno.test("crc32c() agrees with the vectors of RFC 3720, appendix B.4", () => {
  const up = Uint8Array.from({ length: 32 }, (_, i) => i);
  assertEquals(crc32c(new Uint8Array(32)), 0x8a9136aa);
  assertEquals(crc32c(new Uint8Array(32).fill(0xff)), 0x62a8ab43);
  assertEquals(crc32c(up), 0x46dd794e);
  assertEquals(crc32c(up.toReversed()), 0x113fdb5c);
});

Deno.test("adler32() reduces its sums in time", () => {
  const n = 1_000_000;
  const a = (1 + 255 * n) % 65521;
  const b = Number((BigInt(n) + 255n * BigInt(n) * BigInt(n + 1) / 2n) % 65521n);
  assertEquals(adler32(new Uint8Array(n).fill(0xff)), (b * 65536 + a) >>> 0);
});

Deno.test("crc32c() and adler32() do not care where the bytes are cut", () => {
  fc.assert(fc.property(fc.uint8Array({ maxLength: 200 }), fc.nat(200), (bytes, at) => {
    const [head, tail] = [bytes.subarray(0, at), bytes.subarray(at)];
    assertEquals(crc32c(tail, crc32c(head)), crc32c(bytes));
    assertEquals(adler32(tail, adler32(head)), adler32(bytes));
  }));
});

Deno.test("decodeBase64() takes both alphabets and refuses the rest", () => {
  assertEquals(decodeBase64("+/8="), new Uint8Array([0xfb, 0xff]));
  assertEquals(decodeBase64("-_8"), new Uint8Array([0xfb, 0xff]));
  assertEquals(decodeBase64(" +\t/8\r\n= "), new Uint8Array([0xfb, 0xff]));
  assertEquals(decodeBase64(""), new Uint8Array());
  for (const text of ["a", "a=", "a===", "ab=", "abc==", "=", "é", "abcde", "-+AA", "ab\0"]) {
    assertEquals([text, decodeBase64(text)], [text, undefined]);
  }
});

async function verify(
  bytes: Uint8Array,
  options: { offered?: Digest[]; expected?: Digest[]; mode?: "off" | "if-offered" | "required" },
): Promise<void> {
  using dir = new TempDir();
  Deno.writeFileSync(dir.join("f"), bytes);
  const { offered = [], expected = [], mode = "if-offered" } = options;
  await verifyDigests(dir.join("f"), { offered, expected, mode, server: "h:443" });
}

const good = (algorithm: string): Digest => ({ algorithm, value: VALUES[algorithm]! });
const bad = (algorithm: string): Digest => ({
  algorithm,
  value: VALUES[algorithm]!.replace(/./g, "0"),
});

Deno.test("verifyDigests() passes a file that is as stated", async () => {
  for (const algorithm of Object.keys(VALUES)) {
    await verify(CHECK, { offered: [good(algorithm)] });
    await verify(CHECK, { expected: [good(algorithm)], mode: "required" });
  }
  await verify(CHECK, {});
  await verify(CHECK, { mode: "off", offered: [bad("md5")], expected: [bad("md5")] });
});

Deno.test("verifyDigests() reports a mismatch as worth a retry", async () => {
  for (const [offered, expected] of [[[bad("md5")], []], [[], [bad("md5")]]] as const) {
    const failure = await failureOf(() =>
      verify(CHECK, { offered: [...offered], expected: [...expected] })
    );
    assertEquals(
      failure.message,
      `Checksum mismatch: md5 is ${VALUES.md5}, stated was ${"0".repeat(32)}`,
    );
    assertEquals(failure.kind, "Transfer");
    assertEquals(failure.facts, {
      errorCode: 18,
      retryable: 0,
      failureType: "Checksum",
      server: "h:443",
    });
  }
});

Deno.test("verifyDigests() believes the most telling offer and every expectation", async () => {
  await verify(CHECK, { offered: [bad("crc32"), good("sha256"), bad("md5")] });
  await failureOf(() => verify(CHECK, { offered: [good("crc32"), bad("sha256")] }));
  await failureOf(() => verify(CHECK, { offered: [good("md5"), bad("md5")] }));
  await failureOf(() => verify(CHECK, { offered: [good("sha512")], expected: [bad("crc32")] }));
  await verify(CHECK, { offered: [{ algorithm: "unixsum", value: "1" }] });
});

Deno.test("verifyDigests() fails for good when none is known but one is required", async () => {
  const failure = await failureOf(() => verify(CHECK, { mode: "required" }));
  assertEquals(failure.message, "Cannot verify the file: no checksum is known for it");
  assertEquals([failure.facts.failureType, failure.facts.retryable], ["Checksum", -1]);
});

Deno.test("verifyDigests() refuses an expectation it cannot check", async () => {
  for (
    const [digest, state] of [
      [{ algorithm: "blake3", value: "00" }, "the algorithm is not known"],
      [{ algorithm: "md5", value: "00" }, "the value is malformed"],
      [{ algorithm: "crc32", value: "0000000G" }, "the value is malformed"],
    ] as const
  ) {
    const failure = await failureOf(() => verify(CHECK, { expected: [digest] }));
    assertEquals(failure.kind, "Parameter");
    assert(failure.message.endsWith(state));
  }
});
