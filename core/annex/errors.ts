/** What stops the set-up of an annex instance. */

/** How a failure is met: tried again until the give-up clock ends, or final at once. */
export interface AnnexErrorFacts {
  /** Stable word for logs and for `check -json`, e.g. `no-instance-profile`. */
  readonly code: string;
  /** Whether the same may succeed later without anybody's help. */
  readonly retryable?: boolean;
  /** What an administrator can do, as a sentence without a full stop. */
  readonly remedy?: string;
  /** Seconds the other side wants to be left alone. */
  readonly retryAfter?: number;
  readonly cause?: unknown;
}

/**
 * A failed step. The message is one line without secrets.
 *
 * ```ts
 * import { AnnexError } from "./errors.ts";
 * throw new AnnexError("Cannot find a role: the instance has no instance profile", {
 *   code: "no-instance-profile",
 *   remedy: "start the instance with the profile that condor_annex -setup made",
 * });
 * ```
 */
export class AnnexError extends Error {
  override readonly name = "AnnexError";
  /** Stable word. */
  readonly code: string;
  readonly retryable: boolean;
  readonly remedy: string | undefined;
  /** Seconds; 0 when nobody asked for a pause. */
  readonly retryAfter: number;

  constructor(message: string, { code, retryable, remedy, retryAfter, cause }: AnnexErrorFacts) {
    super(message, cause === undefined ? undefined : { cause });
    this.code = code;
    this.retryable = retryable ?? false;
    this.remedy = remedy;
    this.retryAfter = retryAfter ?? 0;
  }
}
