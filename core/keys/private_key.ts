/** Private keys in files: SEC1 (RFC 5915), PKCS#1 (RFC 8017, A.1.2) and PKCS#8 (RFC 5208, 5958). */
import { ALGORITHM_IDENTIFIERS, checkCurve, CURVE_IDENTIFIER, readAlgorithm } from "./algorithm.ts";
import { printPoint, readPoint } from "./curve.ts";
import {
  bitsOf,
  contentOf,
  type Der,
  magnitudeOf,
  parseDer,
  printBits,
  printDer,
  printInteger,
  sequenceOf,
  TAG,
} from "./der.ts";
import { KeyError } from "./error.ts";
import {
  type EcPrivate,
  ecPrivate,
  type PrivateNumbers,
  type RsaPrivate,
  rsaPrivate,
  rsaPublic,
} from "./numbers.ts";
import type { Octets } from "./octets.ts";
import { printPem, readPem } from "./pem.ts";

const ZERO = Uint8Array.of(0);
const ONE = Uint8Array.of(1);

/**
 * The numbers of a private key that stands in PEM form.
 *
 * @param pem a text with one key: `EC PRIVATE KEY`, `RSA PRIVATE KEY` or `PRIVATE KEY`
 * @returns a secret
 * @throws {KeyError}
 */
export async function readPrivateNumbers(pem: string): Promise<PrivateNumbers> {
  const { label, der } = readPem(pem);
  switch (label) {
    case "EC PRIVATE KEY":
      return await readSec1(parseDer(der), { hasCurve: false });
    case "RSA PRIVATE KEY":
      return readPkcs1(parseDer(der));
    case "PRIVATE KEY":
      return await readPkcs8(parseDer(der));
    default:
      throw new KeyError(
        "wrong-kind",
        `it holds a PEM block "${label}": a private key is "PRIVATE KEY" (PKCS#8), "EC PRIVATE KEY" ` +
          `or "RSA PRIVATE KEY"`,
      );
  }
}

/**
 * A private key in its traditional PEM form, as OpenSSL writes it: SEC1 or PKCS#1.
 *
 * @returns a secret
 */
export function privatePem(numbers: PrivateNumbers): string {
  return numbers.kty === "EC"
    ? printPem("EC PRIVATE KEY", printSec1(numbers, { withCurve: true }))
    : printPem("RSA PRIVATE KEY", printPkcs1(numbers));
}

/**
 * A private key as PKCS#8, which is what WebCrypto takes.
 *
 * @returns DER, a secret
 */
export function printPkcs8(numbers: PrivateNumbers): Octets {
  const inner = numbers.kty === "EC"
    ? printSec1(numbers, { withCurve: false })
    : printPkcs1(numbers);
  return printDer(
    TAG.sequence,
    printInteger(ZERO),
    ALGORITHM_IDENTIFIERS[numbers.kty],
    printDer(TAG.octetString, inner),
  );
}

async function readPkcs8(value: Der): Promise<PrivateNumbers> {
  const [version, algorithm, key, ...rest] = sequenceOf(value);
  const isSecond = isVersion(version, [0, 1]) === 1;
  const kind = readAlgorithm(algorithm);
  const inner = parseDer(contentOf(key, TAG.octetString).content);
  const more = optional(rest, isSecond ? [TAG.context0, TAG.implicit1] : [TAG.context0]);
  const numbers = kind === "EC" ? await readSec1(inner, { hasCurve: true }) : readPkcs1(inner);
  const bits = more.get(TAG.implicit1);
  // RFC 5958, 2: the public key may be repeated outside, and then has to be the same.
  if (bits !== undefined && numbers.kty === "EC") {
    await ecPrivate(numbers.d, readPoint(bitsOf(bits, TAG.implicit1)));
  }
  return numbers;
}

async function readSec1(value: Der, { hasCurve }: { hasCurve: boolean }): Promise<EcPrivate> {
  const [version, number, ...rest] = sequenceOf(value);
  isVersion(version, [1]);
  const { content } = contentOf(number, TAG.octetString);
  const more = optional(rest, [TAG.context0, TAG.context1]);
  const parameters = more.get(TAG.context0);
  if (parameters !== undefined) checkCurve(only(parameters));
  else if (!hasCurve) throw new KeyError("wrong-curve", "it does not say which curve it is for");
  const bits = more.get(TAG.context1);
  return await ecPrivate(content, bits === undefined ? undefined : readPoint(bitsOf(only(bits))));
}

function printSec1(key: EcPrivate, { withCurve }: { withCurve: boolean }): Octets {
  return printDer(
    TAG.sequence,
    printInteger(ONE),
    printDer(TAG.octetString, key.d),
    withCurve ? printDer(TAG.context0, CURVE_IDENTIFIER) : new Uint8Array(),
    printDer(TAG.context1, printBits(printPoint(key))),
  );
}

function readPkcs1(value: Der): RsaPrivate {
  const [version, ...numbers] = sequenceOf(value);
  if (isVersion(version, [0, 1]) === 1) {
    throw new KeyError("wrong-type", "it is an RSA key of more than two primes");
  }
  if (numbers.length !== 8) throw new KeyError("bad-der", "its DER is not that of an RSA key");
  const [n, e, d, p, q, dp, dq, qi] = numbers.map(magnitudeOf) as [
    ...[Octets, Octets, Octets, Octets],
    ...[Octets, Octets, Octets, Octets],
  ];
  return rsaPrivate(rsaPublic(n, e), { d, p, q, dp, dq, qi });
}

function printPkcs1({ n, e, d, p, q, dp, dq, qi }: RsaPrivate): Octets {
  return printDer(TAG.sequence, ...[ZERO, n, e, d, p, q, dp, dq, qi].map(printInteger));
}

/** The version of a structure, one of those that are known. */
function isVersion(value: Der | undefined, known: readonly number[]): number {
  const octets = magnitudeOf(value);
  const version = octets.length > 1 ? NaN : octets[0] ?? 0;
  if (!known.includes(version)) throw new KeyError("bad-der", "its DER has an unknown version");
  return version;
}

/** Optional fields by their tags, each at most once and in this order. */
function optional(values: readonly Der[], tags: readonly number[]): ReadonlyMap<number, Der> {
  const found = new Map<number, Der>();
  let next = 0;
  for (const value of values) {
    const at = tags.indexOf(value.tag, next);
    if (at < 0) throw new KeyError("bad-der", "its DER has a field that keys have not");
    found.set(value.tag, value);
    next = at + 1;
  }
  return found;
}

function only({ children = [] }: Der): Der {
  const [child] = children;
  if (child === undefined || children.length > 1) {
    throw new KeyError("bad-der", "its DER is not the structure of a key");
  }
  return child;
}
