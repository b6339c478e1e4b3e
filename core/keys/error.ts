/** What keeps a key from being used. */

/** Stable words for what is wrong with a key. */
export type KeyErrorCode =
  | "not-pem"
  | "too-large"
  | "encrypted"
  | "several-keys"
  | "trailing-data"
  | "bad-base64"
  | "bad-der"
  | "wrong-kind"
  | "wrong-type"
  | "wrong-curve"
  | "too-small"
  | "bad-number"
  | "mismatch"
  | "not-json"
  | "no-keys"
  | "same-kid";

/** A key that cannot be used. Neither its text nor its fields hold anything of the key itself. */
export class KeyError extends Error {
  override readonly name = "KeyError";

  /**
   * @param code stable word
   * @param state the state found alone, for callers that name the file: `Cannot use "f": <state>`
   */
  constructor(readonly code: KeyErrorCode, readonly state: string) {
    super(`Cannot use the key: ${state}`);
  }
}
