/** Where an issuer publishes what is known of it (OpenID Connect Discovery 1.0, 4; RFC 8414). */
import { IssuerError } from "./error.ts";

/** Directory of public files, below the issuer. */
const WELL_KNOWN = ".well-known";
/** The file there that all else is found by. */
export const METADATA = "openid-configuration";

const LONGEST_URL = 2048;

/**
 * Where an issuer's directory of public files is: the issuer, less a slash at its end, and
 * `/.well-known/`.
 *
 * @param issuer the claim `iss`, byte for byte
 * @throws {IssuerError} `not-https` when it is no https URL, or has a query, a fragment or a user
 */
export function wellKnownOf(issuer: string): string {
  httpsUrl(issuer, "the issuer");
  if (/[?#]/.test(issuer)) {
    throw new IssuerError(
      "not-https",
      `Cannot use the issuer "${shownUrl(issuer)}": it has a query or a fragment`,
    );
  }
  return `${issuer.replace(/\/$/, "")}/${WELL_KNOWN}/`;
}

/**
 * A URL that is asked for.
 *
 * @param what for the error, e.g. `the issuer`
 * @throws {IssuerError} `not-https`
 */
export function httpsUrl(text: string, what: string): URL {
  const wrong = (state: string) =>
    new IssuerError("not-https", `Cannot use ${what} "${shownUrl(text)}": ${state}`);
  if (text.length > LONGEST_URL) throw wrong(`it is longer than ${LONGEST_URL} characters`);
  if (!/^[\x21-\x7e]+$/.test(text)) throw wrong("a URL is visible ASCII without blanks");
  const url = URL.parse(text);
  if (url === null) throw wrong("it is not a URL");
  // The parser would take "https:h" and backslashes, and others would not.
  if (!/^https:\/\/[^/\\]/i.test(text)) throw wrong(`it does not begin with "https://"`);
  if (url.username !== "" || url.password !== "") throw wrong("it has a user name in it");
  return url;
}

/** A URL that somebody else wrote, for a message. */
export function shownUrl(text: string): string {
  return text.replace(/[^\x20-\x7e]|"/g, "?").slice(0, 200);
}
