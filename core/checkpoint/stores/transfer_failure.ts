/** What it means for a clean-up that a request got no answer. */
import type { TransferFailure } from "../../errors.ts";
import type { CleanupFailureKind } from "../failure.ts";

/** Number of libcurl's for a server whose certificate is not to be trusted. */
const UNTRUSTED = 60;

/** A failure's kind, and whether any further request to the server would meet it again. */
export interface RequestFailure {
  readonly kind: CleanupFailureKind;
  readonly concernsAll: boolean;
}

/** The meaning of a request's failure. */
export function meaningOf({ kind, facts, retryable }: TransferFailure): RequestFailure {
  switch (kind) {
    case "Resolution":
    case "Contact":
      return { kind: "Transient", concernsAll: true };
    case "Authorization":
      return {
        kind: facts.errorCode === UNTRUSTED ? "StoreUnavailable" : "Credentials",
        concernsAll: true,
      };
    case "Transfer":
      return { kind: retryable ? "Transient" : "NotDeleted", concernsAll: false };
    default:
      return { kind: "NotDeleted", concernsAll: false };
  }
}
