/** What the configuration says of one provider. */
import { ClassAdError, type Expression, parseExpression } from "../../classad/mod.ts";
import { ConfigError } from "../../config/mod.ts";
import type { KeyAlgorithm } from "../../keys/mod.ts";
import { isGroupName } from "../names.ts";
import { readExtraClaims } from "./extra_claims.ts";
import { hasOwnKnobs, knobName, type ProviderKnob, type SettingSource } from "./knobs.ts";
import { type Profile, profileOf, WLCG_ANY_AUDIENCE } from "./profile.ts";
import { Template, TemplateError } from "./template.ts";

/** Where a provider's key is. */
export interface KeySettings {
  readonly path: string;
  /** The knob that says so, and what set that. */
  readonly knob: string;
  readonly origin: string;
  /** Where its public part may be, when it is this key's. */
  readonly publicPath?: string;
  readonly algorithm: KeyAlgorithm;
  readonly allowInsecure: boolean;
}

/** An expression that says more of a scope. */
export interface SiteExpression {
  readonly text: string;
  readonly parsed: Expression;
}

/** A provider, but for its key. All times are in seconds. */
export interface ProviderSettings {
  readonly name: string;
  readonly issuer: string;
  readonly keyId: string;
  readonly key: KeySettings;
  readonly lifetime: number;
  /** A token is replaced when less than this is left to it. */
  readonly renewBefore: number;
  readonly nbfSkew: number;
  readonly audience: readonly string[];
  readonly profile: Profile;
  readonly clientId?: string;
  readonly useJson: boolean;
  readonly uidDomain: string;
  readonly subject: Template;
  readonly authorization: Template;
  readonly expression?: SiteExpression;
  readonly groupTemplate?: Template;
  readonly groupMap?: string;
  readonly groupRequirement?: string;
  /** Names and values, in order. */
  readonly extraClaims: Readonly<Record<string, unknown>>;
  /** All of the above in one text: equal for equal settings. */
  readonly fingerprint: string;
}

/** What keeps a provider from working: the others run without it. */
export interface Problem {
  readonly provider: string;
  /** One line: what set the knob, the knob and its value, what is wrong and what to do. */
  readonly text: string;
}

/** What came of reading a provider's settings. */
export interface ReadProvider {
  /** Only without problems. */
  readonly settings?: ProviderSettings;
  readonly problems: readonly Problem[];
  /** Lines for the log. */
  readonly warnings: readonly string[];
}

/** What is not in the provider's own settings. */
export interface Surroundings {
  /** This host's name, where HTCondor does not tell. */
  readonly hostname: string;
}

/** A job could see an expired token with a lifetime below this, in seconds. */
const SHORT_LIFETIME = 720;

/** Left to a token beside `SEC_CREDENTIAL_REFRESH` when it is replaced, in seconds. */
const SPARE = 120;

/** Reads the settings of a provider; whatever is wrong with them is in the result. */
export function readProvider(
  config: SettingSource,
  name: string,
  surroundings: Surroundings,
): ReadProvider {
  const reader = new Reader(config, name);
  const settings = reader.read(surroundings);
  return reader.problems.length > 0
    ? { problems: reader.problems, warnings: reader.warnings }
    : { settings, problems: [], warnings: reader.warnings };
}

class Reader {
  readonly problems: Problem[] = [];
  readonly warnings: string[] = [];

  constructor(readonly config: SettingSource, readonly name: string) {}

  read({ hostname }: Surroundings): ProviderSettings {
    const host = this.#common("FULL_HOSTNAME") as string | undefined ?? hostname;
    const lifetime = this.#value("TOKEN_LIFETIME") as number | undefined ?? SHORT_LIFETIME;
    const refresh = this.#common("SEC_CREDENTIAL_REFRESH") as number | undefined ?? 300;
    const leastLeft = Math.min(lifetime - 30, refresh + SPARE);
    const expression = this.#expression();
    const groupTemplate = this.#template("AUTHZ_GROUP_TEMPLATE", ["groupname"]);
    const groupMap = this.#value("AUTHZ_GROUP_MAPFILE") as string | undefined;
    const groupRequirement = this.#groupRequirement();
    const profile = profileOf(this.#word("TOKEN_VERSION", 64) ?? "scitoken:2.0");
    const audience = this.#audience(profile);
    const clientId = this.#word("CLIENT_ID", 255);
    const useJson = this.#value("TOKEN_USE_JSON") !== false;
    const facts = {
      name: this.name,
      issuer: this.#issuer(host),
      keyId: this.#word("KEY_ID", 255) ?? "",
      key: this.#key(),
      lifetime,
      renewBefore: Math.max(Math.ceil(lifetime / 2), leastLeft),
      nbfSkew: this.#value("NBF_SKEW") as number | undefined ?? 0,
      audience,
      profile,
      ...(clientId !== undefined && profile.type === "at+jwt" && { clientId }),
      useJson,
      uidDomain: this.#common("UID_DOMAIN") as string | undefined ?? host,
      ...(groupMap !== undefined && { groupMap }),
      ...(groupRequirement !== undefined && { groupRequirement }),
      extraClaims: this.#extraClaims(),
    };
    const subject = this.#template("SUB_TEMPLATE", ["username", "uid_domain"]);
    const authorization = this.#template("AUTHZ_TEMPLATE", ["username"]);
    this.#weigh({
      lifetime,
      groupTemplate,
      groupMap,
      groupRequirement,
      profile,
      clientId,
      audience,
    });
    return {
      ...facts,
      subject: subject ?? NO_TEMPLATE,
      authorization: authorization ?? NO_TEMPLATE,
      ...(groupTemplate !== undefined && { groupTemplate }),
      ...(expression !== undefined && { expression }),
      fingerprint: JSON.stringify([
        facts,
        subject?.text,
        authorization?.text,
        groupTemplate?.text,
        expression?.text,
      ]),
    };
  }

  /** A knob's value: the provider's own, else that for all. */
  #value(knob: ProviderKnob): unknown {
    const name = this.#source(knob);
    try {
      return this.config.get(name);
    } catch (error) {
      return this.#problem(error);
    }
  }

  /** A knob that is not the providers' own. */
  #common(name: string): unknown {
    try {
      return this.config.get(name);
    } catch (error) {
      return this.#problem(error);
    }
  }

  /** The knob that counts. */
  #source(knob: ProviderKnob): string {
    const own = knobName(knob, this.name);
    const isOwn = hasOwnKnobs(this.name) && this.config.origin(own) !== "default";
    return isOwn ? own : knobName(knob);
  }

  #problem(error: unknown): undefined {
    if (!(error instanceof ConfigError)) throw error;
    this.problems.push({ provider: this.name, text: error.message });
  }

  /** Says that a knob's value cannot be used, and why. */
  #refuse(knob: ProviderKnob, state: string): undefined {
    const name = this.#source(knob);
    this.#problem(new ConfigError(`Cannot use ${name}: ${state}`, this.config.origin(name)));
  }

  #warn(knob: ProviderKnob, text: string): void {
    this.warnings.push(`Provider "${this.name}" (${this.#source(knob)}): ${text}`);
  }

  #word(knob: ProviderKnob, longest: number): string | undefined {
    const value = this.#value(knob) as string | undefined;
    if (value === undefined) return undefined;
    if (isWord(value) && value.length <= longest) return value;
    return this.#refuse(knob, `it is not one word of at most ${longest} characters of ASCII`);
  }

  #issuer(host: string): string {
    const set = this.#word("ISSUER", 2048);
    const issuer = set ?? `https://${host}`;
    if (set === undefined && !/^[\w-]+(?:\.[\w-]+)+$/.test(host)) {
      this.#warn("ISSUER", `it is not set, and "${issuer}" has no full host name`);
    } else if (!/^https:\/\/[^/?#]/.test(issuer)) {
      this.#warn("ISSUER", `"${issuer}" is no https URL, and servers refuse others`);
    }
    return issuer;
  }

  #key(): KeySettings {
    const algorithm = (this.#value("PRIVATE_KEY_ALGORITHM") as string | undefined)?.toUpperCase();
    if (algorithm !== undefined && algorithm !== "ES256" && algorithm !== "RS256") {
      this.#refuse("PRIVATE_KEY_ALGORITHM", "it is neither ES256 nor RS256");
    }
    const knob = this.#source("PRIVATE_KEY");
    const publicKnob = this.#source("PUBLIC_KEY");
    const publicPath = this.#value("PUBLIC_KEY") as string | undefined;
    // A public key that is set elsewhere, or nowhere, is that of another private key.
    const isPair = (knob === knobName("PRIVATE_KEY")) === (publicKnob === knobName("PUBLIC_KEY")) &&
      (this.config.origin(knob) === "default") === (this.config.origin(publicKnob) === "default");
    return {
      path: this.#value("PRIVATE_KEY") as string | undefined ?? "",
      knob,
      origin: this.config.origin(knob),
      ...(publicPath !== undefined && isPair && { publicPath }),
      algorithm: algorithm === "RS256" ? "RS256" : "ES256",
      allowInsecure: this.#value("ALLOW_INSECURE_KEY") === true,
    };
  }

  #audience(profile: Profile): readonly string[] {
    const text = this.#value("TOKEN_AUDIENCE") as string | undefined ?? "";
    const words = [...new Set(text.split(/\s+/).filter((word) => word !== ""))];
    if (words.length > 100 || !words.every((word) => isWord(word) && word.length <= 2048)) {
      this.#refuse("TOKEN_AUDIENCE", "it is not a list of at most 100 words of ASCII");
    }
    const comma = words.find((word) => word.includes(","));
    if (comma !== undefined) {
      this.#warn("TOKEN_AUDIENCE", `"${comma}" has a comma; audiences stand between blanks`);
    }
    if (words.length > 0 || !profile.needsAudience) return words;
    const any = this.#value("WLCG_ANY_AUDIENCE") === true && profile.title === "wlcg";
    return any ? [WLCG_ANY_AUDIENCE] : [];
  }

  #template(knob: ProviderKnob, fields: readonly string[]): Template | undefined {
    const text = this.#value(knob) as string | undefined;
    if (text === undefined) return undefined;
    try {
      return Template.parse(text, fields);
    } catch (error) {
      if (!(error instanceof TemplateError)) throw error;
      return this.#refuse(knob, error.message);
    }
  }

  /** As with HTCondor's own, an expression that does not work is said and left out. */
  #expression(): SiteExpression | undefined {
    const text = this.#value("AUTHZ_TEMPLATE_EXPR") as string | undefined;
    if (text === undefined) return undefined;
    try {
      return { text, parsed: parseExpression(text) };
    } catch (error) {
      if (!(error instanceof ClassAdError)) throw error;
      this.#warn("AUTHZ_TEMPLATE_EXPR", `it is left out: ${error.message}`);
      return undefined;
    }
  }

  #groupRequirement(): string | undefined {
    const group = this.#value("AUTHZ_GROUP_REQUIREMENT") as string | undefined;
    if (group === undefined || isGroupName(group)) return group;
    return this.#refuse("AUTHZ_GROUP_REQUIREMENT", "it is not the name of one group");
  }

  #extraClaims(): Readonly<Record<string, unknown>> {
    const text = this.#value("EXTRA_CLAIMS") as string | undefined;
    if (text === undefined) return {};
    const claims = readExtraClaims(text);
    if (typeof claims !== "string") return claims;
    this.#refuse("EXTRA_CLAIMS", claims);
    return {};
  }

  /** What works and is still not right. */
  #weigh(found: {
    readonly lifetime: number;
    readonly groupTemplate: Template | undefined;
    readonly groupMap: string | undefined;
    readonly groupRequirement: string | undefined;
    readonly profile: Profile;
    readonly clientId: string | undefined;
    readonly audience: readonly string[];
  }): void {
    if (!hasOwnKnobs(this.name)) {
      this.warnings.push(
        `Provider "${this.name}" can have no knobs of its own: HTCondor takes letters, digits ` +
          "and _ alone in their names",
      );
    }
    if (found.lifetime < SHORT_LIFETIME) {
      this.#warn(
        "TOKEN_LIFETIME",
        `with ${found.lifetime} s jobs may see expired tokens; use ${SHORT_LIFETIME} or more`,
      );
    }
    if (found.groupMap === undefined && found.groupRequirement !== undefined) {
      this.#warn("AUTHZ_GROUP_REQUIREMENT", `no token is issued, for ${NO_MAP}`);
    } else if (found.groupMap === undefined && found.groupTemplate !== undefined) {
      this.#warn("AUTHZ_GROUP_TEMPLATE", `no scope is issued for groups, for ${NO_MAP}`);
    }
    if (found.profile.needsAudience && found.audience.length === 0) {
      this.#warn(
        "TOKEN_AUDIENCE",
        `no token is issued, for ${found.profile.title} tokens need one`,
      );
    }
    if (!found.profile.known) {
      this.#warn("TOKEN_VERSION", `"${found.profile.title}" is no version that servers know`);
    }
    if (found.profile.type === "at+jwt" && found.clientId === undefined) {
      this.#refuse("CLIENT_ID", "it is not set, and at+jwt tokens need it");
    }
  }
}

const NO_TEMPLATE = Template.parse("", []);
const NO_MAP = "LOCAL_CREDMON_AUTHZ_GROUP_MAPFILE is not set";

function isWord(text: string): boolean {
  return /^[\x21-\x7e]+$/.test(text);
}
