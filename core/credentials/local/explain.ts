/** Says what the configuration of the local issuer means (`--check-config`). */
import type { HttpClient } from "../../http/mod.ts";
import { checkPublished, type FetchIssuerKeys, type PublishedCheck } from "./check_published.ts";
import { explainLines } from "./explain_lines.ts";
import { GrantError, makeGrant } from "./grant.ts";
import { type GroupMap, GroupMapError, readGroupMap } from "./group_map.ts";
import type { SettingSource } from "./knobs.ts";
import { type FoundProvider, readProviders } from "./open.ts";
import { otherOwners, type Owner } from "./ownership.ts";
import type { LocalProvider } from "./provider.ts";

/** A provider as it is configured. */
export interface ProviderReport {
  readonly name: string;
  /** Whose it is in the credd's eyes. */
  readonly owner: Owner;
  readonly problems: readonly string[];
  readonly warnings: readonly string[];
  /** All that follows: only for one that works. */
  readonly issuer?: string;
  readonly key?: {
    readonly path: string;
    readonly mode: string;
    readonly uid: number;
    readonly algorithm: string;
    readonly kid: string;
    /** RFC 7638. */
    readonly thumbprint: string;
  };
  readonly version?: string;
  readonly audience?: readonly string[];
  /** Seconds. */
  readonly lifetime?: number;
  /** Seconds that are left when a token is replaced. */
  readonly renewBefore?: number;
  readonly json?: boolean;
  readonly template?: string;
  readonly expression?: string;
  readonly groupTemplate?: string;
  readonly groupMap?: string;
  readonly groupRequirement?: string;
  /** What an example user gets. */
  readonly example?: {
    readonly user: string;
    readonly subject?: string;
    readonly scope?: string;
    /** Why there is none. */
    readonly state?: string;
  };
  /** Absent when that was not looked at. */
  readonly published?: PublishedCheck;
}

/** The whole of it. */
export interface Explanation {
  readonly providers: readonly ProviderReport[];
  /** Other providers that the configuration names. */
  readonly others: readonly { readonly name: string; readonly owner: Owner }[];
  readonly warnings: readonly string[];
}

/** How the configuration is looked at. */
export interface ExplainOptions {
  readonly hostname: string;
  readonly signal: AbortSignal;
  /** Fetches what issuers publish; nothing is fetched without it. */
  readonly http?: Pick<HttpClient, "fetch">;
  /** In the place of that, for tests. */
  readonly fetchKeys?: FetchIssuerKeys;
  /** `alice` unless given. */
  readonly user?: string;
}

/**
 * Looks at the configuration of the local issuer: whose each provider is, its key, what a user would
 * get, and whether the issuer publishes the key.
 *
 * @returns lines for people, an object for programs, and the exit status: 1 with any problem
 * @throws {ConfigError} for names of providers that are none
 */
export async function explainConfig(
  config: SettingSource,
  options: ExplainOptions,
): Promise<{ readonly lines: string[]; readonly json: Explanation; readonly status: 0 | 1 }> {
  const explanation = await explain(config, options);
  const isBad = explanation.providers.some(({ problems }) => problems.length > 0);
  return { lines: explainLines(explanation), json: explanation, status: isBad ? 1 : 0 };
}

async function explain(config: SettingSource, options: ExplainOptions): Promise<Explanation> {
  const { http, hostname } = options;
  const fetchKeys = options.fetchKeys ??
    (http === undefined ? undefined : async (issuer: string, signal: AbortSignal) => {
      // Only this needs it, and the daemon is to start quickly.
      const { fetchIssuerKeys } = await import("../issuer/published.ts");
      return await fetchIssuerKeys(issuer, { http, signal });
    });
  const { found, warnings } = await readProviders(config, { hostname });
  const providers: ProviderReport[] = [];
  for (const one of found) providers.push(await report(one, options, fetchKeys));
  return { providers, others: otherOwners(config, found.map(({ name }) => name)), warnings };
}

async function report(
  { name, provider, key, problems, warnings }: FoundProvider,
  { user = "alice", signal }: ExplainOptions,
  fetchKeys: FetchIssuerKeys | undefined,
): Promise<ProviderReport> {
  const said = { problems: problems.map(({ text }) => text), warnings: [...warnings] };
  const owner = "local";
  if (provider === undefined || key === undefined) return { name, owner, ...said };
  const example = exampleOf(provider, user, said);
  const published = fetchKeys && await checkPublished(provider, fetchKeys, signal);
  if (published?.problem !== undefined) said.problems.push(published.problem);
  const { expression, groupTemplate, groupMap, groupRequirement } = provider;
  return {
    name,
    owner,
    ...said,
    issuer: provider.issuer,
    key: {
      path: key.path,
      mode: key.mode.toString(8).padStart(4, "0"),
      uid: key.uid,
      algorithm: key.key.algorithm,
      kid: provider.keyId,
      thumbprint: key.key.thumbprint,
    },
    version: provider.profile.title,
    audience: provider.audience,
    lifetime: provider.lifetime,
    renewBefore: provider.renewBefore,
    json: provider.useJson,
    template: provider.authorization.text,
    ...(expression !== undefined && { expression: expression.text }),
    ...(groupTemplate !== undefined && { groupTemplate: groupTemplate.text }),
    ...(groupMap !== undefined && { groupMap }),
    ...(groupRequirement !== undefined && { groupRequirement }),
    example,
    ...(published !== undefined && { published }),
  };
}

interface Said {
  readonly problems: string[];
  readonly warnings: string[];
}

function exampleOf(
  provider: LocalProvider,
  user: string,
  said: Said,
): NonNullable<ProviderReport["example"]> {
  const map = mapOf(provider, said);
  try {
    const grant = makeGrant(provider, { user, map, note: (line) => said.warnings.push(line) });
    if ("missingGroup" in grant) {
      return { user, state: `an empty token, for lack of group "${grant.missingGroup}"` };
    }
    return { user, subject: grant.subject, scope: grant.scope };
  } catch (error) {
    if (!(error instanceof GrantError)) throw error;
    return { user, state: `no token: ${error.message}` };
  }
}

function mapOf(
  { groupMap: path, groupRequirement }: LocalProvider,
  { problems, warnings }: Said,
): GroupMap | undefined {
  if (path === undefined) return undefined;
  try {
    return readGroupMap(path);
  } catch (error) {
    if (!(error instanceof GroupMapError)) throw error;
    // With a required group nobody gets a token.
    const line = `Cannot read group map "${path}": ${error.message}`;
    (groupRequirement === undefined ? warnings : problems).push(line);
    return undefined;
  }
}
