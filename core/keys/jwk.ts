/** Keys as JSON Web Keys (RFC 7517, 7518), and the names that are made from them. */
import { createHash } from "node:crypto";
import { KeyError } from "./error.ts";
import { COORDINATE } from "./curve.ts";
import { wrongCurve, wrongType } from "./algorithm.ts";
import type { PrivateNumbers, PublicNumbers } from "./numbers.ts";
import { rsaPublic } from "./numbers.ts";
import { checkPoint } from "./curve.ts";
import { base64url, minimal, type Octets, padded } from "./octets.ts";

/** A public key of P-256 (RFC 7518, 6.2.1): base64url without padding of 32 octets each. */
export interface EcPublicJwk {
  readonly kty: "EC";
  readonly crv: "P-256";
  readonly x: string;
  readonly y: string;
}

/** A public RSA key (RFC 7518, 6.3.1). */
export interface RsaPublicJwk {
  readonly kty: "RSA";
  readonly n: string;
  readonly e: string;
}

/** A public key: its numbers and nothing else. */
export type PublicJwk = EcPublicJwk | RsaPublicJwk;

/** Longest text of a number that is looked at: more than 8192 bits. */
const LONGEST_NUMBER = 2048;

/** The JWK of a public key, or of the public part of a private one. */
export function publicJwk(numbers: PublicNumbers): PublicJwk {
  return numbers.kty === "EC"
    ? { kty: "EC", crv: "P-256", x: base64url(numbers.x), y: base64url(numbers.y) }
    : { kty: "RSA", n: base64url(numbers.n), e: base64url(numbers.e) };
}

/** How {@linkcode jwkMembers} writes. */
export interface JwkForm {
  /** The key's name. */
  readonly kid: string;
  /**
   * Numbers as the Python tools write them: padded, and coordinates without leading zeros. Not
   * RFC 7518; for byte parity only.
   */
  readonly compatPadding?: boolean;
}

/** The members of a JWK as it is published, in alphabetical order. */
export function jwkMembers(numbers: PublicNumbers, form: JwkForm): Record<string, string> {
  return sorted({
    ...members(numbers, ["x", "y", "n", "e"], form),
    ...(numbers.kty === "EC" ? { crv: "P-256", alg: "ES256" } : { alg: "RS256" }),
    kid: form.kid,
    kty: numbers.kty,
    use: "sig",
  });
}

/**
 * The members of a private JWK, in alphabetical order.
 *
 * @returns a secret
 */
export function privateJwkMembers(numbers: PrivateNumbers, form: JwkForm): Record<string, string> {
  return sorted({
    ...members(numbers, ["x", "y", "n", "e", "d", "p", "q", "dp", "dq", "qi"], form),
    ...(numbers.kty === "EC" ? { crv: "P-256" } : { alg: "RS256" }),
    kid: form.kid,
    kty: numbers.kty,
  });
}

function members(
  numbers: PublicNumbers,
  names: readonly string[],
  { compatPadding = false }: JwkForm,
): Record<string, string> {
  const all = numbers as unknown as Readonly<Record<string, Octets>>;
  return Object.fromEntries(
    names.filter((name) => Object.hasOwn(all, name)).map((name) => {
      const octets = all[name]!;
      // RSA's are Base64urlUInt (RFC 7518, 2), EC's have the length of the curve (6.2.1.2).
      const shown = compatPadding || numbers.kty === "RSA" ? minimal(octets) : octets;
      return [name, base64url(shown, { padding: compatPadding })];
    }),
  );
}

function sorted(members: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.keys(members).sort().map((name) => [name, members[name]!]));
}

/**
 * The numbers of a public JWK, however its writer wrote them: padded or not, with or without
 * leading zeros. Members of a private key are not looked at.
 *
 * @param jwk what JSON held
 * @throws {KeyError}
 */
export function jwkNumbers(jwk: unknown): PublicNumbers {
  if (typeof jwk !== "object" || jwk === null || Array.isArray(jwk)) {
    throw new KeyError("bad-number", "a key is not a JSON object");
  }
  const { kty, crv, x, y, n, e, alg } = jwk as Readonly<Record<string, unknown>>;
  if (kty !== "EC" && kty !== "RSA") throw wrongType(`"kty" ${shown(kty)}`);
  const algorithm = kty === "EC" ? "ES256" : "RS256";
  if (kty === "EC" && crv !== "P-256") throw wrongCurve(shown(crv));
  if (alg !== undefined && alg !== algorithm) throw wrongType(`"alg" ${shown(alg)}`);
  if (kty === "RSA") return rsaPublic(number("n", n), number("e", e));
  const point = { x: coordinate("x", x), y: coordinate("y", y) };
  checkPoint(point);
  return { kty, ...point };
}

function number(name: string, value: unknown): Octets {
  const wrong = () => new KeyError("bad-number", `its member "${name}" is not a base64url number`);
  if (typeof value !== "string" || value.length > LONGEST_NUMBER) throw wrong();
  if (!/^[A-Za-z0-9_-]+={0,2}$/.test(value)) throw wrong();
  try {
    return Uint8Array.fromBase64(value.replace(/=+$/, ""), { alphabet: "base64url" });
  } catch {
    throw wrong();
  }
}

function coordinate(name: string, value: unknown): Octets {
  const octets = padded(number(name, value), COORDINATE);
  if (octets !== undefined) return octets;
  throw new KeyError("bad-number", `its member "${name}" has more than ${COORDINATE} octets`);
}

function shown(value: unknown): string {
  if (typeof value !== "string") return "missing";
  return JSON.stringify(value.replace(/[^\x20-\x7e]/g, "?").slice(0, 40));
}

/** Digits of a name made by {@linkcode keyId}, unless told. */
const DEFAULT_LENGTH = 4;

/**
 * The name that SciTokens' key tool gives a key: the first hexadecimal digits of the SHA-256 of x
 * or n, written as base64url with padding and without leading zeros.
 *
 * @param length digits, 1 to 64; four of them, the tool's own number, are too few to tell many keys
 *   apart
 */
export function keyId(jwk: PublicJwk, length: number = DEFAULT_LENGTH): string {
  if (!Number.isInteger(length) || length < 1 || length > 64) {
    throw new RangeError(`Cannot make a key id of ${length} digits: 1 to 64 can be had`);
  }
  const octets = number("x or n", jwk.kty === "EC" ? jwk.x : jwk.n);
  return createHash("sha256").update(base64url(minimal(octets), { padding: true })).digest("hex")
    .slice(0, length);
}

/** The thumbprint of a key (RFC 7638): SHA-256, base64url. */
export async function thumbprint(jwk: PublicJwk): Promise<string> {
  const { kty } = jwk;
  const text = kty === "EC"
    ? JSON.stringify({ crv: jwk.crv, kty, x: jwk.x, y: jwk.y })
    : JSON.stringify({ e: jwk.e, kty, n: jwk.n });
  const bytes = new TextEncoder().encode(text);
  return base64url(new Uint8Array(await crypto.subtle.digest("SHA-256", bytes)));
}
