/** What other rooms throw, in the words of this one. */
import { AwsError, ImdsError, RoleError } from "../aws/mod.ts";
import { TransferFailure } from "../errors.ts";
import { AnnexError } from "./errors.ts";

/** What an administrator can do about a refusal, by the words of the services. */
const REMEDIES: readonly (readonly [RegExp, string])[] = [
  [
    /^(?:UnauthorizedOperation|AccessDenied|AccessDeniedException)$/,
    "allow the instance's role what HTCondorAnnex-InstanceProfile allows",
  ],
  [
    /^(?:RequestTimeTooSkewed|RequestExpired)$/,
    "set the clock of the instance, e.g. by chrony",
  ],
  [
    /^(?:AuthFailure|SignatureDoesNotMatch|InvalidClientTokenId|ExpiredToken\w*)$/,
    "look whether the instance's role still exists",
  ],
];

/**
 * The failure of a step.
 *
 * Nearly all that services say may be otherwise a moment later: tags and permissions take their time
 * to be known everywhere, policies may be edited. So only the instance's own state is final.
 *
 * @param action such as `Cannot describe the instance`
 * @returns the error itself where it is no failure of a service
 */
export function asAnnexError(error: unknown, action: string): unknown {
  if (error instanceof AwsError) {
    const { code, retryAfter } = error.facts;
    const remedy = REMEDIES.find(([pattern]) => pattern.test(code))?.[1];
    return new AnnexError(`${action}: ${error.message}`, {
      code: isDenied(error) ? "denied" : "aws-refused",
      retryable: true,
      cause: error,
      ...(remedy !== undefined && { remedy }),
      ...(retryAfter !== undefined && { retryAfter }),
    });
  }
  if (error instanceof TransferFailure) {
    return new AnnexError(`${action}: ${error.message}`, {
      code: "no-answer",
      retryable: error.kind !== "Parameter",
      remedy: "look whether the subnet has a way to the services of AWS",
      retryAfter: Math.max(0, error.facts.retryable),
      cause: error,
    });
  }
  if (error instanceof ImdsError) {
    return new AnnexError(error.message, {
      code: `imds-${error.code}`,
      retryable: error.retryable,
      cause: error,
      ...(error.code === "disabled" && {
        remedy: "switch the metadata service on for the instance",
      }),
    });
  }
  if (error instanceof RoleError) {
    const isFinal = error.code === "no-role";
    return new AnnexError(error.message, {
      code: isFinal ? "no-instance-profile" : "no-credentials",
      retryable: error.retryable,
      cause: error,
      ...(isFinal && { remedy: "start instances with the profile of condor_annex -setup" }),
    });
  }
  return error;
}

/** Whether the role may not do it. */
export function isDenied(error: unknown): boolean {
  return error instanceof AwsError && error.facts.status === 403 &&
    /^(?:UnauthorizedOperation|AccessDenied|AccessDeniedException)$/.test(error.facts.code);
}
