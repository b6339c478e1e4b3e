/** What a credential monitor is to the scan loop: it owns credentials, and keeps each of them fresh. */
import type { CredentialStore, ListedCredential } from "./store/mod.ts";

/** What one look at a credential is given. */
export interface TendContext {
  readonly store: CredentialStore;
  /** Unix time in milliseconds when this look begins. */
  readonly now: number;
  /** Aborted when the daemon is to stop, or the monitor's deadline for one credential has passed. */
  readonly signal: AbortSignal;
}

/** What came of one look. */
export type Tended =
  /** The file is good until `next`. */
  | { readonly kind: "fresh"; readonly expires?: number; readonly next: number }
  /** A new file is in its place. `line` says so in the log, without any secret. */
  | {
    readonly kind: "renewed";
    readonly expires?: number;
    readonly next: number;
    readonly line: string;
  }
  /** The user's directory or the trigger went away meanwhile (swept, deleted): nothing to do. */
  | { readonly kind: "gone" };

/**
 * A credential that could not be made: one line for the log and the status file. The others are not
 * touched by it.
 */
export class TendFailure extends Error {
  override readonly name = "TendFailure";

  /**
   * @param code stable word for the status file, e.g. `no-audience`, `no-key`, `disk`, `timeout`
   * @param message one line: what, where, why and what to do; never a secret
   * @param options.next Unix time in milliseconds of the next try; the loop's own back-off unless given
   */
  constructor(
    readonly code: string,
    message: string,
    readonly options: ErrorOptions & { readonly next?: number } = {},
  ) {
    super(message, options);
  }
}

/** One kind of credential and all that makes it. All times are Unix times in milliseconds. */
export interface Monitor {
  /** Prefix of its log lines, e.g. `LOCAL`. */
  readonly label: string;
  /**
   * Whether it needs nothing but this machine. Then its credentials come first, and one that failed
   * is tried again at each scan, without a back-off.
   */
  readonly local?: boolean;
  /** Most credentials in work at once. */
  readonly concurrency: number;
  /** Milliseconds that one credential may take. */
  readonly deadline: number;
  /** Whether a credential is this monitor's. Called for each credential of each scan: quick. */
  owns(credential: ListedCredential): boolean;
  /** Called once before each scan, e.g. to read a map anew. @throws never */
  begin?(): void;
  /**
   * Looks at one credential and makes its file anew when that is due.
   *
   * @throws {TendFailure} when it cannot be made; anything else thrown is logged as unexpected
   */
  tend(credential: ListedCredential, context: TendContext): Promise<Tended>;
}
