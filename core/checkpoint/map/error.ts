/** A map file that cannot be used; the message names the file and what is wrong with it. */
export class MapError extends Error {
  override readonly name = "MapError";
  /** It exceeds a limit that holds for all files together. */
  readonly isBound: boolean;

  constructor(
    message: string,
    { isBound = false, ...options }: ErrorOptions & { isBound?: boolean } = {},
  ) {
    super(message, options);
    this.isBound = isBound;
  }
}
