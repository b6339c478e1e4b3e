/** The settings of the local issuer (manual, "Local Credmon"; those marked as Pinion's are our own). */
import { defineKnobs, type Knob, type Knobs } from "../../config/mod.ts";

/**
 * What a provider may set for itself, `LOCAL_CREDMON_<provider>_<X>`, and all at once,
 * `LOCAL_CREDMON_<X>`.
 */
export const PROVIDER_KNOBS = {
  PRIVATE_KEY: {
    type: "path",
    default: "/etc/condor/scitokens-private.pem",
    text: "The key that signs: PEM, not encrypted, root's alone.",
  },
  PUBLIC_KEY: {
    type: "path",
    default: "/etc/condor/scitokens.pem",
    text: "Its public part; where it exists it has to match.",
  },
  PRIVATE_KEY_ALGORITHM: {
    type: "string",
    default: "ES256",
    text: "ES256 for a key of P-256, or RS256 for an RSA key of 2048 bits or more.",
  },
  KEY_ID: {
    type: "string",
    default: "local",
    text: "The key's name, kid, as the issuer publishes it.",
  },
  ISSUER: {
    type: "string",
    text: "The claim iss, byte for byte as the issuer publishes it; https://$(FULL_HOSTNAME) " +
      "unless set.",
  },
  AUTHZ_TEMPLATE: {
    type: "string",
    default: "read:/user/{username} write:/user/{username}",
    text: "The scope of each token; {username} is the user, {{ and }} are braces.",
  },
  AUTHZ_TEMPLATE_EXPR: {
    type: "string",
    text: "A ClassAd expression of Username; its string is appended to the scope.",
  },
  AUTHZ_GROUP_TEMPLATE: {
    type: "string",
    text: "Appended to the scope for each group of the user, which is {groupname}.",
  },
  AUTHZ_GROUP_MAPFILE: {
    type: "path",
    text: 'Says who is in which groups: lines of "* user group,group", the first of a user wins.',
  },
  AUTHZ_GROUP_REQUIREMENT: {
    type: "string",
    text: "The name of a group: whoever is not in it gets an empty token.",
  },
  TOKEN_LIFETIME: {
    type: "integer",
    default: 1200,
    min: 60,
    max: 31_536_000,
    text: "Seconds that a token is good for; a new one is made after half of them.",
  },
  TOKEN_AUDIENCE: {
    type: "string",
    text: "The claim aud: one or more, between blanks. SciTokens 2.0 and WLCG tokens need it.",
  },
  TOKEN_VERSION: {
    type: "string",
    default: "scitoken:2.0",
    text: "The profile: scitoken:2.0, wlcg, at+jwt (RFC 9068, Pinion's), or what ver is to say.",
  },
  TOKEN_USE_JSON: {
    type: "boolean",
    default: true,
    text: "Write the token into a JSON object, with expires_in; else alone in a line.",
  },
  NBF_SKEW: {
    type: "integer",
    default: 0,
    min: 0,
    max: 3600,
    text: "Pinion's: seconds that nbf lies before iat, for servers whose clocks are late; " +
      "5 is a good value.",
  },
  WLCG_ANY_AUDIENCE: {
    type: "boolean",
    default: false,
    text: "Pinion's: WLCG tokens without an audience are for https://wlcg.cern.ch/jwt/v1/any.",
  },
  ALLOW_INSECURE_KEY: {
    type: "boolean",
    default: false,
    text: "Pinion's: take a key that others can read, or that is not root's.",
  },
  SUB_TEMPLATE: {
    type: "string",
    default: "{username}",
    text: "Pinion's: the claim sub, of {username} and {uid_domain}.",
  },
  EXTRA_CLAIMS: {
    type: "string",
    text: "Pinion's: a JSON object of further claims.",
  },
  CLIENT_ID: {
    type: "string",
    text: "Pinion's: the claim client_id of at+jwt tokens, which need it.",
  },
} as const satisfies Knobs;

/** What is asked for settings: a {@linkcode Config} of any table that has those asked for. */
export interface SettingSource {
  get(name: string): unknown;
  origin(name: string): string;
}

/** The end of a knob's name that a provider may set for itself. */
export type ProviderKnob = keyof typeof PROVIDER_KNOBS;

/** The knobs that say which providers there are. */
export const NAME_KNOBS = defineKnobs({
  LOCAL_CREDMON_PROVIDER_NAMES: {
    type: "list",
    text: "Names of the credentials that are issued here.",
  },
  LOCAL_CREDMON_PROVIDER_NAME: {
    type: "string",
    default: "scitokens",
    text: "The same for one name; LOCAL_CREDMON_PROVIDER_NAMES wins.",
  },
  CREDMON_ALLOW_SPECIAL_CHAR_NAMES: {
    type: "boolean",
    default: false,
    text: "Let names of providers have any characters that names of users have; there are no " +
      "handles then.",
  },
});

/** Knobs by which HTCondor's credd tells whose a provider is, besides `<PROVIDER>_CLIENT_ID`. */
const OWNERSHIP_KNOBS = defineKnobs({
  CLIENT_CREDMON_PROVIDER_NAMES: {
    type: "list",
    text: "Providers of the client-credentials monitor; looked at for conflicts.",
  },
  OAUTH2_CREDMON_PROVIDER_NAMES: {
    type: "list",
    text: "Providers of the OAuth2 monitor; looked at for conflicts.",
  },
  VAULT_CREDMON_PROVIDER_NAMES: {
    type: "list",
    text: "Providers of the Vault monitor; looked at for conflicts.",
  },
  PELICAN_CREDMON_PROVIDER_NAMES: {
    type: "list",
    text: "Providers of the Pelican monitor; looked at for conflicts.",
  },
  SEC_CREDENTIAL_STORER: {
    type: "string",
    text: "What condor_submit gets other credentials with; looked at for conflicts.",
  },
});

/** Knobs that are not the providers' own. */
const COMMON_KNOBS = defineKnobs({
  ...NAME_KNOBS,
  LOCAL_CREDMON_KRB_MODE: {
    type: "boolean",
    default: false,
    text: "Of releases before HTCondor 8.9.7: accepted, and without effect.",
  },
  SEC_CREDENTIAL_REFRESH: {
    type: "integer",
    default: 300,
    min: 0,
    text: "Seconds after which running jobs get a new token: so much life, and two minutes, is " +
      "left to a token when it is replaced.",
  },
  FULL_HOSTNAME: { type: "string", text: "This host's name, in the issuer's unless that is set." },
  UID_DOMAIN: { type: "string", text: "What {uid_domain} is; FULL_HOSTNAME unless set." },
});

/** All knobs without those of single providers, with the names that a man page shows. */
export const LOCAL_KNOBS: Knobs = defineKnobs({
  ...COMMON_KNOBS,
  ...OWNERSHIP_KNOBS,
  ...prefixed("LOCAL_CREDMON_"),
});

/**
 * Whether a provider can have knobs of its own: HTCondor refuses `-` in their names, and takes what
 * stands before a dot for the name of a daemon.
 */
export function hasOwnKnobs(provider: string): boolean {
  return /^\w+$/.test(provider);
}

/** The knob that makes a provider the OAuth2 monitor's in HTCondor's eyes. */
export function clientIdKnob(provider: string): string {
  return `${provider}_CLIENT_ID`.toUpperCase();
}

/** The name of a knob, for all providers or for one; names of knobs are upper case here. */
export function knobName(knob: ProviderKnob, provider?: string): string {
  return provider === undefined
    ? `LOCAL_CREDMON_${knob}`
    : `LOCAL_CREDMON_${provider}_${knob}`.toUpperCase();
}

/**
 * All knobs, with those that the providers may set for themselves.
 *
 * @param hostname what $(FULL_HOSTNAME) is where HTCondor is not there to tell
 */
export function localKnobs(providers: readonly string[], hostname?: string): Knobs {
  const own = providers.filter(hasOwnKnobs)
    .map((provider) => prefixed(`LOCAL_CREDMON_${provider.toUpperCase()}_`, true));
  const ids = providers.filter((provider) => /^[a-z]\w*$/i.test(provider)).map((provider) => ({
    [clientIdKnob(provider)]: { type: "string", text: "Looked at for conflicts." } as const,
  }));
  const host: Knobs = hostname === undefined
    ? {}
    : { FULL_HOSTNAME: { ...COMMON_KNOBS.FULL_HOSTNAME, default: hostname } };
  return defineKnobs(Object.assign({}, ...own, ...ids, LOCAL_KNOBS, host) as Record<string, Knob>);
}

/** What one provider sets has no default: what is set for all is that. */
function prefixed(prefix: string, withoutDefault = false): Record<string, Knob> {
  return Object.fromEntries(
    Object.entries(PROVIDER_KNOBS).map(([name, knob]: [string, Knob]) => {
      const { default: value, ...rest } = knob;
      return [prefix + name, withoutDefault || value === undefined ? rest : knob] as [string, Knob];
    }),
  );
}
