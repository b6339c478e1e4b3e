/** What the tests of the http store have in common. */
import { ClassAd } from "../../../core/classad/mod.ts";
import type { CleanupFailure } from "../../../core/checkpoint/failure.ts";
import { type JobLocation, parseBase } from "../../../core/checkpoint/location.ts";
import type { Store, StoreContext } from "../../../core/checkpoint/store.ts";
import { httpBackEnd } from "../../../core/checkpoint/stores/http.ts";

export const GID = "ap.example.org_12.0_1795235583";

/** A context in which nothing is found unless given. */
export function contextWith(
  parts: {
    readonly env?: Readonly<Record<string, string>>;
    readonly ad?: Readonly<Record<string, string>>;
    readonly home?: string;
    readonly parallel?: number;
    readonly said?: string[];
  } = {},
): StoreContext {
  const { env = {}, ad, home, parallel = 16, said = [] } = parts;
  return {
    env: (name) => env[name],
    parallel,
    user: home === undefined ? undefined : { name: "alice", home },
    jobAd: () => {
      if (ad === undefined) return Promise.resolve(undefined);
      const job = new ClassAd();
      for (const [name, value] of Object.entries(ad)) job.set(name, value);
      return Promise.resolve(job);
    },
    verbose: (text) => void said.push(text),
  };
}

/** Opens the store of a line of the map. */
export function open(args: readonly string[], context = contextWith()): Promise<Store> {
  return httpBackEnd.open(args, context);
}

/** How a removal ended: by name, nothing for what is gone. */
export type Ended = Record<string, CleanupFailure | undefined>;

/** Removes files of checkpoint 3 of the job. */
export async function remove(
  store: Store,
  destination: string,
  names: readonly (string | Uint8Array)[],
  { whole, signal = new AbortController().signal, number = "0003" }: {
    readonly whole?: boolean;
    readonly signal?: AbortSignal;
    readonly number?: string;
  } = {},
): Promise<Ended> {
  const ended: Ended = {};
  const encoder = new TextEncoder();
  await store.remove({
    base: parseBase(`${destination}/${GID}/${number}`),
    ignoreMissing: false,
    count: names.length,
    name: (i) => typeof names[i] === "string" ? encoder.encode(names[i]) : names[i]!,
    ...(whole && { whole }),
  }, {
    signal,
    done: (i, failure) => {
      const name = `${names[i]}`;
      if (name in ended) throw new Error(`"${name}" is reported twice`);
      ended[name] = failure;
    },
  });
  return ended;
}

/** The kinds of what failed, and nothing for what is gone. */
export function kinds(ended: Ended): Record<string, string> {
  return Object.fromEntries(
    Object.entries(ended).map(([name, how]) => [name, how?.kind ?? "gone"]),
  );
}

/** What `leftovers()` finds, sorted. */
export async function leftovers(store: Store, location: JobLocation): Promise<string[]> {
  const found: string[] = [];
  for await (const { number, name } of store.leftovers!(location, new AbortController().signal)) {
    found.push(`${number}/${new TextDecoder().decode(name)}`);
  }
  return found.sort();
}
