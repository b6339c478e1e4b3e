/** Public keys in files: SubjectPublicKeyInfo (RFC 5280, 4.1.2.7) and PKCS#1 (RFC 8017, A.1.1). */
import { ALGORITHM_IDENTIFIERS, readAlgorithm } from "./algorithm.ts";
import { printPoint, readPoint } from "./curve.ts";
import {
  bitsOf,
  type Der,
  magnitudeOf,
  parseDer,
  printBits,
  printDer,
  printInteger,
} from "./der.ts";
import { sequenceOf, TAG } from "./der.ts";
import { KeyError } from "./error.ts";
import { type PublicNumbers, type RsaPublic, rsaPublic } from "./numbers.ts";
import type { Octets } from "./octets.ts";
import { printPem, readPem } from "./pem.ts";

/**
 * The numbers of a public key that stands in PEM form.
 *
 * @param pem a text with one key: `PUBLIC KEY` or `RSA PUBLIC KEY`
 * @throws {KeyError} also `wrong-kind` for a private key, whose place is elsewhere
 */
export function readPublicNumbers(pem: string): PublicNumbers {
  const { label, der } = readPem(pem);
  if (label === "PUBLIC KEY") return readSpki(parseDer(der));
  if (label === "RSA PUBLIC KEY") return readPkcs1(parseDer(der));
  throw new KeyError("wrong-kind", `it holds a PEM block "${label}": a public key is "PUBLIC KEY"`);
}

/** A public key as PEM, SubjectPublicKeyInfo. */
export function publicPem(numbers: PublicNumbers): string {
  return printPem("PUBLIC KEY", printSpki(numbers));
}

/** A public key as SubjectPublicKeyInfo, DER. */
export function printSpki(numbers: PublicNumbers): Octets {
  const key = numbers.kty === "EC"
    ? printPoint(numbers)
    : printDer(TAG.sequence, printInteger(numbers.n), printInteger(numbers.e));
  return printDer(TAG.sequence, ALGORITHM_IDENTIFIERS[numbers.kty], printBits(key));
}

function readSpki(value: Der): PublicNumbers {
  const [algorithm, key, ...rest] = sequenceOf(value);
  if (rest.length > 0) throw new KeyError("bad-der", "its DER is not the structure of a key");
  const kind = readAlgorithm(algorithm);
  const octets = bitsOf(key);
  return kind === "EC" ? { kty: "EC", ...readPoint(octets) } : readPkcs1(parseDer(octets));
}

function readPkcs1(value: Der): RsaPublic {
  const numbers = sequenceOf(value);
  if (numbers.length !== 2) throw new KeyError("bad-der", "its DER is not that of an RSA key");
  return rsaPublic(magnitudeOf(numbers[0]), magnitudeOf(numbers[1]));
}
