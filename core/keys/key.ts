/** Keys that sign and check: read from a file's text, or made. */
import { KeyError } from "./error.ts";
import { type PublicJwk, publicJwk, thumbprint } from "./jwk.ts";
import type { PrivateNumbers, PublicNumbers } from "./numbers.ts";
import { ecPrivate, rsaPrivate, rsaPublic } from "./numbers.ts";
import type { Octets } from "./octets.ts";
import { printPkcs8, privatePem, readPrivateNumbers } from "./private_key.ts";
import { printSpki, publicPem, readPublicNumbers } from "./public_key.ts";

/** Signatures that SciTokens and WLCG tokens have (RFC 7518, 3.1). */
export type KeyAlgorithm = "ES256" | "RS256";

/** What both kinds have. */
interface KeyFacts {
  readonly algorithm: KeyAlgorithm;
  /** The public numbers, without names or use. */
  readonly publicJwk: PublicJwk;
  /** RFC 7638, SHA-256, base64url. */
  readonly thumbprint: string;
}

/** A key that signs. Its private part cannot be read out of it. */
export interface SigningKey extends KeyFacts {
  readonly privateKey: CryptoKey;
}

/** A key that checks signatures. */
export interface PublicKey extends KeyFacts {
  readonly publicKey: CryptoKey;
}

const WEB_CRYPTO = {
  EC: { name: "ECDSA", namedCurve: "P-256" },
  RSA: { name: "RSASSA-PKCS1-v1_5", hash: "SHA-256" },
} as const;

const ALGORITHMS = { EC: "ES256", RSA: "RS256" } as const;

/**
 * Reads a private key: SEC1, PKCS#1 or PKCS#8, EC of P-256 or RSA of 2048 bits or more.
 *
 * @param pem the text of a file with this one key
 * @throws {KeyError}
 */
export async function readPrivateKey(pem: string): Promise<SigningKey> {
  return await signingKey(await readPrivateNumbers(pem));
}

/**
 * Reads a public key: SubjectPublicKeyInfo, or PKCS#1 for RSA.
 *
 * @param text the text of a file with this one key
 * @throws {KeyError}
 */
export async function readPublicKey(text: string): Promise<PublicKey> {
  return await publicKey(readPublicNumbers(text));
}

/**
 * A public key from its numbers.
 *
 * @throws {KeyError} `bad-number` when WebCrypto does not take them
 */
export async function publicKey(numbers: PublicNumbers): Promise<PublicKey> {
  const key = await imported(() =>
    crypto.subtle.importKey("spki", printSpki(numbers), WEB_CRYPTO[numbers.kty], true, ["verify"])
  );
  return { ...await facts(numbers), publicKey: key };
}

/**
 * Makes a key: P-256 for ES256, RSA of 2048 bits with exponent 65537 for RS256.
 *
 * @returns `privatePem` is a secret, in the traditional form; `publicPem` is SubjectPublicKeyInfo
 */
export async function generateKey(
  algorithm: KeyAlgorithm,
): Promise<{ privatePem: string; publicPem: string; key: SigningKey }> {
  const numbers = algorithm === "ES256" ? await generateEc() : await generateRsa();
  return {
    privatePem: privatePem(numbers),
    publicPem: publicPem(numbers),
    key: await signingKey(numbers),
  };
}

async function signingKey(numbers: PrivateNumbers): Promise<SigningKey> {
  const pkcs8 = printPkcs8(numbers);
  const privateKey = await imported(() =>
    crypto.subtle.importKey("pkcs8", pkcs8, WEB_CRYPTO[numbers.kty], false, ["sign"])
  );
  pkcs8.fill(0);
  return { ...await facts(numbers), privateKey };
}

async function facts(numbers: PublicNumbers): Promise<KeyFacts> {
  const jwk = publicJwk(numbers);
  return { algorithm: ALGORITHMS[numbers.kty], publicJwk: jwk, thumbprint: await thumbprint(jwk) };
}

/** What our own checks let pass and the library does not. */
async function imported(work: () => Promise<CryptoKey>): Promise<CryptoKey> {
  try {
    return await work();
  } catch {
    throw new KeyError("bad-number", "the cryptographic library does not take its numbers");
  }
}

async function generateEc(): Promise<PrivateNumbers> {
  const pair = await crypto.subtle.generateKey(WEB_CRYPTO.EC, true, ["sign", "verify"]);
  const { d } = await exported(pair.privateKey);
  return await ecPrivate(d!);
}

async function generateRsa(): Promise<PrivateNumbers> {
  const pair = await crypto.subtle.generateKey(
    { ...WEB_CRYPTO.RSA, modulusLength: 2048, publicExponent: Uint8Array.of(1, 0, 1) },
    true,
    ["sign", "verify"],
  );
  const { n, e, d, p, q, dp, dq, qi } = await exported(pair.privateKey);
  return rsaPrivate(rsaPublic(n!, e!), { d: d!, p: p!, q: q!, dp: dp!, dq: dq!, qi: qi! });
}

async function exported(key: CryptoKey): Promise<Readonly<Record<string, Octets | undefined>>> {
  const jwk = await crypto.subtle.exportKey("jwk", key) as Readonly<Record<string, unknown>>;
  return Object.fromEntries(
    ["n", "e", "d", "p", "q", "dp", "dq", "qi"]
      .filter((name) => typeof jwk[name] === "string")
      .map((name) => [name, Uint8Array.fromBase64(String(jwk[name]), { alphabet: "base64url" })]),
  );
}
