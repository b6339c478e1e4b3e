/** Configuration that cannot be used; the message begins with its origin when there is one. */
export class ConfigError extends Error {
  override readonly name = "ConfigError";
  /** `file:line`, or what else set the value. */
  readonly origin: string | undefined;

  constructor(message: string, origin?: string, options?: ErrorOptions) {
    super(origin === undefined ? message : `${origin}: ${message}`, options);
    this.origin = origin;
  }

  /** The same error with an origin, unless it has one. */
  at(origin: string): ConfigError {
    return this.origin === undefined
      ? new ConfigError(this.message, origin, { cause: this })
      : this;
  }
}

/** Quotes a piece of configuration for a message: printable, and not too long. */
export function quote(text: string): string {
  return JSON.stringify(text.length > 100 ? `${text.slice(0, 100)}...` : text);
}
