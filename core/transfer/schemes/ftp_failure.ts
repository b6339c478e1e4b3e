/**
 * What an FTP server's refusal means, in libcurl's words and numbers. The server's own words stay
 * out: they may repeat a name or a password.
 */
import { FTPError } from "basic-ftp";
import { errorText, type FailureFacts, TransferFailure } from "../../errors.ts";
import { certificateReason } from "../../http/certificate.ts";
import { certificateFailure, handshakeFailure, type Route } from "../../http/failures.ts";
import { serverOf } from "../../http/address.ts";

/** What was being done when it failed. */
export type FtpStage = "greeting" | "tls" | "login" | "directory" | "download" | "upload";

/** Texts and libcurl's numbers for a refusal at each stage. */
const REFUSALS: Readonly<Record<FtpStage, readonly [number, (code: number) => string]>> = {
  greeting: [8, (code) => `Got a ${code} ftp-server response when 220 was expected`],
  tls: [64, (code) => `Requested SSL level failed: ${code}`],
  login: [67, (code) => `Access denied: ${code}`],
  directory: [9, () => "Server denied you to change to the given directory"],
  download: [19, (code) => `RETR response: ${code}`],
  upload: [25, (code) => `Failed FTP upload: ${code}`],
};

/** Where something failed. */
export interface FtpPlace {
  readonly stage: FtpStage;
  readonly route: Route;
  /** Whether the connection uses TLS. */
  readonly tls: boolean;
  /** Whether the control connection is gone. */
  readonly closed: boolean;
}

/** The failure for an error that came up while talking to an FTP server. */
export function ftpFailure(error: unknown, place: FtpPlace): TransferFailure {
  if (error instanceof TransferFailure) return error;
  if (error instanceof FTPError) return refusal(error, place.stage, serverOf(place.route.url));
  return broken(error, place);
}

/** A reply of 400 or more (RFC 959, section 4.2). */
function refusal(error: FTPError, stage: FtpStage, server: string): TransferFailure {
  const { code } = error;
  const [errorCode, text] = REFUSALS[stage];
  const facts = { errorCode, server, status: code, cause: error };
  const transfer = (type: FailureFacts["failureType"] & string, retryable: number) =>
    new TransferFailure("Transfer", text(code), { ...facts, failureType: type, retryable });
  if (code === 421) return transfer("ServerError", 0);
  if (stage === "login" && code >= 500) {
    return new TransferFailure("Authorization", text(code), {
      ...facts,
      failureType: "Authentication",
      shouldRefresh: false,
      retryable: -1,
    });
  }
  if (stage === "tls") {
    return new TransferFailure("Contact", text(code), { ...facts, retryable: code < 500 ? 0 : -1 });
  }
  if (code === 530 || code === 532) {
    return new TransferFailure("Authorization", text(code), {
      ...facts,
      failureType: "Authorization",
      shouldRefresh: false,
      retryable: -1,
    });
  }
  if (code === 552) return transfer("Quota", -1);
  if (code === 452) return transfer("NoSpace", 0);
  if (code === 425 || code === 426) return transfer("Incomplete", 0);
  if (code < 500 || stage === "greeting") return transfer("ServerError", 0);
  if (stage === "download" && code === 550) {
    return new TransferFailure("Specification", "The file does not exist", {
      ...facts,
      errorCode: 78,
      retryable: -1,
    });
  }
  return new TransferFailure("Specification", text(code), { ...facts, retryable: -1 });
}

/** A connection that broke, or a TLS handshake that failed. */
function broken(error: unknown, { stage, route, tls, closed }: FtpPlace): TransferFailure {
  const code = (error as { code?: unknown } | null)?.code;
  const text = errorText(error);
  const reason = certificateReason(String(code), route.url.hostname) ??
    certificateReason(text, route.url.hostname);
  if (reason !== undefined) return certificateFailure(route, reason, error);
  if (stage === "tls") return handshakeFailure(route, "the handshake with the server broke", error);
  const server = serverOf(route.url);
  if (!closed && /passive mode|transfer strateg|'EPSV'|'PASV'|PASV returned/.test(text)) {
    return new TransferFailure("Contact", `Failed to open a data connection to ${server}`, {
      errorCode: 7,
      retryable: 0,
      server,
      cause: error,
    });
  }
  // The runtime's TLS cannot resume a session, which many servers demand of data connections.
  const hint = tls && (stage === "download" || stage === "upload")
    ? "; it may demand TLS session reuse, which is not supported"
    : "";
  const message = `Recv failure: FTP connection closed by the server${hint}`;
  return new TransferFailure("Transfer", message, {
    errorCode: 56,
    retryable: 0,
    failureType: "Incomplete",
    server,
    cause: error,
  });
}
