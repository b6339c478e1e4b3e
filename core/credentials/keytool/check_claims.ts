/** A token's claims (RFC 7519, 4.1), and what its profile asks for. */
import { UsageError } from "../../errors.ts";
import { type JsonObject, shownValue, TokenRefusal } from "./decode_token.ts";
import { allows } from "./scopes.ts";

/** What a token is asked for. */
export interface Demands {
  /** Unix time in milliseconds. */
  readonly now: number;
  readonly issuer?: string | undefined;
  /** One of them must be the token's; none means that nothing is asked. */
  readonly audiences: readonly string[];
  /** All of them must be allowed. */
  readonly scopes: readonly string[];
}

/** Audiences that stand for all (SciTokens 2.0; WLCG Common JWT Profiles). */
const ANY_AUDIENCE = ["ANY", "https://wlcg.cern.ch/jwt/v1/any"];
/** Values of `ver` that verifiers take; those of version 2 ask for an audience. */
const VERSION_2 = ["scitoken:2.0", "scitokens:2.0"];
const VERSION_1 = ["scitoken:1.0", "scitokens:1.0", undefined];

/**
 * Checks the claims of a token whose signature is good.
 *
 * @throws {TokenRefusal} for the first thing that is wrong
 * @throws {UsageError} for a demand that is no scope
 */
export function checkClaims(claims: JsonObject, demands: Demands): void {
  issuerOf(claims, demands.issuer);
  checkTimes(claims, demands.now);
  checkProfile(claims);
  checkAudience(claims, demands.audiences);
  for (const scope of demands.scopes) checkScope(claims, scope);
}

/**
 * The issuer of a token.
 *
 * @param wanted the one it has to be
 * @throws {TokenRefusal} `no-issuer` or `wrong-issuer`
 */
export function issuerOf({ iss }: JsonObject, wanted?: string): string {
  if (typeof iss !== "string" || iss === "") {
    throw new TokenRefusal("no-issuer", `its "iss" is ${shownValue(iss)}`);
  }
  if (wanted === undefined || iss === wanted) return iss;
  throw new TokenRefusal(
    "wrong-issuer",
    `its "iss" is ${shownValue(iss)}, not ${shownValue(wanted)}`,
  );
}

function checkTimes(claims: JsonObject, now: number): void {
  const exp = timeOf(claims, "exp");
  if (exp === undefined) throw new TokenRefusal("no-time", `its "exp" is missing`);
  if (exp * 1000 <= now) {
    throw new TokenRefusal(
      "expired",
      `it expired at ${iso(exp)}, ${seconds(now / 1000 - exp)} ago`,
    );
  }
  for (const name of ["nbf", "iat"] as const) {
    const time = timeOf(claims, name);
    if (time === undefined || time * 1000 <= now) continue;
    throw new TokenRefusal(
      "not-yet",
      `its "${name}" is ${iso(time)}, ${seconds(time - now / 1000)} from now: do the clocks agree?`,
    );
  }
}

function timeOf(claims: JsonObject, name: string): number | undefined {
  const value = claims[name];
  if (value === undefined) return undefined;
  if (typeof value === "number" && value >= 0 && value < 1e11) return value;
  throw new TokenRefusal("no-time", `its "${name}" is ${shownValue(value)}, not a time in seconds`);
}

function checkProfile(claims: JsonObject): void {
  const { ver, aud } = claims;
  const wlcg = claims["wlcg.ver"];
  const lacksAudience = aud === undefined || (Array.isArray(aud) && aud.length === 0);
  if (wlcg !== undefined) {
    if (wlcg !== "1.0") throw profile(`its "wlcg.ver" is ${shownValue(wlcg)}, not "1.0"`);
    if (lacksAudience) throw profile(`it is a WLCG token, which needs an "aud"`);
    return;
  }
  if ((VERSION_2 as readonly unknown[]).includes(ver)) {
    if (lacksAudience) throw profile(`it is a SciToken of version 2.0, which needs an "aud"`);
  } else if (!(VERSION_1 as readonly unknown[]).includes(ver)) {
    throw profile(`its "ver" is ${shownValue(ver)}, which verifiers do not know`);
  }
}

function checkAudience({ aud }: JsonObject, wanted: readonly string[]): void {
  const list = Array.isArray(aud) ? aud : aud === undefined ? [] : [aud];
  if (list.length > 100 || list.some((one) => typeof one !== "string")) {
    throw new TokenRefusal("audience", `its "aud" is neither a text nor a list of texts`);
  }
  if (wanted.length === 0 || list.some((one) => [...wanted, ...ANY_AUDIENCE].includes(one))) return;
  throw new TokenRefusal(
    "audience",
    `its "aud" is ${shownValue(aud)}, not ${wanted.map(shownValue).join(" or ")}`,
  );
}

function checkScope({ scope }: JsonObject, wanted: string): void {
  const answer = allows(typeof scope === "string" ? scope : "", wanted);
  if (answer === undefined) {
    throw new UsageError(`option "-scope" needs a scope such as read:/user/alice`);
  }
  if (answer) return;
  throw new TokenRefusal(
    "scope",
    `its "scope" is ${shownValue(scope)}, which does not allow ${shownValue(wanted)}`,
  );
}

function profile(state: string): TokenRefusal {
  return new TokenRefusal("profile", state);
}

/** A time as people read it. */
export function iso(time: number): string {
  return new Date(Math.floor(time) * 1000).toISOString().replace(".000Z", "Z");
}

function seconds(count: number): string {
  return `${Math.ceil(count)} s`;
}
