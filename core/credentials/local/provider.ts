/** A provider that can issue tokens: its settings and its key. */
import type { SigningKey } from "../../keys/mod.ts";
import { KeyFileError, type LoadedKey, loadKey } from "./key_file.ts";
import type { Problem, ProviderSettings } from "./settings.ts";

/** A provider at work. */
export interface LocalProvider extends ProviderSettings {
  readonly signer: SigningKey;
  /** Checks signatures of that key. */
  readonly verifier: CryptoKey;
  /** Settings and key in one text: equal when tokens made before need not be made anew. */
  readonly identity: string;
}

/** What came of loading a provider's key. */
export interface LoadedProvider {
  readonly provider?: LocalProvider;
  readonly key?: LoadedKey;
  readonly problem?: Problem;
  readonly warnings: readonly string[];
}

const WEB_CRYPTO = {
  ES256: { name: "ECDSA", namedCurve: "P-256" },
  RS256: { name: "RSASSA-PKCS1-v1_5", hash: "SHA-256" },
} as const;

/** Loads a provider's key; what is wrong with it is in the result. */
export async function loadProvider(settings: ProviderSettings): Promise<LoadedProvider> {
  try {
    const key = await loadKey(settings.key);
    return { provider: await makeProvider(settings, key.key), key, warnings: key.warnings };
  } catch (error) {
    if (!(error instanceof KeyFileError)) throw error;
    const { knob, origin } = settings.key;
    const text = `${origin}: ${knob}: ${error.message}`;
    return { problem: { provider: settings.name, text }, warnings: [] };
  }
}

/** Puts settings and key together. */
async function makeProvider(
  settings: ProviderSettings,
  signer: SigningKey,
): Promise<LocalProvider> {
  const verifier = await crypto.subtle.importKey(
    "jwk",
    signer.publicJwk as JsonWebKey,
    WEB_CRYPTO[signer.algorithm],
    false,
    ["verify"],
  );
  return {
    ...settings,
    signer,
    verifier,
    identity: `${signer.thumbprint} ${settings.fingerprint}`,
  };
}
