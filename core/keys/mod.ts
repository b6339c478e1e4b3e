/** Keys that sign tokens: PEM and JWK, read with care and written as others read them. */
export { KeyError, type KeyErrorCode } from "./error.ts";
export {
  generateKey,
  type KeyAlgorithm,
  type PublicKey,
  readPrivateKey,
  readPublicKey,
  type SigningKey,
} from "./key.ts";
export { keyId, type PublicJwk } from "./jwk.ts";
export { type JwkSet, jwkSet, type NamedKey, type PublishedKey, readJwkSet } from "./jwks.ts";
