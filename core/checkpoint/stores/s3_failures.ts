/** What S3's refusals mean for the clean-up (Amazon S3 API Reference, "Error responses"). */
import { AwsError, XmlError } from "../../aws/mod.ts";
import { TransferFailure } from "../../errors.ts";
import { CleanupFailure, type CleanupFailureKind, LONGEST_PAUSE } from "../failure.ts";
import { meaningOf } from "./transfer_failure.ts";

/** The keys are at fault, whichever object is asked for. */
const KEYS_REFUSED = new Set([
  "AccountProblem",
  "AllAccessDisabled",
  "ExpiredToken",
  "InvalidAccessKeyId",
  "InvalidClientTokenId",
  "InvalidSecurity",
  "InvalidToken",
  "NotSignedUp",
  "RequestTimeTooSkewed",
  "SignatureDoesNotMatch",
  "TokenRefreshRequired",
]);

/** The bucket is not there, or not here. */
const NO_BUCKET = new Set([
  "AuthorizationHeaderMalformed",
  "IllegalLocationConstraintException",
  "InvalidBucketName",
  "NoSuchBucket",
  "PermanentRedirect",
  "TemporaryRedirect",
]);

/** The service has too much to do, for this request or for any. */
const BUSY = new Set(["InternalError", "OperationAborted", "RequestTimeout"]);
const BUSY_FOR_ALL = new Set([
  "RequestLimitExceeded",
  "ServiceUnavailable",
  "SlowDown",
  "Throttling",
]);

/** The object was gone before. */
const NO_OBJECT = new Set(["NoSuchKey", "NoSuchVersion"]);

/** A failure, and whether any further request would meet it again. */
export interface S3Failure {
  readonly failure: CleanupFailure;
  readonly concernsAll: boolean;
}

/** Whether a refusal says that the object is not there. */
export function saysGone(error: unknown): boolean {
  if (!(error instanceof AwsError)) return false;
  const { status, code } = error.facts;
  return NO_OBJECT.has(code) && (status === 404 || status < 300);
}

/** Whether a refusal may be of the list rather than of what is in it, so that objects can be tried. */
export function saysNoBulk(error: unknown): boolean {
  if (!(error instanceof AwsError)) return error instanceof XmlError;
  const { status, code } = error.facts;
  return [200, 400, 404, 405, 411, 415, 501].includes(status) &&
    ![KEYS_REFUSED, NO_BUCKET, BUSY, BUSY_FOR_ALL].some((codes) => codes.has(code));
}

/**
 * The failure behind what a request threw.
 *
 * @param action what was tried, e.g. `Cannot delete "x"`
 * @returns undefined for what is no failure of the store
 */
export function failureOf(error: unknown, action: string): S3Failure | undefined {
  const failed = (kind: CleanupFailureKind, concernsAll: boolean, retryAfter = 0): S3Failure => ({
    failure: new CleanupFailure(kind, `${action}: ${(error as Error).message}`, {
      cause: error,
      ...(retryAfter > 0 && { retryAfter: Math.min(retryAfter, LONGEST_PAUSE) }),
    }),
    concernsAll,
  });
  if (error instanceof CleanupFailure) {
    return { failure: error, concernsAll: error.kind === "StoreUnavailable" };
  }
  if (error instanceof XmlError) return failed("StoreUnavailable", true);
  if (error instanceof TransferFailure) {
    const { kind, concernsAll } = meaningOf(error);
    return failed(kind, concernsAll);
  }
  if (!(error instanceof AwsError)) return undefined;
  const { status, code, retryAfter } = error.facts;
  if (KEYS_REFUSED.has(code)) return failed("Credentials", true);
  if (status === 401 || status === 403 || code === "AccessDenied") {
    return failed("Credentials", false);
  }
  if (BUSY_FOR_ALL.has(code) || status === 429 || status === 503) {
    return failed("Transient", true, retryAfter);
  }
  if (BUSY.has(code) || status === 408 || (status >= 500 && status !== 501)) {
    return failed("Transient", false, retryAfter);
  }
  // What is no answer of S3 comes from a place where nothing was stored.
  const isForeign = code === "" && (status < 400 || status === 404);
  if (NO_BUCKET.has(code) || isForeign) return failed("StoreUnavailable", true);
  return failed("NotDeleted", false);
}
