/** What a user is to be issued: the claims of a token, or none for want of a group. */
import {
  ClassAd,
  ClassAdError,
  evaluate,
  type Expression,
  type Limits,
} from "../../classad/mod.ts";
import { isGroupName, isUserName, showName } from "../names.ts";
import type { GroupMap } from "./group_map.ts";
import type { Narrowing } from "./request.ts";
import { intersectScopes, LONGEST_SCOPE, scopeWords } from "./scope.ts";
import { WLCG_ANY_AUDIENCE } from "./profile.ts";
import type { ProviderSettings } from "./settings.ts";

/** What a token says besides its times. */
export interface Grant {
  /** Claims that stand before the times, in their order. */
  readonly head: Readonly<Record<string, unknown>>;
  /** Claims that stand after them. */
  readonly tail: Readonly<Record<string, unknown>>;
  readonly subject: string;
  readonly scope: string;
  readonly audience: readonly string[];
}

/** A user who is to have an empty token, and the group that the user is not in. */
export interface Denial {
  readonly missingGroup: string;
}

/** A user who cannot be issued anything. The message is the state found alone. */
export class GrantError extends Error {
  override readonly name = "GrantError";

  /** @param code stable word */
  constructor(readonly code: string, message: string, options?: ErrorOptions) {
    super(message, options);
  }
}

/** What a grant is made of besides the settings. */
export interface GrantOptions {
  readonly user: string;
  /** The group map, when it is set and can be read. */
  readonly map?: GroupMap | undefined;
  /** Why it cannot be read, when it is set. */
  readonly mapReason?: string | undefined;
  /** What the user asked for. */
  readonly request?: Narrowing;
  /** Takes a line about something that was left out. */
  readonly note?: (line: string) => void;
}

/** Bounds on the expression of a site: it is evaluated for each user. */
const EXPRESSION_LIMITS: Partial<Limits> = {
  maxSteps: 20_000,
  maxStringLength: LONGEST_SCOPE,
  maxSubjectLength: 1_000,
};

/** Most characters of all claims but the times: a token of them is one that is read again. */
const LONGEST_CLAIMS = 88 * 1024;

/** Longest subject, in characters. */
const LONGEST_SUBJECT = 255;

/** Audiences that stand for all servers, of SciTokens and of WLCG tokens. */
const ANY_AUDIENCES = ["ANY", WLCG_ANY_AUDIENCE];

/**
 * The claims of a user's token, but for its times.
 *
 * @throws {GrantError}
 */
export function makeGrant(provider: ProviderSettings, options: GrantOptions): Grant | Denial {
  const { user, map, request = {} } = options;
  if (!isUserName(user) || !isGroupName(user)) {
    throw new GrantError("name", `${showName(user)} is no name that can be in a scope`);
  }
  const required = provider.groupRequirement;
  if (required !== undefined) {
    if (map === undefined) {
      const why = options.mapReason ?? "LOCAL_CREDMON_AUTHZ_GROUP_MAPFILE is not set";
      throw new GrantError("no-map", `membership of "${required}" is required: ${why}`);
    }
    if (!map.has(user, required)) return { missingGroup: required };
  }
  const scope = scopeOf(provider, options);
  const audience = audienceOf(provider, request.audience);
  const subject = provider.subject.fill({ username: user, uid_domain: provider.uidDomain });
  if (subject.length > LONGEST_SUBJECT || !/^[\x21-\x7e]+$/.test(subject)) {
    throw new GrantError("subject", `its subject is not one word of at most ${LONGEST_SUBJECT}`);
  }
  const { claim } = provider.profile;
  const head = {
    sub: subject,
    scope,
    ...(claim !== undefined && { [claim[0]]: claim[1] }),
    ...(provider.clientId !== undefined && { client_id: provider.clientId }),
    ...(audience.length > 0 && { aud: audience }),
    iss: provider.issuer,
  };
  const tail = provider.extraClaims;
  const { length } = JSON.stringify([head, tail]);
  if (length > LONGEST_CLAIMS) {
    const state = `its claims have ${length} characters, more than ${LONGEST_CLAIMS}`;
    throw new GrantError("large", `${state}; ask for fewer scopes and audiences`);
  }
  return { head, tail, subject, scope, audience };
}

function scopeOf(provider: ProviderSettings, options: GrantOptions): string {
  const { user, request = {} } = options;
  const words = [...wordsOf(provider.authorization.fill({ username: user }))];
  if (provider.expression !== undefined) {
    words.push(...expressed(provider.expression.parsed, options));
  }
  if (provider.groupTemplate !== undefined && options.map !== undefined) {
    const { names, refused } = options.map.of(user);
    if (refused > 0) options.note?.(`${refused} groups of user ${user} are left out of the scope`);
    for (const group of names) {
      words.push(...wordsOf(provider.groupTemplate.fill({ groupname: group })));
    }
  }
  const granted = request.scopes === undefined ? words : intersectScopes(request.scopes, words);
  if (granted.length === 0) {
    const state = request.scopes === undefined
      ? "its scope would be empty"
      : "nothing of the scope asked for is allowed";
    throw new GrantError("no-scope", state);
  }
  const scope = granted.join(" ");
  if (scope.length > LONGEST_SCOPE) {
    const state = `its scope has ${scope.length} characters, more than ${LONGEST_SCOPE}`;
    throw new GrantError("scope", `${state}; put the user in fewer groups`);
  }
  return scope;
}

function wordsOf(text: string): readonly string[] {
  const words = scopeWords(text);
  if (words !== undefined) return words;
  throw new GrantError(
    "scope",
    "LOCAL_CREDMON_AUTHZ_TEMPLATE has a character that scopes have not",
  );
}

/** The words of an expression that is a string; as with HTCondor's own, anything else is left out. */
function expressed(expression: Expression, { user, note }: GrantOptions): readonly string[] {
  const state = () => {
    const ad = new ClassAd();
    ad.set("Username", user);
    const value = evaluate(expression, ad, { limits: EXPRESSION_LIMITS });
    if (typeof value !== "string") return "it is no string";
    return scopeWords(value) ?? "it has a character that scopes have not";
  };
  let words: readonly string[] | string;
  try {
    words = state();
  } catch (error) {
    if (!(error instanceof ClassAdError)) throw error;
    words = error.message;
  }
  if (typeof words !== "string") return words;
  note?.(`LOCAL_CREDMON_AUTHZ_TEMPLATE_EXPR is left out for user ${user}: ${words}`);
  return [];
}

function audienceOf(
  provider: ProviderSettings,
  asked: readonly string[] | undefined,
): readonly string[] {
  const allowed = provider.audience;
  const { needsAudience, title } = provider.profile;
  if (asked !== undefined) {
    // A token without an audience, or for any, is good for the one asked for as well.
    const isAny = allowed.length === 0 || allowed.some((one) => ANY_AUDIENCES.includes(one));
    const granted = isAny ? asked : asked.filter((one) => allowed.includes(one));
    if (granted.length > 0 && granted.every((one) => /^[\x21-\x7e]{1,2048}$/.test(one))) {
      return granted;
    }
    throw new GrantError("no-audience", "nothing of the audience asked for is allowed");
  }
  if (allowed.length > 0 || !needsAudience) return allowed;
  const more = title === "wlcg" ? ", or LOCAL_CREDMON_WLCG_ANY_AUDIENCE = true" : "";
  throw new GrantError(
    "no-audience",
    'No "aud" claim, LOCAL_CREDMON_TOKEN_AUDIENCE must be set when requesting a ' +
      `${title} token${more}`,
  );
}
