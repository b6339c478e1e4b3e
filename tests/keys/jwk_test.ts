import { assert, assertEquals, assertRejects, assertThrows } from "@std/assert";
import fc from "fast-check";
import { calculateJwkThumbprint, compactVerify } from "jose";
import { printPoint, publicPoint, readPoint } from "../../core/keys/curve.ts";
import { KeyError } from "../../core/keys/error.ts";
import { jwkNumbers, privateJwkMembers, publicJwk, thumbprint } from "../../core/keys/jwk.ts";
import { setText } from "../../core/keys/jwks.ts";
import {
  generateKey,
  jwkSet,
  keyId,
  readJwkSet,
  readPrivateKey,
  readPublicKey,
} from "../../core/keys/mod.ts";
import { ecPrivate } from "../../core/keys/numbers.ts";
import { padded } from "../../core/keys/octets.ts";
import { readPrivateNumbers } from "../../core/keys/private_key.ts";
import { fixture, RFC7515_EC, RFC7515_JWS, RFC7638_RSA, RFC8037_OKP } from "./samples.ts";

const jwkOf = async (name: string) => publicJwk(await readPrivateNumbers(fixture(name)));

/** Private key, its public and private set as the tools of SciTokens print them, and its name. */
const CAPTURED = [
  ["ec-private.pem", "ec-public.jwks", "ec-private.jwks", "f00f"],
  ["rsa-private.pem", "rsa-public.jwks", "rsa-private.jwks", "4fe2"],
  ["ec-short-x-private.pem", "ec-short-x-public.jwks", undefined, "a37f"],
] as const;

Deno.test("jwkSet() prints SciTokens' own bytes when it is asked for padding", async () => {
  for (const [pem, open, secret, kid] of CAPTURED) {
    const numbers = await readPrivateNumbers(fixture(pem));
    const jwk = publicJwk(numbers);
    assertEquals(jwkSet([{ jwk, kid }], { compatPadding: true }), fixture(open));
    if (secret === undefined) continue;
    const form = { kid, compatPadding: true };
    assertEquals(setText([privateJwkMembers(numbers, form)]), fixture(secret));
  }
});

Deno.test("jwkSet() prints what RFC 7518 asks for unless told", async () => {
  const text = jwkSet([{ jwk: await jwkOf("ec-short-x-private.pem"), kid: "a37f" }]);
  assertEquals(text.trimEnd(), fixture("ec-short-x.rfc7518.jwks").trimEnd());
  assert(text.endsWith("\n"));
  assertEquals(jwkSet([]), '{\n    "keys": []\n}\n');
});

Deno.test("keyId() is the rule of SciTokens' key tool", async () => {
  for (const line of fixture("kid-table.txt").trimEnd().split("\n").slice(1)) {
    const [file, kid, digest] = line.split(" ");
    const jwk = await jwkOf(file!.replace(".jwks-public.json", "-private.pem"));
    assertEquals(keyId(jwk), kid);
    assertEquals(keyId(jwk, 64), digest);
    assertEquals(keyId(jwk, 16), digest?.slice(0, 16));
  }
  const jwk = await jwkOf("ec-private.pem");
  for (const length of [0, 65, 1.5, NaN, -1]) {
    assertThrows(() => keyId(jwk, length), RangeError);
  }
});

Deno.test("thumbprint() is RFC 7638's", async () => {
  assertEquals(await thumbprint(RFC7638_RSA), "NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs");
  for (const name of ["ec-private.pem", "rsa-private.pem", "ec-short-x-private.pem"]) {
    const jwk = await jwkOf(name);
    assertEquals(await thumbprint(jwk), await calculateJwkThumbprint(jwk, "sha256"));
    assertEquals((await readPrivateKey(fixture(name))).thumbprint, await thumbprint(jwk));
  }
});

Deno.test("a key of RFC 7515 is read, and checks its signature there", async () => {
  const { keys } = await readJwkSet(JSON.stringify({ keys: [RFC7515_EC] }));
  const [key] = keys;
  assert(key !== undefined);
  const { d, ...open } = RFC7515_EC;
  assertEquals(key.publicJwk, open);
  assert(!JSON.stringify(key).includes(d));
  const { payload } = await compactVerify(RFC7515_JWS, key.publicKey);
  assertEquals(JSON.parse(new TextDecoder().decode(payload)).iss, "joe");
  const number = Uint8Array.fromBase64(d, { alphabet: "base64url" });
  assertEquals(publicJwk(await ecPrivate(number)), open);
});

Deno.test("readJwkSet() reads padded and short coordinates as the same key", async () => {
  for (const [pem, padded] of CAPTURED) {
    const strict = jwkSet([{ jwk: await jwkOf(pem), kid: "k" }]);
    const [one] = (await readJwkSet(fixture(padded))).keys;
    const [two] = (await readJwkSet(strict)).keys;
    assertEquals(one?.publicJwk, two?.publicJwk);
    assertEquals(one?.thumbprint, (await readPrivateKey(fixture(pem))).thumbprint);
  }
});

Deno.test("readJwkSet() keeps what is for tokens and says why it left out the rest", async () => {
  const { x, y } = RFC7515_EC;
  const ec = { kty: "EC", crv: "P-256", x, y };
  const keys = [
    [{ ...ec, kid: "a", use: "sig", alg: "ES256", key_ops: ["verify"] }, undefined],
    [{ ...RFC7638_RSA, kid: "2011-04-29", alg: "RS256" }, undefined],
    [{ ...ec }, undefined],
    [{ ...ec, kid: "1", use: "enc" }, /"use"/],
    [{ ...ec, key_ops: ["deriveBits"] }, /"key_ops"/],
    [{ ...ec, alg: "ES384" }, /"alg" "ES384"/],
    [{ ...ec, crv: "P-384" }, /curve is "P-384"/],
    [{ ...ec, crv: undefined }, /curve is missing/],
    [{ ...ec, x: y }, /not on the curve/],
    [{ ...ec, x: "" }, /"x"/],
    [{ ...ec, x: `${x}AAAA` }, /more than 32 octets/],
    [{ ...ec, x: `${x} ` }, /"x"/],
    [{ ...ec, x: "A".repeat(3000) }, /"x"/],
    [{ ...ec, y: 5 }, /"y"/],
    [{ ...ec, kid: 5 }, /"kid"/],
    [{ ...ec, kid: "k".repeat(257) }, /"kid"/],
    [{ ...RFC7638_RSA, n: RFC7638_RSA.n.slice(0, 80) }, /too weak/],
    [{ ...RFC7638_RSA, e: "Ag" }, /public numbers/],
    [{ ...RFC7638_RSA, e: "AQ" }, /public numbers/],
    [{ ...RFC7638_RSA, alg: "PS256" }, /PS256/],
    [RFC8037_OKP, /"OKP"/],
    [{ kty: "oct", k: "AAAA" }, /"oct"/],
    [{}, /missing/],
    [null, /not a JSON object/],
    ["x", /not a JSON object/],
    [[], /not a JSON object/],
  ] as const;
  const set = await readJwkSet(JSON.stringify({ keys: keys.map(([jwk]) => jwk) }));
  assertEquals(set.keys.map(({ kid, algorithm }) => [kid, algorithm]), [
    ["a", "ES256"],
    ["2011-04-29", "RS256"],
    [undefined, "ES256"],
  ]);
  const refused = keys.flatMap(([, reason], i) => reason === undefined ? [] : [{ reason, i }]);
  assertEquals(set.skipped.length, refused.length);
  for (const [at, { reason, i }] of refused.entries()) {
    const line = set.skipped[at] ?? "";
    assert(line.startsWith(`key ${i + 1}: `) && reason.test(line), `${reason}: ${line}`);
  }
});

Deno.test("readJwkSet() refuses what is no set", async () => {
  const cases = [
    ["", "not-json"],
    ["{", "not-json"],
    ["<html>", "not-json"],
    ["null", "no-keys"],
    ["[]", "no-keys"],
    ['"x"', "no-keys"],
    ["{}", "no-keys"],
    ['{"keys":{}}', "no-keys"],
    [" ".repeat((1 << 20) + 1), "too-large"],
    ["[".repeat(1 << 20), "not-json"],
  ] as const;
  for (const [text, code] of cases) {
    assertEquals((await assertRejects(() => readJwkSet(text), KeyError)).code, code);
  }
  assertEquals(await readJwkSet('\uFEFF{"keys":[]}'), { keys: [], skipped: [] });
  const many = await readJwkSet(JSON.stringify({ keys: Array(500).fill(0) }));
  assertEquals(many.skipped.length, 101);
});

Deno.test("readJwkSet() throws nothing but KeyError", async () => {
  const value = fc.oneof(
    fc.constantFrom("EC", "RSA", "P-256", "ES256", "sig", "AQAB", RFC7515_EC.x, RFC7515_EC.y),
    fc.jsonValue({ maxDepth: 1 }),
  );
  const jwk = fc.dictionary(
    fc.constantFrom(
      "kty",
      "crv",
      "x",
      "y",
      "n",
      "e",
      "d",
      "kid",
      "use",
      "alg",
      "key_ops",
      "__proto__",
    ),
    value,
    { maxKeys: 8 },
  );
  await fc.assert(
    fc.asyncProperty(fc.array(jwk, { maxLength: 3 }), async (keys) => {
      const set = await readJwkSet(JSON.stringify({ keys }));
      assertEquals(set.keys.length + set.skipped.length, keys.length);
    }),
    { numRuns: 300 },
  );
});

Deno.test("coordinates have 32 octets, whatever the key", async () => {
  const scalar = fc.uint8Array({ minLength: 1, maxLength: 32 })
    .filter((list) => list.some((octet) => octet !== 0) && list[0]! < 255)
    .map((list) => padded(list, 32)!);
  await fc.assert(
    fc.asyncProperty(scalar, async (d) => {
      const key = await ecPrivate(d);
      const jwk = publicJwk(key);
      assert(jwk.kty === "EC");
      assertEquals([jwk.x.length, jwk.y.length], [43, 43]);
      const short = { ...jwk, ...privateJwkMembers(key, { kid: "k", compatPadding: true }) };
      assertEquals(publicJwk(jwkNumbers(short)), jwk);
    }),
    { numRuns: 150 },
  );
});

Deno.test("a compressed point is the point", async () => {
  // SEC 2, 2.4.2: the generator of P-256.
  const one = padded(Uint8Array.of(1), 32)!;
  assertEquals(
    printPoint(await publicPoint(one)).toHex(),
    "046b17d1f2e12c4247f8bce6e563a440f277037d812deb33a0f4a13945d898c296" +
      "4fe342e2fe1a7f9b8ee7eb4a7c0f9e162bce33576b315ececbb6406837bf51f5",
  );
  await fc.assert(
    fc.asyncProperty(fc.bigInt({ min: 1n, max: 2n ** 250n }), async (d) => {
      const point = await publicPoint(Uint8Array.fromHex(d.toString(16).padStart(64, "0")));
      const form = 2 + (point.y.at(-1)! & 1);
      assertEquals(readPoint(Uint8Array.of(form, ...point.x)), point);
    }),
    { numRuns: 40 },
  );
  for (const octets of [[], [0], [4], [2, ...Array(32).fill(255)], [5, ...Array(64).fill(1)]]) {
    assertThrows(() => readPoint(Uint8Array.from(octets)), KeyError, "not on the curve");
  }
  // x = 5 + ... has no y: half of all numbers have none.
  const none = [...Array(20).keys()].filter((x) => {
    try {
      readPoint(Uint8Array.of(2, ...Array(31).fill(0), x));
      return false;
    } catch {
      return true;
    }
  });
  assert(none.length > 3 && none.length < 17);
});

Deno.test("a made key comes back from its set", async () => {
  for (const algorithm of ["ES256", "RS256"] as const) {
    const { key, publicPem } = await generateKey(algorithm);
    const kid = keyId(key.publicJwk, 16);
    const { keys } = await readJwkSet(jwkSet([{ jwk: key.publicJwk, kid }]));
    assertEquals(keys.map((one) => [one.kid, one.thumbprint]), [[kid, key.thumbprint]]);
    assertEquals((await readPublicKey(publicPem)).thumbprint, key.thumbprint);
  }
});
