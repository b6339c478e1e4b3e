/** The numbers keys are made of, and the checks that they belong together. */
import { COORDINATE, type Point, publicPoint } from "./curve.ts";
import { KeyError } from "./error.ts";
import { bitLength, minimal, type Octets, padded, same, toBigInt } from "./octets.ts";

/** A public key of P-256; the coordinates have 32 octets. */
export interface EcPublic extends Point {
  readonly kty: "EC";
}

/** A private key of P-256; all numbers have 32 octets. */
export interface EcPrivate extends EcPublic {
  readonly d: Octets;
}

/** A public RSA key (RFC 8017, 3.1); numbers without leading zeros. */
export interface RsaPublic {
  readonly kty: "RSA";
  readonly n: Octets;
  readonly e: Octets;
}

/** A private RSA key of two primes (RFC 8017, 3.2). */
export interface RsaPrivate extends RsaPublic {
  readonly d: Octets;
  readonly p: Octets;
  readonly q: Octets;
  readonly dp: Octets;
  readonly dq: Octets;
  readonly qi: Octets;
}

/** A public key by its numbers. */
export type PublicNumbers = EcPublic | RsaPublic;
/** A private key by its numbers: a secret. */
export type PrivateNumbers = EcPrivate | RsaPrivate;

/** RFC 7518, 3.3: 2048 bits or more. */
const SMALLEST_RSA = 2048;
/** Checking a signature takes time with the square of it. */
const LARGEST_RSA = 8192;
const LARGEST_EXPONENT_BITS = 33;

/**
 * A private key of P-256 from its private number.
 *
 * @param number as many octets as somebody wrote
 * @param published the public point that came with it
 * @throws {KeyError} `bad-number`, or `mismatch` when the point is that of another key
 */
export async function ecPrivate(number: Uint8Array, published?: Point): Promise<EcPrivate> {
  const d = padded(number, COORDINATE);
  if (d === undefined) {
    throw new KeyError("bad-number", "its private number is out of the range of the curve P-256");
  }
  const point = await publicPoint(d);
  if (published !== undefined && !(same(point.x, published.x) && same(point.y, published.y))) {
    throw new KeyError("mismatch", "its public part is not that of its private part");
  }
  return { kty: "EC", ...point, d };
}

/**
 * A public RSA key.
 *
 * @throws {KeyError} `too-small`, `too-large` or `bad-number`
 */
export function rsaPublic(modulus: Uint8Array, exponent: Uint8Array): RsaPublic {
  const [n, e] = [minimal(modulus), minimal(exponent)];
  const bits = bitLength(n);
  if (bits < SMALLEST_RSA) {
    throw new KeyError(
      "too-small",
      `an RSA key of ${bits} bits is too weak: RS256 needs ${SMALLEST_RSA} or more`,
    );
  }
  if (bits > LARGEST_RSA) {
    throw new KeyError("too-large", `an RSA key of ${bits} bits is larger than ${LARGEST_RSA}`);
  }
  const isOdd = (octets: Octets) => (octets.at(-1)! & 1) === 1;
  const exponentBits = bitLength(e);
  if (exponentBits < 2 || exponentBits > LARGEST_EXPONENT_BITS || !isOdd(e) || !isOdd(n)) {
    throw new KeyError("bad-number", "its public numbers are not those of an RSA key");
  }
  return { kty: "RSA", n, e };
}

/** The private numbers of an RSA key, in the order of RFC 8017, A.1.2. */
export type RsaSecrets = Omit<RsaPrivate, keyof RsaPublic>;

/**
 * A private RSA key.
 *
 * @throws {KeyError} as {@linkcode rsaPublic}, or `mismatch` when the numbers are not of one key
 */
export function rsaPrivate(key: RsaPublic, secrets: RsaSecrets): RsaPrivate {
  const [n, e, d, p, q, dp, dq, qi] = [
    ...[key.n, key.e, secrets.d, secrets.p],
    ...[secrets.q, secrets.dp, secrets.dq, secrets.qi],
  ].map(toBigInt) as [bigint, bigint, bigint, bigint, bigint, bigint, bigint, bigint];
  const agrees = p > 2n && q > 2n && p * q === n && d < n &&
    (e * d) % (p - 1n) === 1n && (e * d) % (q - 1n) === 1n &&
    dp === d % (p - 1n) && dq === d % (q - 1n) && qi < p && (qi * q) % p === 1n;
  if (!agrees) throw new KeyError("mismatch", "its numbers are not those of one RSA key");
  return { ...key, ...secrets };
}
