/**
 * Signs tokens (RFC 7515, 7519). WebCrypto is used directly: the key was looked at when it was
 * loaded, and ten thousand tokens may be due at once.
 */
import type { Grant } from "./grant.ts";
import type { LocalProvider } from "./provider.ts";

/** A token and what may be said of it. */
export interface SignedToken {
  /** A secret. */
  readonly token: string;
  /** Its claim `jti`. */
  readonly id: string;
  /** Unix time in seconds. */
  readonly expires: number;
}

/** What a token is made with. */
export interface SignOptions {
  /** Unix time in milliseconds. */
  readonly now: number;
  /** Makes a version 4 UUID; the platform's unless given. */
  readonly id?: () => string;
}

const SIGNATURE = {
  ES256: { name: "ECDSA", hash: "SHA-256" },
  RS256: { name: "RSASSA-PKCS1-v1_5" },
} as const;

const encoder = new TextEncoder();

/** The header of a provider's tokens, in the order of its names: JSON text. */
export function headerOf(provider: LocalProvider): string {
  const { signer: { algorithm }, keyId, profile } = provider;
  return JSON.stringify({ alg: algorithm, kid: keyId, typ: profile.type });
}

/** Signs a token for what is granted. */
export async function signToken(
  provider: LocalProvider,
  grant: Grant,
  { now, id = () => crypto.randomUUID() }: SignOptions,
): Promise<SignedToken> {
  const iat = Math.floor(now / 1000);
  const exp = iat + provider.lifetime;
  const jti = id();
  const times = { exp, iat, nbf: iat - provider.nbfSkew, jti };
  const payload = JSON.stringify({ ...grant.head, ...times, ...grant.tail });
  const signed = `${base64url(encoder.encode(headerOf(provider)))}.${
    base64url(encoder.encode(payload))
  }`;
  const signature = await crypto.subtle.sign(
    SIGNATURE[provider.signer.algorithm],
    provider.signer.privateKey,
    encoder.encode(signed),
  );
  return { token: `${signed}.${base64url(new Uint8Array(signature))}`, id: jti, expires: exp };
}

/** Whether a provider's key has signed a text. */
export async function isSigned(
  provider: LocalProvider,
  text: string,
  signature: Uint8Array<ArrayBuffer>,
): Promise<boolean> {
  const algorithm = SIGNATURE[provider.signer.algorithm];
  return await crypto.subtle.verify(algorithm, provider.verifier, signature, encoder.encode(text));
}

function base64url(bytes: Uint8Array): string {
  return bytes.toBase64({ alphabet: "base64url", omitPadding: true });
}
