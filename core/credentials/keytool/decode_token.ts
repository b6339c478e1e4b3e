/** Tokens taken apart: JSON Web Tokens in their compact form (RFC 7515, 3.1; RFC 7519). */

/** Why a token is refused, as stable words. */
export type RefusalCode =
  | "shape"
  | "algorithm"
  | "critical"
  | "no-issuer"
  | "wrong-issuer"
  | "no-key"
  | "signature"
  | "expired"
  | "not-yet"
  | "no-time"
  | "profile"
  | "audience"
  | "scope";

/** A token that is not accepted. The text never holds it. */
export class TokenRefusal extends Error {
  override readonly name = "TokenRefusal";

  /**
   * @param code the stable word
   * @param state what is wrong with it, alone
   */
  constructor(readonly code: RefusalCode, readonly state: string, options: ErrorOptions = {}) {
    super(`Cannot accept this token: ${state}`, options);
  }
}

/** Members of a JSON object that somebody else wrote. */
export type JsonObject = Readonly<Record<string, unknown>>;

/** A token before anything about it is checked. */
export interface DecodedToken {
  readonly text: string;
  readonly header: JsonObject;
  readonly claims: JsonObject;
}

const LONGEST_TOKEN = 64 * 1024;

/**
 * Takes a token apart. Nothing in it may be believed yet.
 *
 * @param text the token and nothing else
 * @throws {TokenRefusal} `shape`
 */
export function decodeToken(text: string): DecodedToken {
  if (text.length > LONGEST_TOKEN) throw shape(`it is longer than ${LONGEST_TOKEN} characters`);
  if (text === "") throw shape("it is empty");
  if (!/^[A-Za-z0-9._-]+$/.test(text)) throw shape("it has characters that tokens do not have");
  const parts = text.split(".");
  if (parts.length === 5) throw shape("it is encrypted");
  if (parts.length !== 3) throw shape(`it has ${parts.length} parts between dots, not 3`);
  return { text, header: object(parts[0]!, "header"), claims: object(parts[1]!, "body") };
}

function object(part: string, what: string): JsonObject {
  let value: unknown;
  try {
    const bytes = Uint8Array.fromBase64(part, { alphabet: "base64url" });
    value = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
  } catch {
    throw shape(`its ${what} is not JSON in base64url`);
  }
  if (typeof value === "object" && value !== null && !Array.isArray(value)) {
    return value as JsonObject;
  }
  throw shape(`its ${what} is not a JSON object`);
}

function shape(state: string): TokenRefusal {
  return new TokenRefusal("shape", state);
}

/** Something that stood in a token, for a message. */
export function shownValue(value: unknown): string {
  if (value === undefined) return "missing";
  const text = JSON.stringify(value).slice(0, 120);
  return text.replace(
    /[^\x20-\x7e]/g,
    (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}
