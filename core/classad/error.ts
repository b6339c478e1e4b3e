/**
 * The one error of this room.
 */

/** What kind of trouble a {@link ClassAdError} reports. */
export type ClassAdErrorCode =
  /** The text is not an ad or an expression. */
  | "syntax"
  /** The text, the ad or its evaluation exceeds a limit. */
  | "limit"
  /** A value cannot be written as asked. */
  | "value";

/**
 * Text that is no ClassAd, or one beyond a limit.
 *
 * `offset` counts bytes from the start of the text, and is -1 where no text was read.
 */
export class ClassAdError extends Error {
  override readonly name = "ClassAdError";
  readonly code: ClassAdErrorCode;
  readonly offset: number;

  constructor(code: ClassAdErrorCode, message: string, offset = -1) {
    super(message);
    this.code = code;
    this.offset = offset;
  }
}
