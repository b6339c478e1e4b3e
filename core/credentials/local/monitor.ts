/** The monitor of credentials that are issued on this machine. */
import { type Monitor, type TendContext, type Tended, TendFailure } from "../monitor.ts";
import { isCredentialName, isUserName, type NameOptions, showName, splitName } from "../names.ts";
import { type CredentialName, type ListedCredential, StoreError } from "../store/mod.ts";
import { judge, LARGEST_USE } from "./due.ts";
import { type Denial, type Grant, GrantError, makeGrant } from "./grant.ts";
import { GroupMaps, type GroupMapsOptions } from "./group_maps.ts";
import { issue } from "./issue.ts";
import { type Basis, type Found, Memory } from "./memory.ts";
import type { LocalProvider } from "./provider.ts";
import { type Narrowing, readRequest, RequestError } from "./request.ts";
import type { Problem } from "./settings.ts";
import type { SignOptions } from "./token.ts";
import { printUse } from "./use_file.ts";

/** What a {@linkcode LocalMonitor} is made of. */
export interface LocalMonitorOptions extends NameOptions {
  readonly providers: readonly LocalProvider[];
  /** Providers that cannot issue: their credentials fail, each with the problem. */
  readonly problems?: readonly Problem[];
  /** Takes a line for the log about something that was left out, said once. */
  readonly note: (line: string) => void;
  /** The monitor before a change of configuration, whose knowledge is taken over where it holds. */
  readonly previous?: LocalMonitor | undefined;
  readonly readMap?: GroupMapsOptions["read"];
  readonly id?: SignOptions["id"];
}

/** Milliseconds until an empty token is looked at again. */
const LOOK_AGAIN = 60_000;

/** The shortest `.top` that asks for something: `{"scopes":"a"}`. */
const SHORTEST_REQUEST = 14;

/** Most different lines about what was left out. */
const MOST_NOTES = 100;

/** A provider in one scan. */
interface ProviderState {
  readonly provider: LocalProvider;
  basis: Basis;
  /** Of the time before its group map could not be read any more. */
  lastIdentity: string | undefined;
}

/**
 * Issues tokens: one for each credential of its providers, anew at half its life, or as soon as it is
 * not what would be issued now.
 */
export class LocalMonitor implements Monitor {
  readonly label = "LOCAL";
  readonly local = true;
  readonly concurrency = 16;
  readonly deadline = 10_000;
  readonly #options: LocalMonitorOptions;
  readonly #states = new Map<string, ProviderState>();
  readonly #broken = new Map<string, string>();
  readonly #maps: GroupMaps;
  readonly #memory: Memory;
  readonly #noted = new Set<string>();
  #hasBegun = false;

  constructor(options: LocalMonitorOptions) {
    this.#options = options;
    for (const provider of options.providers) {
      const basis = { identity: provider.identity };
      this.#states.set(provider.name, { provider, basis, lastIdentity: undefined });
    }
    for (const { provider, text } of options.problems ?? []) {
      if (!this.#states.has(provider) && !this.#broken.has(provider)) {
        this.#broken.set(provider, text);
      }
    }
    const paths = options.providers.flatMap(({ groupMap }) => groupMap ?? []);
    const { readMap } = options;
    this.#maps = new GroupMaps(paths, {
      note: (line) => options.note(line),
      ...(readMap !== undefined && { read: readMap }),
    });
    const { previous } = options;
    this.#memory = previous === undefined ? new Memory() : previous.#memory;
  }

  /** A provider that works. */
  providerOf(name: string): LocalProvider | undefined {
    return this.#states.get(name)?.provider;
  }

  owns({ user, name }: ListedCredential): boolean {
    const parts = splitName(name, this.#options);
    if (parts !== undefined) {
      return this.#states.has(parts.provider) || this.#broken.has(parts.provider);
    }
    if (name.endsWith("_") && this.#states.has(name.slice(0, name.indexOf("_")))) {
      this.#note(
        `Credential ${showName(name)} of user ${showName(user)} is skipped: it ends in "_"`,
      );
    }
    return false;
  }

  begin(): void {
    this.#hasBegun = true;
    this.#maps.refresh();
    this.#memory.begin();
    for (const state of this.#states.values()) {
      const { provider } = state;
      const map = provider.groupMap === undefined ? undefined : this.#maps.get(provider.groupMap);
      const identity = (suffix = "") => `${provider.identity} ${suffix}`;
      const now = identity(map?.identity);
      if (state.basis.identity !== now) state.basis = { identity: now };
      state.lastIdentity = map?.lastIdentity === undefined ? undefined : identity(map.lastIdentity);
    }
  }

  async tend(credential: ListedCredential, context: TendContext): Promise<Tended> {
    if (!this.#hasBegun) this.begin();
    const { user, name } = credential;
    try {
      return await this.#tend(credential, this.#stateOf(credential), context);
    } catch (error) {
      if (
        !(error instanceof GrantError || error instanceof StoreError ||
          error instanceof RequestError)
      ) throw error;
      const code = error instanceof RequestError ? "request" : error.code;
      const where = error instanceof RequestError ? "cannot use what was asked for: " : "";
      const message = failureText({ user, name }, where + error.message);
      throw new TendFailure(code, message, { cause: error });
    }
  }

  async #tend(
    credential: ListedCredential,
    state: ProviderState,
    { store, now, signal }: TendContext,
  ): Promise<Tended> {
    const { provider, basis } = state;
    const known = this.#memory.find(credential);
    if (known !== undefined && isCurrent(known, state)) {
      const fresh = freshness(known, provider, now);
      if (fresh !== undefined) return fresh;
    }
    const grant = this.#grantOf(credential, state, store);
    if (grant === undefined) return this.#gone(credential);
    const digest = await digestOf(JSON.stringify([provider.identity, grant]));
    if (known?.grant === digest) {
      // The map changed, and not for this user.
      const fresh = freshness(known, provider, now);
      if (fresh !== undefined) {
        this.#memory.keep(credential, { ...known, basis });
        return fresh;
      }
    }
    const reason = await this.#reason(credential, { state, grant, digest, store, now });
    if (typeof reason !== "string") return reason;
    signal.throwIfAborted();
    const { id } = this.#options;
    const issued = await issue(provider, grant, {
      user: credential.user,
      name: credential.name,
      reason,
      now,
      ...(id !== undefined && { id }),
    });
    signal.throwIfAborted();
    const bytes = new TextEncoder().encode(issued.text);
    const result = await store.publish(credential, "use", bytes, { mode: 0o400 });
    if (result === "gone") return this.#gone(credential);
    const { expires, due, line } = issued;
    const found = { basis, grant: digest, expires, due };
    this.#memory.keepPublished(credential, found, await digestOf(bytes));
    return {
      kind: "renewed",
      ...(expires !== undefined && { expires }),
      next: due ?? now + LOOK_AGAIN,
      line,
    };
  }

  /** Why a new file is needed, or that none is. */
  async #reason(
    credential: ListedCredential,
    { state, grant, digest, store, now }: Pick<TendContext, "store" | "now"> & {
      readonly state: ProviderState;
      readonly grant: Grant | Denial;
      readonly digest: string;
    },
  ): Promise<string | Tended> {
    const { provider, basis } = state;
    if (credential.use === undefined) return "there was none";
    const bytes = readUseFile(credential, store);
    if (bytes === undefined) return "it could not be read";
    const published = this.#memory.published(credential);
    if (published !== undefined && published.digest === await digestOf(bytes)) {
      const fresh = isCurrent(published, state) ? freshness(published, provider, now) : undefined;
      if (fresh !== undefined) {
        this.#memory.keep(credential, published);
        return fresh;
      }
    }
    if ("missingGroup" in grant) {
      const isEmpty = new TextDecoder().decode(bytes) === printUse("", provider);
      if (!isEmpty) return "membership was lost";
      const found = { basis, grant: digest, expires: undefined, due: undefined };
      this.#memory.keep(credential, found);
      return freshness(found, provider, now)!;
    }
    const verdict = await judge(bytes, { provider, wanted: grant, now });
    if (verdict.kind === "due") return verdict.reason;
    const { expires, due } = verdict;
    this.#memory.keep(credential, { basis, grant: digest, expires, due });
    return { kind: "fresh", expires, next: due };
  }

  #stateOf({ name }: ListedCredential): ProviderState {
    const provider = splitName(name, this.#options)?.provider ?? "";
    const state = this.#states.get(provider);
    if (state !== undefined) return state;
    const problem = this.#broken.get(provider) ?? "it is not configured";
    throw new GrantError("disabled", `provider "${provider}" is switched off: ${problem}`);
  }

  /** What is granted, or why nothing is: from memory while nothing changes. */
  #grantOf(
    credential: ListedCredential,
    { provider, basis }: ProviderState,
    store: TendContext["store"],
  ): Grant | Denial | undefined {
    const known = this.#memory.refusal(credential, basis);
    if (known !== undefined) throw known;
    try {
      const request = this.#requestOf(credential, store);
      return request && this.#grantFor(credential.user, provider, request);
    } catch (error) {
      // A map that cannot be read may be readable at any moment.
      const stays = error instanceof RequestError ||
        (error instanceof GrantError && error.code !== "no-map");
      if (stays) this.#memory.refuse(credential, basis, error);
      throw error;
    }
  }

  #requestOf(
    credential: ListedCredential,
    store: TendContext["store"],
  ): Narrowing | undefined {
    if (credential.top.size < SHORTEST_REQUEST) return {};
    const top = store.readTop(credential);
    return top === undefined ? undefined : readRequest(top);
  }

  #grantFor(user: string, provider: LocalProvider, request: Narrowing): Grant | Denial {
    const map = provider.groupMap === undefined ? undefined : this.#maps.get(provider.groupMap);
    return makeGrant(provider, {
      user,
      map: map?.map,
      mapReason: map?.reason,
      request,
      note: (line) => this.#note(`For provider "${provider.name}", ${line}`),
    });
  }

  #gone(credential: ListedCredential): Tended {
    this.#memory.forget(credential);
    return { kind: "gone" };
  }

  #note(line: string): void {
    if (this.#noted.has(line) || this.#noted.size > MOST_NOTES) return;
    this.#noted.add(line);
    const last = this.#noted.size > MOST_NOTES;
    this.#options.note(last ? "More was left out, which is not said any more" : line);
  }
}

/** How each failure begins; sites look for that. A name that is none could forge a line. */
export function failureText({ user, name }: CredentialName, state: string): string {
  const shown = isUserName(user) ? user : showName(user);
  const credential = isCredentialName(name) ? name : showName(name);
  return `Failed to renew SciToken for user: ${shown} (${credential}): ${state}`;
}

/** While a map cannot be read, tokens that were made with it are not replaced before their time. */
function isCurrent({ basis }: Found, state: ProviderState): boolean {
  return basis === state.basis || basis.identity === state.basis.identity ||
    basis.identity === state.lastIdentity;
}

/** That a known file needs nothing, unless its time has come or the clock was set back. */
function freshness(
  { expires, due }: Found,
  { lifetime }: LocalProvider,
  now: number,
): Tended | undefined {
  if (expires === undefined || due === undefined) return { kind: "fresh", next: now + LOOK_AGAIN };
  const isRight = now < due && expires - lifetime * 1000 <= now;
  return isRight ? { kind: "fresh", expires, next: due } : undefined;
}

/** What cannot be read is replaced. */
function readUseFile(
  credential: ListedCredential,
  store: TendContext["store"],
): Uint8Array<ArrayBuffer> | undefined {
  try {
    return store.readUse(credential, LARGEST_USE);
  } catch (error) {
    if (error instanceof StoreError) return undefined;
    throw error;
  }
}

/** WebCrypto's, for Node's library takes a third of the time in which the daemon is to start. */
async function digestOf(content: Uint8Array<ArrayBuffer> | string): Promise<string> {
  const bytes = typeof content === "string" ? new TextEncoder().encode(content) : content;
  return new Uint8Array(await crypto.subtle.digest("SHA-256", bytes)).toBase64();
}
