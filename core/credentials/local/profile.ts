/** The kinds of token that `LOCAL_CREDMON_TOKEN_VERSION` can ask for. */

/** A kind of token. */
export interface Profile {
  /** The header's `typ`. */
  readonly type: "JWT" | "at+jwt";
  /** The claim that names the kind, if one does. */
  readonly claim?: readonly [name: string, value: string];
  /** Whether verifiers refuse a token of this kind that has no audience. */
  readonly needsAudience: boolean;
  /** What it is called in messages. */
  readonly title: string;
  /** Whether servers are known to take it. */
  readonly known: boolean;
}

/** The audience that stands for all of them (WLCG Common JWT Profiles 1.0, "aud"). */
export const WLCG_ANY_AUDIENCE = "https://wlcg.cern.ch/jwt/v1/any";

/**
 * The kind of token that a version stands for: `scitoken:2.0` (SciTokens), `wlcg` or `wlcg:1.0`
 * (WLCG Common JWT Profiles), `at+jwt` (RFC 9068); any other is what the claim `ver` says.
 */
export function profileOf(version: string): Profile {
  const lower = version.toLowerCase();
  switch (lower) {
    case "wlcg":
    case "wlcg:1.0":
      return {
        type: "JWT",
        claim: ["wlcg.ver", "1.0"],
        needsAudience: true,
        title: "wlcg",
        known: true,
      };
    case "at+jwt":
      return { type: "at+jwt", needsAudience: true, title: "at+jwt", known: true };
    default:
      return {
        type: "JWT",
        claim: ["ver", version],
        // Of "scitokens:2.0" HTCondor's own asks for none.
        needsAudience: lower === "scitoken:2.0",
        title: version,
        known: /^(?:scitokens?:2\.0|scitokens:1\.0)$/.test(version),
      };
  }
}
