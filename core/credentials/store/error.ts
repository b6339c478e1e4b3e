/** What goes wrong with the credential directory. */
import { PosixError } from "../../posix/mod.ts";

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

  /**
   * @param code the stable word
   * @param options.cause the system call's error, where there was one
   */
  constructor(readonly code: StoreErrorCode, message: string, options: ErrorOptions = {}) {
    super(message, options);
  }
}

/** What comes of a system call's error, and what an administrator can do about it. */
const KINDS: Readonly<Record<string, readonly [code: StoreErrorCode, remedy?: string]>> = {
  EACCES: ["denied", "run this as root, or as the owner of the directory"],
  EDQUOT: ["full", "raise the quota"],
  EFBIG: ["large"],
  EISDIR: ["unsafe", "remove that directory"],
  ELOOP: ["unsafe", "remove that symbolic link"],
  ENOENT: ["missing"],
  ENOSPC: ["full", "free some"],
  EPERM: ["denied", "run this as root, or as the owner of the directory"],
  EROFS: ["read-only", "mount it for writing"],
};

/**
 * The store's error for whatever was thrown.
 *
 * @param action what was tried, e.g. `Cannot write "alice/scitokens.use"`
 */
export function storeError(error: unknown, action: string): StoreError {
  if (error instanceof StoreError) return error;
  if (!(error instanceof PosixError)) {
    return new StoreError("failed", `${action}: ${String(error)}`, { cause: error });
  }
  const [code, remedy] = KINDS[error.code] ?? ["failed"];
  const line = `${action}: ${error.state}${remedy === undefined ? "" : `, ${remedy}`}`;
  return new StoreError(code, line, { cause: error });
}

/** Whether a system call found nothing by that name, or no directory on the way to it. */
export function isGone(error: unknown): boolean {
  return error instanceof PosixError && error.code === "ENOENT";
}
