/**
 * The one failure type of a transfer, and its six kinds.
 *
 * Every failed attempt to move a file is exactly one of HTCondor's `TransferErrorData` stanzas
 * (manual, "File Transfer Plugins", section on structured errors). The result ad of a file is made
 * from these objects and from nothing else, so whoever detects a failure states all facts here.
 */

/** The stanzas HTCondor knows, by their `ErrorType`. */
export type FailureKind =
  | "Parameter"
  | "Resolution"
  | "Contact"
  | "Authorization"
  | "Specification"
  | "Transfer";

/** `FailureType` of the stanzas that have one; the last three are this project's own additions. */
export type FailureType =
  | "Definitive"
  | "PreContact"
  | "PostContact"
  | "Authentication"
  | "Authorization"
  | "TooSlow"
  | "NoSpace"
  | "TimedOut"
  | "Quota"
  | "Incomplete"
  | "Checksum"
  | "ServerError";

/** The facts of one failed attempt. */
export interface FailureFacts {
  /** What is attempted again: -1 pointless, 0 worth a retry, n > 0 not before n seconds. */
  readonly retryable: number;
  /** Number for `ErrorCode`: libcurl's numbering in the curl family, else HTTP status or errno. */
  readonly errorCode: number;
  /** `FailureType`, for the kinds that have one. */
  readonly failureType?: FailureType;
  /** `host:port` (or the local machine's name) where the failure was seen. */
  readonly server?: string;
  /** The name that did not resolve (Resolution only). */
  readonly name?: string;
  /** Whether a fresh credential may help (Authorization only). */
  readonly shouldRefresh?: boolean;
  /** A proxy or cache between here and the server, and where in its path the failure was seen. */
  readonly intermediate?: {
    readonly server: string;
    readonly errorType: "Connection" | "PostConnection";
  };
  /** HTTP status or FTP reply code, when there was one. */
  readonly status?: number;
  /** The error underneath. */
  readonly cause?: unknown;
}

/**
 * A failed attempt to move one file.
 *
 * The message is for the job's owner: one line, naming the URL, host or file, and never a secret.
 *
 * ```ts
 * import { TransferFailure } from "./errors.ts";
 * throw new TransferFailure("Specification", "The requested URL returned error: 404", {
 *   errorCode: 22, retryable: -1, server: "h.example:443", status: 404,
 * });
 * ```
 */
export class TransferFailure extends Error {
  override readonly name = "TransferFailure";
  readonly kind: FailureKind;
  readonly facts: FailureFacts;

  constructor(kind: FailureKind, message: string, facts: FailureFacts) {
    super(message, facts.cause === undefined ? undefined : { cause: facts.cause });
    this.kind = kind;
    this.facts = facts;
  }

  /** Whether a further attempt can succeed. */
  get retryable(): boolean {
    return this.facts.retryable >= 0;
  }
}

/** Wrong use of a program by whoever called it: one line for standard error, then a usage exit. */
export class UsageError extends Error {
  override readonly name = "UsageError";
}

/** The text of anything that was thrown. */
export function errorText(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** The words of a system error alone: the runtime's text goes on with its number, call and path. */
export function systemErrorText(error: unknown): string {
  return errorText(error).replace(/ \(os error \d+\).*$/s, "");
}
