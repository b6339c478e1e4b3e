import { assert, assertEquals, assertRejects } from "@std/assert";
import fc from "fast-check";
import { printPoint } from "../../core/keys/curve.ts";
import { parseDer, printDer, printInteger, sequenceOf, TAG } from "../../core/keys/der.ts";
import { KeyError } from "../../core/keys/error.ts";
import { generateKey, readPrivateKey, readPublicKey } from "../../core/keys/mod.ts";
import { printPem } from "../../core/keys/pem.ts";
import { printPkcs8, privatePem, readPrivateNumbers } from "../../core/keys/private_key.ts";
import { publicPem, readPublicNumbers } from "../../core/keys/public_key.ts";
import { fixture, openssl, RFC8410_PEM, withoutOpenssl } from "./samples.ts";

const MESSAGE = new TextEncoder().encode("what is signed");
const PARAMETERS = {
  ES256: { name: "ECDSA", hash: "SHA-256" },
  RS256: { name: "RSASSA-PKCS1-v1_5" },
} as const;

/** Whether a signature of the one is taken by the other. */
async function agree(privateText: string, publicText: string): Promise<boolean> {
  const signer = await readPrivateKey(privateText);
  const checker = await readPublicKey(publicText);
  assertEquals(signer.publicJwk, checker.publicJwk);
  assertEquals(signer.thumbprint, checker.thumbprint);
  assertEquals(signer.algorithm, checker.algorithm);
  assertEquals(signer.privateKey.extractable, false);
  const how = PARAMETERS[signer.algorithm];
  const signature = await crypto.subtle.sign(how, signer.privateKey, MESSAGE);
  return await crypto.subtle.verify(how, checker.publicKey, signature, MESSAGE);
}

async function codeOf(work: () => Promise<unknown>): Promise<string> {
  const error = await assertRejects(work, KeyError);
  assert(!/[\r\n]/.test(error.message) && error.message.endsWith(error.state), error.message);
  // Nothing that looks like a part of a key.
  assert(!/[A-Za-z0-9+/_-]{24}/.test(error.message), error.message);
  return error.code;
}

Deno.test("readPrivateKey() and readPublicKey() read captured keys", async () => {
  for (const kind of ["ec", "rsa"]) {
    assert(await agree(fixture(`${kind}-private.pem`), fixture(`${kind}-public.pem`)));
  }
  for (const name of ["ec-short-x-private.pem", "ec-pkcs8-private.pem"]) {
    assert(await agree(fixture(name), publicPem(await readPrivateNumbers(fixture(name)))));
  }
});

Deno.test("a private key is printed in its traditional form, byte for byte", async () => {
  for (const name of ["ec-private.pem", "ec-short-x-private.pem", "rsa-private.pem"]) {
    assertEquals(privatePem(await readPrivateNumbers(fixture(name))), fixture(name));
  }
  for (const name of ["ec-public.pem", "rsa-public.pem"]) {
    assertEquals(publicPem(readPublicNumbers(fixture(name))), fixture(name));
  }
});

for (const [algorithm, lines] of [["ES256", 5], ["RS256", 27]] as const) {
  Deno.test(`generateKey() makes keys for ${algorithm}, each another`, async () => {
    const [one, two] = [await generateKey(algorithm), await generateKey(algorithm)];
    assert(await agree(one.privatePem, one.publicPem));
    assert(one.key.thumbprint !== two.key.thumbprint);
    assertEquals(one.key.algorithm, algorithm);
    assertEquals(one.privatePem.trimEnd().split("\n").length, lines);
    const size = algorithm === "ES256" ? undefined : 2048;
    const { modulusLength } = one.key.privateKey.algorithm as RsaKeyAlgorithm;
    assertEquals(modulusLength, size);
  });
}

/** Forms of private keys that OpenSSL writes, by its commands; each step takes the last one's text. */
const FORMS: Readonly<Record<string, readonly (readonly string[])[]>> = {
  "SEC1 with its parameters before it": [["ecparam", "-name", "prime256v1", "-genkey"]],
  "SEC1": [["ecparam", "-name", "prime256v1", "-genkey", "-noout"]],
  "SEC1 without the public key": [
    ["ecparam", "-name", "prime256v1", "-genkey", "-noout"],
    ["ec", "-no_public"],
  ],
  "SEC1 with a compressed point": [
    ["ecparam", "-name", "prime256v1", "-genkey", "-noout"],
    ["ec", "-conv_form", "compressed"],
  ],
  "PKCS#8 of an EC key": [["genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256"]],
  "PKCS#8 of an RSA key": [["genpkey", "-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:2048"]],
  "PKCS#8 of an RSA key of 3072 bits with exponent 3": [[
    ...["genpkey", "-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:3072"],
    ...["-pkeyopt", "rsa_keygen_pubexp:3"],
  ]],
  "PKCS#1": [["genrsa", "-traditional", "2048"]],
};

for (const [form, steps] of Object.entries(FORMS)) {
  Deno.test({
    name: `OpenSSL's keys are read, and it reads ours: ${form}${withoutOpenssl}`,
    ignore: withoutOpenssl !== "",
    async fn() {
      let pem = "";
      for (const step of steps) pem = await openssl(step, pem);
      const spki = await openssl(["pkey", "-pubout"], pem);
      assert(await agree(pem, spki));
      const ours = privatePem(await readPrivateNumbers(pem));
      // OpenSSL checks the key on the way.
      assert(await agree(pem, await openssl(["pkey", "-pubout"], ours)));
      if (ours.includes("EC PRIVATE")) {
        const compressed = await openssl(
          ["ec", "-pubin", "-pubout", "-conv_form", "compressed"],
          spki,
        );
        assert(await agree(pem, compressed));
      } else {
        assert(await agree(pem, await openssl(["rsa", "-pubin", "-RSAPublicKey_out"], spki)));
      }
    },
  });
}

/** What OpenSSL makes and is refused: command, code, and a word of the reason. */
const REFUSED: readonly (readonly [string, readonly (readonly string[])[], string, RegExp])[] = [
  ["P-384", [["ecparam", "-name", "secp384r1", "-genkey", "-noout"]], "wrong-curve", /P-384/],
  [
    "P-521 as PKCS#8",
    [
      ["genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-521"],
    ],
    "wrong-curve",
    /P-521/,
  ],
  [
    "secp256k1",
    [
      ["ecparam", "-name", "secp256k1", "-genkey", "-noout"],
    ],
    "wrong-curve",
    /secp256k1/,
  ],
  [
    "P-256 spelled out",
    [
      ["ecparam", "-name", "prime256v1", "-genkey", "-noout", "-param_enc", "explicit"],
    ],
    "wrong-curve",
    /spelled out/,
  ],
  ["Ed25519", [["genpkey", "-algorithm", "ED25519"]], "wrong-type", /Ed25519/],
  ["X25519", [["genpkey", "-algorithm", "X25519"]], "wrong-type", /X25519/],
  ["RSASSA-PSS", [["genpkey", "-algorithm", "RSA-PSS"]], "wrong-type", /RSASSA-PSS/],
  ["RSA of 1024 bits", [["genrsa", "1024"]], "too-small", /1024 bits/],
  [
    "RSA of three primes",
    [["genrsa", "-primes", "3", "-traditional", "2048"]],
    "wrong-type",
    /two primes/,
  ],
  [
    "PKCS#8 with a passphrase",
    [
      ["ecparam", "-name", "prime256v1", "-genkey", "-noout"],
      ["pkcs8", "-topk8", "-passout", "pass:secret"],
    ],
    "encrypted",
    /passphrase/,
  ],
  [
    "SEC1 with a passphrase",
    [
      ["ecparam", "-name", "prime256v1", "-genkey", "-noout"],
      ["ec", "-aes256", "-passout", "pass:secret"],
    ],
    "encrypted",
    /passphrase/,
  ],
];

for (const [what, steps, code, reason] of REFUSED) {
  Deno.test({
    name: `readPrivateKey() refuses ${what}${withoutOpenssl}`,
    ignore: withoutOpenssl !== "",
    async fn() {
      let pem = "";
      for (const step of steps) pem = await openssl(step, pem);
      assertEquals(await codeOf(() => readPrivateKey(pem)), code);
      const { message } = await assertRejects(() => readPrivateKey(pem), KeyError);
      assert(reason.test(message), message);
      if (code === "encrypted") return;
      const spki = await openssl(["pkey", "-pubout"], pem);
      // That there are three primes is no affair of the public key's.
      if (!/three/.test(what)) assertEquals(await codeOf(() => readPublicKey(spki)), code);
    },
  });
}

/** Replaces octets in the DER of a PEM text. */
function patched(pem: string, work: (der: Uint8Array<ArrayBuffer>) => Uint8Array): string {
  const [first = "", ...lines] = pem.trimEnd().split("\n");
  const der = work(Uint8Array.fromBase64(lines.slice(0, -1).join("")));
  return [first, der.toBase64(), lines.at(-1), ""].join("\n");
}

Deno.test("readPrivateKey() refuses a key whose parts do not belong together", async () => {
  const ec = fixture("ec-private.pem");
  const other = await readPrivateNumbers(fixture("ec-short-x-private.pem"));
  assert(other.kty === "EC");
  const wrongPoint = patched(ec, (der) => {
    der.set(other.x, der.length - 64);
    der.set(other.y, der.length - 32);
    return der;
  });
  assertEquals(await codeOf(() => readPrivateKey(wrongPoint)), "mismatch");
  const besideTheCurve = patched(ec, (der) => der.with(der.length - 1, der.at(-1)! ^ 1));
  assertEquals(await codeOf(() => readPrivateKey(besideTheCurve)), "bad-number");
  const zero = patched(ec, (der) => der.fill(0, 7, 39));
  assertEquals(await codeOf(() => readPrivateKey(zero)), "bad-number");
  const tooLarge = patched(ec, (der) => der.fill(255, 7, 39));
  assertEquals(await codeOf(() => readPrivateKey(tooLarge)), "bad-number");
  const rsa = fixture("rsa-private.pem");
  for (const at of [30, 300, 600, 750, 900, 1000, 1190]) {
    const code = await codeOf(() =>
      readPrivateKey(patched(rsa, (der) => der.with(at, der[at]! ^ 2)))
    );
    assert(["mismatch", "bad-number"].includes(code), `${code} at ${at}`);
  }
});

Deno.test("readPrivateKey() reads PKCS#8 with the public key beside the private one (RFC 5958)", async () => {
  const key = await readPrivateNumbers(fixture("ec-private.pem"));
  const other = await readPrivateNumbers(fixture("ec-short-x-private.pem"));
  assert(key.kty === "EC" && other.kty === "EC");
  const [, algorithm, inner] = sequenceOf(parseDer(printPkcs8(key)));
  const withPoint = (version: number, point: Uint8Array, tag = 0x81) =>
    printPem(
      "PRIVATE KEY",
      printDer(
        TAG.sequence,
        printInteger(Uint8Array.of(version)),
        printDer(algorithm!.tag, algorithm!.content),
        printDer(inner!.tag, inner!.content),
        printDer(tag, Uint8Array.of(0), point),
      ),
    );
  const good = await readPrivateKey(withPoint(1, printPoint(key)));
  assertEquals(good.thumbprint, (await readPrivateKey(fixture("ec-private.pem"))).thumbprint);
  const cases = [
    [withPoint(1, printPoint(other)), "mismatch"],
    [withPoint(0, printPoint(key)), "bad-der"],
    [withPoint(1, printPoint(key), 0x82), "bad-der"],
    [withPoint(2, printPoint(key)), "bad-der"],
  ] as const;
  for (const [pem, code] of cases) assertEquals(await codeOf(() => readPrivateKey(pem)), code);
});

Deno.test("readPrivateKey() refuses truncated keys and rubbish behind them", async () => {
  for (const name of ["ec-private.pem", "ec-pkcs8-private.pem", "rsa-private.pem"]) {
    const pem = fixture(name);
    for (const cut of [1, 20, 60]) {
      const short = patched(pem, (der) => der.subarray(0, der.length - cut));
      assertEquals(await codeOf(() => readPrivateKey(short)), "bad-der");
    }
    const long = patched(pem, (der) => Uint8Array.of(...der, 0));
    assertEquals(await codeOf(() => readPrivateKey(long)), "trailing-data");
    assertEquals(await codeOf(() => readPrivateKey(`${pem}x`)), "trailing-data");
    assertEquals(await codeOf(() => readPrivateKey(pem + pem)), "several-keys");
  }
});

Deno.test("private keys are no public keys, and the other way round", async () => {
  for (const kind of ["ec", "rsa"]) {
    const [secret, open] = [fixture(`${kind}-private.pem`), fixture(`${kind}-public.pem`)];
    assertEquals(await codeOf(() => readPublicKey(secret)), "wrong-kind");
    assertEquals(await codeOf(() => readPrivateKey(open)), "wrong-kind");
  }
  assertEquals(await codeOf(() => readPrivateKey(RFC8410_PEM)), "wrong-type");
  const openssh = "-----BEGIN OPENSSH PRIVATE KEY-----\nAAAA\n-----END OPENSSH PRIVATE KEY-----\n";
  assertEquals(await codeOf(() => readPrivateKey(openssh)), "wrong-kind");
});

Deno.test("damaged keys lead to nothing but KeyError", async () => {
  const names = [
    ...["ec-private.pem", "ec-pkcs8-private.pem", "ec-public.pem"],
    ...["rsa-private.pem", "rsa-public.pem", "ec-short-x-private.pem"],
  ];
  const change = fc.record({
    name: fc.constantFrom(...names),
    places: fc.array(fc.tuple(fc.nat(), fc.integer({ min: 0, max: 255 })), {
      minLength: 1,
      maxLength: 4,
    }),
    where: fc.constantFrom("text", "der", "start"),
  });
  await fc.assert(
    fc.asyncProperty(change, async ({ name, places, where }) => {
      const pem = fixture(name);
      const change = (bytes: Uint8Array<ArrayBuffer>) => {
        const reach = where === "start" ? Math.min(40, bytes.length) : bytes.length;
        for (const [at, octet] of places) bytes[at % reach] = octet;
        return bytes;
      };
      const text = where === "text"
        ? new TextDecoder().decode(change(new TextEncoder().encode(pem)))
        : patched(pem, change);
      for (const read of [readPrivateKey, readPublicKey]) {
        try {
          await read(text);
        } catch (error) {
          if (!(error instanceof KeyError)) throw error;
        }
      }
    }),
    { numRuns: 300 },
  );
});
