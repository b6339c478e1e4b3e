/** Finds out which annex this is and where its archive lies: two questions at once. */
import { type AnnexName, findAnnexName } from "./annex_name.ts";
import { findPlaces } from "./archive_places.ts";
import type { InstanceFacts } from "./facts.ts";
import { FAILURE_PAUSES, type GiveUpClock, TAG_PAUSES } from "./give_up.ts";
import type { AnnexHost } from "./host.ts";
import type { ArchivePlace } from "./policy.ts";
import type { Services } from "./services.ts";
import type { AnnexSettings } from "./settings.ts";

/** What all of the discovery is done with. */
export interface DiscoveryOptions {
  readonly settings: AnnexSettings;
  readonly facts: InstanceFacts;
  readonly services: Services;
  readonly clock: GiveUpClock;
  /** Is told of each sign that this is an annex's instance. */
  sign(word: string): void;
}

/** Tries for a role that may not see its own policies: nothing says that it ever will. */
const DENIED_ATTEMPTS = 3;

/**
 * Waits until both are known.
 *
 * @throws {AnnexError} what is final, or the last failure when the time is over
 */
export async function discover(
  host: AnnexHost,
  options: DiscoveryOptions,
): Promise<{ readonly name: AnnexName; readonly places: readonly ArchivePlace[] }> {
  const { settings, facts, services, clock, sign } = options;
  const ended = new AbortController();
  const signal = AbortSignal.any([host.signal, ended.signal]);
  const name = clock.retry(
    (signal) => findAnnexName(host, { facts, settings, questions: services.names, signal, sign }),
    {
      action: "Cannot find the annex's name",
      signal,
      pauses: ({ code }) => code === "no-name-yet" ? TAG_PAUSES : FAILURE_PAUSES,
    },
  );
  const places = clock.retry((signal) => lookForPlaces(host, options, signal), {
    action: "Cannot find the archive",
    signal,
    attempts: ({ code }) => code === "denied" ? DENIED_ATTEMPTS : undefined,
  });
  try {
    const [found, where] = await Promise.all([name, places]);
    return { name: found, places: where };
  } catch (error) {
    // The other question has lost its purpose; its end is waited for, so that nothing goes on.
    ended.abort(error);
    await Promise.allSettled([name, places]);
    throw error;
  }
}

/**
 * Looks at the policies once.
 *
 * @throws {AnnexError}, and what `findPlaces()` throws
 */
export async function lookForPlaces(
  host: AnnexHost,
  { settings, facts, services, sign }: DiscoveryOptions,
  signal: AbortSignal,
): Promise<readonly ArchivePlace[]> {
  const { partition } = facts;
  const places = await findPlaces(host, { settings, partition, questions: services.roles, signal });
  if (settings.bucket === "") sign("role-policy");
  return places;
}
