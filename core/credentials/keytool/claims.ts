/** The claims of a token that is made from `CLAIM=VALUE` words. */
import { UsageError } from "../../errors.ts";

/** What a token's claims are made of. */
export interface ClaimWords {
  /** `CLAIM=VALUE` each. */
  readonly words: readonly string[];
  readonly issuer?: string | undefined;
  readonly audiences: readonly string[];
  /** Seconds. */
  readonly lifetime: number;
  /** Unix time in seconds. */
  readonly now: number;
  /** A name that no other token has. */
  readonly id: string;
}

/** What the program sets itself. */
const SET_HERE = ["exp", "iat", "nbf"];
const LONGEST_CLAIMS = 32 * 1024;

/**
 * The claims in their order: those that were given as they were, then `iss`, `exp`, `iat`, `nbf` and
 * `jti`, as the Python library puts them.
 *
 * @throws {UsageError} for a word that is no claim, or says what another has said
 */
export function claimsOf(
  { words, issuer, audiences, lifetime, now, id }: ClaimWords,
): Record<string, unknown> {
  const given = new Map<string, string | string[]>();
  for (
    const [name, value] of [
      ...words.map(split),
      ...audiences.map((aud) => ["aud", aud] as const),
    ]
  ) {
    if (SET_HERE.includes(name)) {
      throw new UsageError(`claim "${name}" cannot be given: it follows from -lifetime`);
    }
    const before = given.get(name);
    if (before === undefined) given.set(name, value);
    else if (name === "aud") given.set(name, [before, value].flat());
    else throw new UsageError(`claim ${JSON.stringify(name)} is given twice`);
  }
  // One audience given as an option is a list all the same.
  const aud = given.get("aud");
  if (typeof aud === "string" && audiences.length > 0) given.set("aud", [aud]);
  if (given.size === 0) throw new UsageError("a claim is needed, CLAIM=VALUE");
  const iss = issuer ?? given.get("iss");
  if (iss === undefined || iss === "") throw new UsageError("-issuer URL is needed");
  const jti = given.get("jti") ?? id;
  const claims = Object.fromEntries(given);
  Object.assign(claims, { iss, exp: now + lifetime, iat: now, nbf: now, jti });
  if (JSON.stringify(claims).length > LONGEST_CLAIMS) {
    throw new UsageError(`the claims have more than ${LONGEST_CLAIMS} characters`);
  }
  return claims;
}

function split(word: string): readonly [string, string] {
  const at = word.indexOf("=");
  if (at > 0) return [word.slice(0, at), word.slice(at + 1)];
  // The word may be a token somebody gave by mistake: it is not repeated.
  throw new UsageError("a word is not of the form CLAIM=VALUE");
}
