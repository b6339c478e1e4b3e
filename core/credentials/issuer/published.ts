/** The keys that an issuer publishes, found as every verifier finds them. */
import { type Clock, SYSTEM_CLOCK } from "../../clock.ts";
import type { HttpClient } from "../../http/mod.ts";
import { KeyError, type PublishedKey, readJwkSet } from "../../keys/mod.ts";
import { IssuerError } from "./error.ts";
import { fetchObject, type FetchOptions, fetchText } from "./fetch_json.ts";
import { httpsUrl, METADATA, shownUrl, wellKnownOf } from "./places.ts";

export { IssuerError, type IssuerErrorCode } from "./error.ts";

/** What an issuer publishes. */
export interface IssuerKeys {
  /** As the issuer calls itself: the name it was asked by. */
  readonly issuer: string;
  /** Where the keys are. */
  readonly jwksUri: string;
  /** Those that tokens can be signed with. */
  readonly keys: readonly PublishedKey[];
  /** Why other keys were left out, one line each. */
  readonly skipped: readonly string[];
}

/** How the keys are fetched. */
export interface PublishedOptions {
  /** Speaks https; authorities and proxies are its affair. */
  readonly http: Pick<HttpClient, "fetch">;
  readonly signal: AbortSignal;
  /** Longest time for all of it, in milliseconds; 10,000 unless given. */
  readonly timeout?: number;
  readonly clock?: Clock;
}

const TIMEOUT = 10_000;

/**
 * Fetches an issuer's metadata and then its keys (OpenID Connect Discovery 1.0, 4). Nothing but
 * https is spoken, each document has at most 1 MiB, and the issuer must call itself, byte for byte,
 * what it is called here.
 *
 * @param issuer the claim `iss`
 * @throws {IssuerError} saying which of the two documents is wrong, and how; else the reason of an
 *   aborted signal
 */
export async function fetchIssuerKeys(
  issuer: string,
  { http, signal, timeout = TIMEOUT, clock = SYSTEM_CLOCK }: PublishedOptions,
): Promise<IssuerKeys> {
  const metadata = new URL(`${wellKnownOf(issuer)}${METADATA}`);
  const done = new AbortController();
  const late = new AbortController();
  const text = `Cannot read the keys of "${shownUrl(issuer)}": ` +
    `they did not come within ${timeout / 1000} s`;
  clock.sleep(timeout, done.signal).then(
    () => late.abort(new IssuerError("timeout", text)),
    () => {},
  );
  try {
    const options = { http, signal: AbortSignal.any([signal, late.signal]) };
    const jwksUri = await findSet(metadata, issuer, options);
    return { issuer, jwksUri, ...await fetchSet(jwksUri, options) };
  } finally {
    done.abort();
  }
}

async function findSet(metadata: URL, issuer: string, options: FetchOptions): Promise<string> {
  const { issuer: named, jwks_uri: uri } = await fetchObject(metadata, options);
  const place = `"${shownUrl(metadata.href)}"`;
  if (named !== issuer) {
    const found = typeof named === "string" ? `is "${shownUrl(named)}"` : "is missing";
    throw new IssuerError(
      "wrong-issuer",
      `Cannot use ${place}: its "issuer" ${found}, not "${shownUrl(issuer)}" to the byte`,
    );
  }
  if (typeof uri !== "string") {
    throw new IssuerError("no-jwks-uri", `Cannot use ${place}: its "jwks_uri" is missing`);
  }
  httpsUrl(uri, `the "jwks_uri"`);
  return uri;
}

async function fetchSet(
  uri: string,
  options: FetchOptions,
): Promise<Pick<IssuerKeys, "keys" | "skipped">> {
  const text = await fetchText(new URL(uri), options);
  try {
    const { keys, skipped } = await readJwkSet(text);
    if (keys.length > 0) return { keys, skipped };
    const reason = skipped[0] ?? "its list is empty";
    throw new IssuerError(
      "no-keys",
      `Cannot use "${shownUrl(uri)}": no key in it can be used, ${reason}`,
    );
  } catch (error) {
    if (!(error instanceof KeyError)) throw error;
    const code = error.code === "not-json" ? "not-json" : "no-keys";
    throw new IssuerError(code, `Cannot use "${shownUrl(uri)}": ${error.state}`, { cause: error });
  }
}
