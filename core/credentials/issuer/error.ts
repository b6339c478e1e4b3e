/** What keeps an issuer's published keys from being used. */

/**
 * Stable words: `not-https` (the issuer or a place it names), `unreachable`, `timeout`, `status`,
 * `redirect`, `large`, `not-json`, `wrong-issuer`, `no-jwks-uri`, `no-keys`.
 */
export type IssuerErrorCode =
  | "not-https"
  | "unreachable"
  | "timeout"
  | "status"
  | "redirect"
  | "large"
  | "not-json"
  | "wrong-issuer"
  | "no-jwks-uri"
  | "no-keys";

/** The keys of an issuer cannot be had: one line with the URL and what is wrong there. */
export class IssuerError extends Error {
  override readonly name = "IssuerError";

  /**
   * @param code the stable word
   * @param options.cause the error underneath, where there was one
   */
  constructor(readonly code: IssuerErrorCode, message: string, options: ErrorOptions = {}) {
    super(message, options);
  }
}
