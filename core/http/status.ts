/** What an HTTP status of 400 or more means for a transfer. */
import {
  type FailureFacts,
  type FailureKind,
  type FailureType,
  TransferFailure,
} from "../errors.ts";

/** What is known besides the status. */
export interface StatusFacts {
  /** `host:port` of the server asked. */
  readonly server: string;
  /** `host:port` of the proxy in between. */
  readonly proxy?: string | undefined;
  /** The answer's header fields. */
  readonly headers?: Headers | undefined;
  /** Whether a credential was sent, which the server then refused. */
  readonly credential?: "none" | "sent" | "expired" | undefined;
  /** Milliseconds since the epoch, for a `Retry-After` that names a date. */
  now?(): number;
}

/** Longest pause taken from a server's word, in seconds. */
const LONGEST_PAUSE = 24 * 3600;

interface Meaning {
  readonly kind: FailureKind;
  readonly failureType?: FailureType;
  /** Absent: pointless. */
  readonly again?: true;
}

const SPECIFICATION: Meaning = { kind: "Specification" };
const SERVER_ERROR: Meaning = { kind: "Transfer", failureType: "ServerError", again: true };
const TIMED_OUT: Meaning = { kind: "Transfer", failureType: "TimedOut", again: true };
const AUTHENTICATION: Meaning = { kind: "Authorization", failureType: "Authentication" };

const MEANINGS: Readonly<Record<number, Meaning>> = {
  401: AUTHENTICATION,
  403: { kind: "Authorization", failureType: "Authorization" },
  407: AUTHENTICATION,
  408: TIMED_OUT,
  425: SERVER_ERROR,
  429: SERVER_ERROR,
  501: SPECIFICATION,
  504: TIMED_OUT,
  505: SPECIFICATION,
  507: { kind: "Transfer", failureType: "Quota" },
};

/**
 * The failure that an answer of status 400 or more stands for; its text and code are libcurl's.
 *
 * @param status the answer's status
 */
export function statusFailure(status: number, facts: StatusFacts): TransferFailure {
  const meaning = MEANINGS[status] ?? (status >= 500 ? SERVER_ERROR : SPECIFICATION);
  const expired = status === 401 && facts.credential === "expired";
  return new TransferFailure(meaning.kind, `The requested URL returned error: ${status}`, {
    errorCode: 22,
    status,
    server: facts.server,
    retryable: meaning.again ? retryAfter(facts) : expired ? 0 : -1,
    ...(meaning.failureType && { failureType: meaning.failureType }),
    ...(meaning.kind === "Authorization" && {
      shouldRefresh: status !== 407 && (facts.credential ?? "none") !== "none",
    }),
    ...intermediateOf(status, facts),
  });
}

/** A proxy or cache that answered in the server's place, where the answer shows it. */
function intermediateOf(status: number, facts: StatusFacts): Pick<FailureFacts, "intermediate"> {
  const own = status === 407 || status === 504 ||
    (status === 403 && facts.headers?.has("x-squid-error"));
  const via = /^\S+\s+([\w.:[\]-]{1,255})/.exec(facts.headers?.get("via") ?? "")?.[1];
  const server = facts.proxy ?? via;
  if (!own || server === undefined) return {};
  return { intermediate: { server, errorType: "PostConnection" } };
}

/** Seconds until the server wants to be asked again, 0 when it does not say (RFC 9110, 10.2.3). */
function retryAfter(facts: StatusFacts): number {
  const text = facts.headers?.get("retry-after")?.trim() ?? "";
  if (/^\d+$/.test(text)) return Math.min(Number(text), LONGEST_PAUSE);
  const date = /^[A-Za-z]{3,9},? /.test(text) ? Date.parse(text) : NaN;
  if (Number.isNaN(date)) return 0;
  const seconds = Math.ceil((date - (facts.now ?? Date.now)()) / 1000);
  return Math.min(Math.max(0, seconds), LONGEST_PAUSE);
}
