/** The certificate authorities that every TLS connection of the project trusts. */
import { readRoots, type Roots } from "./roots.ts";

/**
 * The authorities that the environment and the system name, those left out that TLS cannot use.
 *
 * @param env the environment
 */
export function trustedRoots(env: (name: string) => string | undefined): Promise<Roots> {
  return readRoots(env, { accepts: takesCertificates });
}

/** Whether the TLS library takes all of the certificates. */
function takesCertificates(caCerts: string[]): boolean {
  try {
    Deno.createHttpClient({ caCerts }).close();
    return true;
  } catch {
    return false;
  }
}
