/** A token's signature, by the keys that its issuer publishes. */
import { compactVerify } from "jose";
import type { PublishedKey } from "../../keys/mod.ts";
import { type DecodedToken, shownValue, TokenRefusal } from "./decode_token.ts";

const ALGORITHMS: readonly unknown[] = ["ES256", "RS256"];
/** Most keys tried for a token that names none. */
const MOST_TRIED = 10;

/**
 * Finds the key that signed a token.
 *
 * @param keys where to look
 * @throws {TokenRefusal} `algorithm`, `critical`, `no-key` or `signature`
 */
export async function checkSignature(
  { text, header }: DecodedToken,
  keys: readonly PublishedKey[],
): Promise<PublishedKey> {
  checkHeader(header);
  const candidates = candidatesOf(header, keys);
  for (const key of candidates.slice(0, MOST_TRIED)) {
    try {
      await compactVerify(text, key.publicKey, { algorithms: [key.algorithm] });
      return key;
    } catch {
      // The next one may be it.
    }
  }
  throw new TokenRefusal(
    "signature",
    `its signature is not by ${
      header.kid === undefined ? "any of the keys" : `the key ${shownValue(header.kid)}`
    } of its issuer`,
  );
}

/**
 * Checks what a header says of the signature, before anybody is asked for keys.
 *
 * @throws {TokenRefusal} `algorithm` or `critical`
 */
export function checkHeader({ alg, crit }: DecodedToken["header"]): void {
  if (alg === "none") throw new TokenRefusal("algorithm", "it is not signed");
  if (!ALGORITHMS.includes(alg)) {
    const found = shownValue(alg);
    throw new TokenRefusal("algorithm", `its algorithm is ${found}, not ES256 or RS256`);
  }
  // RFC 7515, 4.1.11: extensions that must be understood, and none is.
  if (crit !== undefined) throw new TokenRefusal("critical", `its header has a "crit"`);
}

function candidatesOf(
  { alg, kid }: DecodedToken["header"],
  keys: readonly PublishedKey[],
): readonly PublishedKey[] {
  // A key without a name, such as one from a PEM file, may be any.
  const named = kid === undefined
    ? keys
    : keys.filter((key) => key.kid === undefined || key.kid === kid);
  if (named.length === 0) {
    const there = keys.slice(0, 8).map((key) => shownValue(key.kid)).join(", ");
    throw new TokenRefusal(
      "no-key",
      `it is signed with the key ${shownValue(kid)}, and its issuer publishes ${there || "none"}`,
    );
  }
  const candidates = named.filter((key) => key.algorithm === alg);
  if (candidates.length > 0) return candidates;
  const found = named[0]!.algorithm;
  throw new TokenRefusal(
    "algorithm",
    `its algorithm is ${alg}, and its issuer's key is for ${found}`,
  );
}
