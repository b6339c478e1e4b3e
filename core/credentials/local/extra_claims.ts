/** Claims that a site adds to its tokens. */

/** Claims that say what they say: no setting puts others in their place. */
const TAKEN = new Set([
  ...["sub", "scope", "ver", "wlcg.ver", "client_id", "aud", "iss", "exp", "iat", "nbf", "jti"],
  "__proto__",
]);

/** Longest text, in characters. */
const LONGEST = 8 * 1024;
/** Deepest nesting. */
const DEEPEST = 8;

/**
 * Reads a JSON object of further claims.
 *
 * @returns the claims, or what is wrong with the text
 */
export function readExtraClaims(text: string): Readonly<Record<string, unknown>> | string {
  if (text.length > LONGEST) return `it has more than ${LONGEST} characters`;
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return "it is no JSON";
  }
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    return "it is no JSON object";
  }
  if (depth(value, 0) > DEEPEST) return `it is nested more than ${DEEPEST} deep`;
  const taken = Object.keys(value).find((name) => TAKEN.has(name));
  if (taken !== undefined) return `the claim "${taken}" is made here`;
  return value as Record<string, unknown>;
}

function depth(value: unknown, above: number): number {
  if (typeof value !== "object" || value === null || above > DEEPEST) return above;
  return Math.max(above + 1, ...Object.values(value).map((one) => depth(one, above + 1)));
}
