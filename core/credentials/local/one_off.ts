/** Tokens for tests of an administrator's, and `.top` files for users who have not submitted yet. */
import { isUserName, showName } from "../names.ts";
import { TendFailure } from "../monitor.ts";
import { type CredentialStore, StoreError } from "../store/mod.ts";
import { GrantError, makeGrant } from "./grant.ts";
import { type GroupMap, GroupMapError, readGroupMap } from "./group_map.ts";
import { issue, type Issued } from "./issue.ts";
import { failureText } from "./monitor.ts";
import type { LocalProvider } from "./provider.ts";
import type { Narrowing } from "./request.ts";
import type { SignOptions } from "./token.ts";

/** Whom a token is for. */
export interface OneOffOptions extends SignOptions {
  readonly user: string;
  readonly provider: string;
  /** Less than all that the user may have. */
  readonly request?: Narrowing;
  /** Takes a line about something that was left out. */
  readonly note?: (line: string) => void;
}

/**
 * Makes a token as it would be issued to a user, without touching the credential directory.
 *
 * @returns `text` is that of a `.use`: a secret
 * @throws {TendFailure}
 */
export async function issueToken(
  providers: readonly LocalProvider[],
  options: OneOffOptions,
): Promise<Issued> {
  const { user, provider: name } = options;
  const fail = (code: string, state: string, cause?: unknown) =>
    new TendFailure(code, failureText({ user, name }, state), { cause });
  const provider = providers.find((one) => one.name === name);
  if (provider === undefined) throw fail("disabled", "no such local provider works");
  try {
    const grant = makeGrant(provider, { ...options, ...readMap(provider, options) });
    return await issue(provider, grant, { ...options, name, reason: "asked for" });
  } catch (error) {
    if (error instanceof GrantError) throw fail(error.code, error.message, error);
    throw error;
  }
}

function readMap(
  { groupMap: path }: LocalProvider,
  { note }: OneOffOptions,
): { readonly map?: GroupMap; readonly mapReason?: string } {
  if (path === undefined) return {};
  try {
    return { map: readGroupMap(path) };
  } catch (error) {
    if (!(error instanceof GroupMapError)) throw error;
    note?.(`Cannot read group map "${path}": ${error.message}`);
    return { mapReason: error.message };
  }
}

/** How many credentials were asked for. */
export interface PreCreated {
  readonly created: number;
  /** That were asked for before. */
  readonly present: number;
  readonly failed: number;
}

/** Files made at once. */
const AT_ONCE = 16;

/**
 * Asks for the credentials of all users of a group map, as HTCondor's credd does at their first
 * submission: makes `<user>/` and `.top` files, unless they are there. The next scan issues tokens.
 *
 * @param options.names of the providers
 * @param options.asked takes a line for each credential that is new
 * @param options.note takes a line for each user who gets none
 * @throws {GroupMapError}, or the signal's reason
 */
export async function preCreate(
  store: CredentialStore,
  mapFile: string,
  { names, asked, note, signal }: {
    readonly names: readonly string[];
    readonly asked: (line: string) => void;
    readonly note: (line: string) => void;
    readonly signal: AbortSignal;
  },
): Promise<PreCreated> {
  const counts = { created: 0, present: 0, failed: 0 };
  const work = pairs(readGroupMap(mapFile), names);
  const worker = async () => {
    for (const { user, name } of work) {
      signal.throwIfAborted();
      try {
        if (!isUserName(user)) throw new StoreError("name", "that is no name of a user");
        const made = await store.create({ user, name }, new TextEncoder().encode(user));
        counts[made]++;
        if (made === "created") asked(`Asked for credential ${name} of user ${user} (${mapFile})`);
      } catch (error) {
        if (!(error instanceof StoreError)) throw error;
        counts.failed++;
        note(`Cannot ask for ${showName(name)} of user ${showName(user)}: ${error.message}`);
      }
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, worker));
  return counts;
}

function* pairs(map: GroupMap, names: readonly string[]) {
  for (const user of map.users()) for (const name of names) yield { user, name };
}
