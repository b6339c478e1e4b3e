/** Whether the world can check what is signed here. */
import type { IssuerKeys } from "../issuer/published.ts";
import type { LocalProvider } from "./provider.ts";

/** What came of looking at what an issuer publishes. */
export interface PublishedCheck {
  /** Where its keys are. */
  readonly jwksUri?: string;
  readonly problem?: string;
}

/** Fetches what an issuer publishes. @throws {Error} whose message says what is wrong there */
export type FetchIssuerKeys = (issuer: string, signal: AbortSignal) => Promise<IssuerKeys>;

/**
 * Compares a provider's key with those that its issuer publishes: there has to be one of its name,
 * `kid`, and it has to be the same.
 *
 * @throws the signal's reason
 */
export async function checkPublished(
  { issuer, keyId, signer }: LocalProvider,
  fetch: FetchIssuerKeys,
  signal: AbortSignal,
): Promise<PublishedCheck> {
  let found: IssuerKeys;
  try {
    found = await fetch(issuer, signal);
  } catch (error) {
    signal.throwIfAborted();
    if (!(error instanceof Error)) throw error;
    return { problem: error.message };
  }
  const { keys, jwksUri } = found;
  const named = keys.filter(({ kid }) => kid === keyId);
  if (named.some(({ thumbprint }) => thumbprint === signer.thumbprint)) return { jwksUri };
  const same = keys.find(({ thumbprint }) => thumbprint === signer.thumbprint);
  const state = named.length > 0
    ? `the key "${keyId}" in it is another one: publish this one`
    : same?.kid !== undefined
    ? `the key is in it as "${same.kid}": set KEY_ID to that`
    : same !== undefined
    ? `the key is in it without a name: publish it as "${keyId}"`
    : `no key "${keyId}" is in it: publish it there`;
  return { jwksUri, problem: `Cannot use "${jwksUri}": ${state}` };
}
