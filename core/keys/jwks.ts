/** Sets of public keys, as issuers publish them (RFC 7517, 5). */
import { KeyError } from "./error.ts";
import { jwkMembers, jwkNumbers, type PublicJwk } from "./jwk.ts";
import { type PublicKey, publicKey } from "./key.ts";

/** A public key and the name it is published under. */
export interface NamedKey {
  readonly kid: string;
  readonly jwk: PublicJwk;
}

/** A key of a set that somebody published. */
export interface PublishedKey extends PublicKey {
  /** Its name; absent when it was published without. */
  readonly kid?: string;
}

/** What a set holds. */
export interface JwkSet {
  readonly keys: readonly PublishedKey[];
  /** Why other keys were left out, one line each: they are for what is not done here. */
  readonly skipped: readonly string[];
}

/** Most characters of a set. */
export const LARGEST_SET = 1 << 20;
/** Most keys looked at. */
const MOST_KEYS = 100;
const LONGEST_KID = 256;

/**
 * The text of a set: members in alphabetical order, four blanks of indentation and a line break at
 * the end, as SciTokens' key tool prints it.
 *
 * @param options.compatPadding numbers as that tool writes them, which RFC 7518 forbids
 */
export function jwkSet(
  keys: readonly NamedKey[],
  { compatPadding = false }: { readonly compatPadding?: boolean } = {},
): string {
  return setText(keys.map(({ jwk, kid }) => jwkMembers(jwkNumbers(jwk), { kid, compatPadding })));
}

/** The text of a set of JWKs whose members are in order. */
export function setText(keys: readonly Readonly<Record<string, string>>[]): string {
  return `${JSON.stringify({ keys }, undefined, 4)}\n`;
}

/**
 * Reads a set. Keys that are not for signatures of tokens are left out (RFC 7517, 5).
 *
 * @param text JSON, at most 1 Mi characters
 * @throws {KeyError} `too-large`, `not-json`, or `no-keys` when there is no list of keys
 */
export async function readJwkSet(text: string): Promise<JwkSet> {
  if (text.length > LARGEST_SET) {
    throw new KeyError("too-large", `${text.length} characters are more than ${LARGEST_SET}`);
  }
  const list = listOf(text);
  const keys: PublishedKey[] = [];
  const skipped: string[] = [];
  for (const [i, jwk] of list.slice(0, MOST_KEYS).entries()) {
    try {
      keys.push(await readOne(jwk));
    } catch (error) {
      if (!(error instanceof KeyError)) throw error;
      skipped.push(`key ${i + 1}: ${error.state}`);
    }
  }
  if (list.length > MOST_KEYS) skipped.push(`keys after the first ${MOST_KEYS} are not looked at`);
  return { keys, skipped };
}

function listOf(text: string): readonly unknown[] {
  let set: unknown;
  try {
    set = JSON.parse(text.replace(/^\uFEFF/, ""));
  } catch {
    // The parser's message quotes the text, which may hold a private key.
    throw new KeyError("not-json", "it is not JSON");
  }
  const keys = (set as { keys?: unknown } | null)?.keys;
  if (Array.isArray(keys)) return keys;
  throw new KeyError("no-keys", `it has no list "keys"`);
}

async function readOne(jwk: unknown): Promise<PublishedKey> {
  const numbers = jwkNumbers(jwk);
  const { kid, use, key_ops: operations } = jwk as Readonly<Record<string, unknown>>;
  if (use !== undefined && use !== "sig") {
    throw new KeyError("wrong-kind", `it is not for signatures ("use")`);
  }
  if (Array.isArray(operations) && !operations.includes("verify")) {
    throw new KeyError("wrong-kind", `it is not for checking signatures ("key_ops")`);
  }
  if (kid !== undefined && (typeof kid !== "string" || kid.length > LONGEST_KID)) {
    throw new KeyError(
      "bad-number",
      `its "kid" is not a text of at most ${LONGEST_KID} characters`,
    );
  }
  return { ...await publicKey(numbers), ...(kid === undefined ? {} : { kid }) };
}
