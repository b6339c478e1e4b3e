/** Why a command runs without a token. */
export class TokenEnvError extends Error {
  override readonly name = "TokenEnvError";

  /**
   * @param code stable word, e.g. `no-token`
   * @param message one line, the state found; never a secret
   */
  constructor(readonly code: string, message: string, options?: ErrorOptions) {
    super(message, options);
  }
}
