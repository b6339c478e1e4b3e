/** AlgorithmIdentifiers: which kinds of keys are used, and how the others are called (RFC 5480). */
import { contentOf, type Der, oidOf, printDer, printOid, sequenceOf, TAG } from "./der.ts";
import { KeyError } from "./error.ts";
import type { Octets } from "./octets.ts";

const EC = "1.2.840.10045.2.1";
const RSA = "1.2.840.113549.1.1.1";
const P256 = "1.2.840.10045.3.1.7";

const OTHER_ALGORITHMS: Readonly<Record<string, string>> = {
  "1.3.101.110": "X25519",
  "1.3.101.111": "X448",
  "1.3.101.112": "Ed25519",
  "1.3.101.113": "Ed448",
  "1.2.840.113549.1.1.10": "RSASSA-PSS",
  "1.2.840.113549.1.3.1": "Diffie-Hellman",
  "1.2.840.10040.4.1": "DSA",
};

const OTHER_CURVES: Readonly<Record<string, string>> = {
  "1.2.840.10045.3.1.1": "P-192",
  "1.3.132.0.33": "P-224",
  "1.3.132.0.34": "P-384",
  "1.3.132.0.35": "P-521",
  "1.3.132.0.10": "secp256k1",
  "1.3.36.3.3.2.8.1.1.7": "brainpoolP256r1",
};

/** The AlgorithmIdentifiers of our keys, printed. */
export const ALGORITHM_IDENTIFIERS: Readonly<Record<"EC" | "RSA", Octets>> = {
  EC: printDer(TAG.sequence, printOid(EC), printOid(P256)),
  RSA: printDer(TAG.sequence, printOid(RSA), printDer(TAG.null)),
};

/** The name of P-256, printed, as `ECParameters` has it. */
export const CURVE_IDENTIFIER: Octets = printOid(P256);

/**
 * Which of our kinds an AlgorithmIdentifier names.
 *
 * @throws {KeyError} `wrong-type` or `wrong-curve` for another one
 */
export function readAlgorithm(value: Der | undefined): "EC" | "RSA" {
  const [name, parameters, ...rest] = sequenceOf(value);
  const algorithm = oidOf(name);
  if (rest.length > 0) throw new KeyError("bad-der", "its DER is not the structure of a key");
  if (algorithm === EC) {
    checkCurve(parameters);
    return "EC";
  }
  if (algorithm === RSA) {
    // RFC 4055, 1.2: NULL, and readers take its absence.
    if (parameters !== undefined) contentOf(parameters, TAG.null);
    return "RSA";
  }
  throw wrongType(OTHER_ALGORITHMS[algorithm] ?? `algorithm ${algorithm}`);
}

/**
 * Checks that `ECParameters` name P-256.
 *
 * @throws {KeyError} `wrong-curve`
 */
export function checkCurve(parameters: Der | undefined): void {
  if (parameters?.tag === TAG.sequence) throw wrongCurve("one spelled out by its parameters");
  const curve = oidOf(parameters);
  if (curve !== P256) throw wrongCurve(OTHER_CURVES[curve] ?? curve);
}

/** The refusal of a key that is neither EC nor RSA. */
export function wrongType(found: string): KeyError {
  return new KeyError(
    "wrong-type",
    `it is a key for ${found}: tokens are signed with EC keys (P-256, ES256) or RSA keys (RS256)`,
  );
}

/** The refusal of an EC key of another curve. */
export function wrongCurve(found: string): KeyError {
  return new KeyError("wrong-curve", `its curve is ${found}: ES256 needs P-256`);
}
