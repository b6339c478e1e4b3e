/** What goes wrong with the credential directory. */

/**
 * Stable words for what went wrong: `unsafe` (owner, mode, a link: an administrator has to look),
 * `missing`, `replaced` (another directory or lock has taken the place), `name` (no name of a user,
 * a credential or a file), `large`, `full` (disk or quota), `read-only`, `denied`, `failed` (the
 * disk's own errors and all else).
 */
export type StoreErrorCode =
  | "unsafe"
  | "missing"
  | "replaced"
  | "name"
  | "large"
  | "full"
  | "read-only"
  | "denied"
  | "failed";

/** The credential directory, or a file in it, cannot be used: one line that says what to do. */
export class StoreError extends Error {
  override readonly name = "StoreError";

  /** @param code the stable word; `cause` is the system call's error where there was one */
  constructor(readonly code: StoreErrorCode, message: string, options: ErrorOptions = {}) {
    super(message, options);
  }
}
