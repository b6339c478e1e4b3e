/** Why a file of a checkpoint could not be removed. */

/** The exit statuses that all clean-up plug-ins share, by name; 0 means that the file is gone. */
export const EXIT_STATUS = {
  /** Wrong arguments, or a URL that the prefix does not begin. */
  Usage: 1,
  /** The store refused, or an error that trying again does not mend. */
  NotDeleted: 2,
  /** The name would lead out of its checkpoint. */
  Unsafe: 3,
  /** The store is not there: not mounted, not enabled, unable to do it. */
  StoreUnavailable: 4,
  /** Credentials missing or rejected. */
  Credentials: 5,
  /** Nobody answers, or asks to come back later (EX_TEMPFAIL of sysexits.h). */
  Transient: 75,
} as const;

/** Longest pause that a store can ask for, in seconds. */
export const LONGEST_PAUSE = 3600;

/** The kinds of failure. */
export type CleanupFailureKind = keyof typeof EXIT_STATUS;

/**
 * A file that could not be removed.
 *
 * The message is one line for the job's owner and the administrator: what was tried, on what, and
 * the state found; never a secret.
 */
export class CleanupFailure extends Error {
  override readonly name = "CleanupFailure";
  /** Seconds the store asked to wait for, with `Transient`. */
  readonly retryAfter: number | undefined;

  constructor(
    readonly kind: CleanupFailureKind,
    message: string,
    options: { cause?: unknown; retryAfter?: number } = {},
  ) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.retryAfter = options.retryAfter;
  }

  /** What a plug-in ends with. */
  get exitStatus(): number {
    return EXIT_STATUS[this.kind];
  }
}
