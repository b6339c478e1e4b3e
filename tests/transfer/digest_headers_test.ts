import { assert, assertEquals } from "@std/assert";
import { Buffer } from "node:buffer";
import fc from "fast-check";
import { digestLength } from "../../core/transfer/digest_algorithms.ts";
import { parseDigestHeaders } from "../../core/transfer/digest_headers.ts";

const hex = (length: number, start = 1) => Uint8Array.from({ length }, (_, i) => start + i).toHex();
const b64 = (value: string) => Buffer.from(value, "hex").toString("base64");
const MD5 = hex(16);
const SHA256 = hex(32);
const CRC = "0a1b2c3d";

function parse(headers: Record<string, string>): string[] {
  return parseDigestHeaders(new Headers(headers)).map((d) => `${d.algorithm}=${d.value}`);
}

Deno.test("parseDigestHeaders() reads the fields of RFC 9530", () => {
  for (const field of ["repr-digest", "content-digest"]) {
    assertEquals(parse({ [field]: `sha-256=:${b64(SHA256)}:` }), [`sha256=${SHA256}`]);
    assertEquals(
      parse({ [field]: `sha-256=:${b64(SHA256)}: ,\t md5=:${b64(MD5)}:;a=1;b="x\\"y";c` }),
      [`sha256=${SHA256}`, `md5=${MD5}`],
    );
    assertEquals(parse({ [field]: `new=:AAAA:, flag, n=-1.5, t=tok/en, md5=:${b64(MD5)}:` }), [
      `md5=${MD5}`,
    ]);
    assertEquals(
      parse({ [field]: `md5=:${b64(hex(16, 9))}:, md5=:${b64(MD5)}:` }),
      [`md5=${MD5}`],
    );
    assertEquals(parse({ [field]: `sha=:${b64(hex(20))}:, adler=:${b64(CRC)}:` }), [
      `sha1=${hex(20)}`,
      `adler32=${CRC}`,
    ]);
  }
});

Deno.test("parseDigestHeaders() passes over a malformed dictionary as a whole", () => {
  for (
    const field of [
      "",
      ",",
      `sha-256=${b64(SHA256)}`,
      `md5=:${b64(MD5)}:,`,
      `md5=:${b64(MD5)}: x`,
      `md5=:${b64(MD5)}:, =1`,
      `md5=:${b64(MD5)}:, a=(1 2)`,
      `MD5=:${b64(MD5)}:`,
      `md5=:${b64(MD5)}`,
      `md5=:!${b64(MD5)}:`,
      `md5=:${b64(hex(15))}:`,
      "md5",
      'md5="x"',
    ]
  ) {
    assertEquals([field, parse({ "repr-digest": field })], [field, []]);
  }
});

Deno.test("parseDigestHeaders() reads Digest with the grid's short sums", () => {
  for (
    const [field, found] of [
      [`md5=${b64(MD5)}`, [`md5=${MD5}`]],
      [`MD5=${b64(MD5)},SHA-256=${b64(SHA256)}`, [`md5=${MD5}`, `sha256=${SHA256}`]],
      [`SHA=${b64(hex(20))}`, [`sha1=${hex(20)}`]],
      [`md5=${MD5.toUpperCase()}`, [`md5=${MD5}`]],
      ["adler32=0A1B2C3D", [`adler32=${CRC}`]],
      ["crc32c=a1b2c3d , crc32=1", [`crc32c=${CRC}`, "crc32=00000001"]],
      [`crc32c=${b64(CRC)}`, [`crc32c=${CRC}`]],
      ["crc32c=0a1b2c3d4e", []],
      ["crc32c=zz", []],
      ["unixsum=30637, contentMD5", []],
      ["md5=", []],
      [`nonsense,md5=${b64(MD5)},,=`, [`md5=${MD5}`]],
    ] as const
  ) {
    assertEquals([field, parse({ digest: field })], [field, [...found]]);
  }
});

Deno.test("parseDigestHeaders() reads Content-MD5, x-goog-hash and S3's own checksums", () => {
  assertEquals(parse({ "content-md5": b64(MD5) }), [`md5=${MD5}`]);
  assertEquals(parse({ "content-md5": "x" }), []);
  const headers = new Headers({ "x-goog-hash": `crc32c=${b64(CRC)}` });
  headers.append("x-goog-hash", `md5=${b64(MD5)}`);
  assertEquals(parseDigestHeaders(headers).map((d) => d.algorithm), ["crc32c", "md5"]);
  assertEquals(parse({ "x-amz-checksum-sha256": b64(SHA256) }), [`sha256=${SHA256}`]);
  assertEquals(parse({ "x-amz-checksum-sha256": `${b64(SHA256)}-3` }), []);
  assertEquals(
    parse({ "x-amz-checksum-crc32": b64(CRC), "x-amz-checksum-type": "COMPOSITE" }),
    [],
  );
});

Deno.test("parseDigestHeaders() does not take a hash of packed bytes for one of unpacked", () => {
  const hash = { "x-goog-hash": `md5=${b64(MD5)}`, "x-goog-stored-content-encoding": "gzip" };
  assertEquals(parse(hash), []);
  assertEquals(parse({ ...hash, "content-encoding": "gzip" }), [`md5=${MD5}`]);
});

Deno.test("parseDigestHeaders() reads only digests of the whole from a part", () => {
  const range = { "content-range": "bytes 5-9/10" };
  assertEquals(parse({ ...range, "repr-digest": `md5=:${b64(MD5)}:` }), [`md5=${MD5}`]);
  assertEquals(parse({ ...range, digest: `md5=${b64(MD5)}` }), [`md5=${MD5}`]);
  assertEquals(parse({ ...range, "content-digest": `md5=:${b64(MD5)}:` }), []);
  assertEquals(parse({ ...range, "content-md5": b64(MD5) }), []);
  assertEquals(parse({ ...range, "x-amz-checksum-crc32": b64(CRC) }), []);
});

Deno.test("parseDigestHeaders() takes an entity tag for an MD5 only where a store says so", () => {
  const s3 = { etag: `"${MD5}"`, "x-amz-request-id": "1" };
  assertEquals(parse(s3), [`md5=${MD5}`]);
  assertEquals(parse({ ...s3, "x-amz-server-side-encryption": "AES256" }), [`md5=${MD5}`]);
  for (
    const other of [
      { "x-amz-server-side-encryption": "aws:kms" },
      { "x-amz-server-side-encryption": "aws:kms:dsse" },
      { "x-amz-server-side-encryption-customer-algorithm": "AES256" },
      { "x-amz-storage-class": "EXPRESS_ONEZONE" },
      { etag: `"${MD5}-2"` },
      { etag: `W/"${MD5}"` },
      { etag: MD5 },
      { etag: `"${MD5.slice(1)}"` },
    ]
  ) {
    assertEquals(parse({ ...s3, ...other }), []);
  }
  assertEquals(parse({ etag: `"${MD5}"` }), []);
});

Deno.test("parseDigestHeaders() states the same digest once", () => {
  assertEquals(
    parse({ "content-md5": b64(MD5), digest: `md5=${b64(MD5)}`, etag: `"${MD5}"` }),
    [`md5=${MD5}`],
  );
});

Deno.test("parseDigestHeaders() returns what was stated, and never throws", () => {
  fc.assert(fc.property(fc.uint8Array({ minLength: 32, maxLength: 32 }), (bytes) => {
    const value = bytes.toHex();
    assertEquals(parse({ "repr-digest": `sha-256=:${b64(value)}:` }), [`sha256=${value}`]);
    assertEquals(parse({ digest: `sha-256=${b64(value)}` }), [`sha256=${value}`]);
  }));
  const piece = fc.constantFrom(
    ...'=:,;"\\ \t-()?*aA0/+',
    "md5",
    "sha-256",
    "crc32c",
    "AAAAAA==",
    b64(MD5),
    MD5,
  );
  const names = ["repr-digest", "content-digest", "digest", "content-md5", "x-goog-hash", "etag"];
  fc.assert(
    fc.property(fc.constantFrom(...names), fc.array(piece), (name, pieces) => {
      const headers = new Headers({ [name]: pieces.join(""), "x-amz-request-id": "1" });
      for (const { algorithm, value } of parseDigestHeaders(headers)) {
        assertEquals(value.length, 2 * digestLength(algorithm)!);
        assert(/^[0-9a-f]+$/.test(value));
      }
    }),
    { numRuns: 2000 },
  );
});

Deno.test("parseDigestHeaders() is quick with hostile fields", () => {
  const long = "a=1;".repeat(20_000);
  for (
    const text of [
      long,
      `${"a,".repeat(20_000)}(`,
      `md5=:${"A".repeat(60_000)}`,
      " ".repeat(60_000),
    ]
  ) {
    assertEquals(parse({ "repr-digest": text, digest: text, "content-md5": text }), []);
  }
});
