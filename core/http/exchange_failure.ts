/** What `node:http` says when it fails, turned into failures. */
import { errorText, TransferFailure } from "../errors.ts";
import { clientCertificateAlert } from "./certificate.ts";
import * as failures from "./failures.ts";

/**
 * The failure behind an error of a request that got no answer.
 *
 * @param error what the request reported; connecting reports `TransferFailure`s already
 */
export function exchangeFailure(error: unknown, route: failures.Route): TransferFailure {
  if (error instanceof TransferFailure) return error;
  const text = errorText(error);
  const code = codeOf(error);
  if (code === "HPE_HEADER_OVERFLOW") {
    return failures.replyFailure(route, "message head is too large", error);
  }
  if (code.startsWith("HPE_")) {
    return failures.replyFailure(route, text.replace("Parse Error: ", ""), error);
  }
  const alert = clientCertificateAlert(text);
  if (alert) return failures.clientCertificateFailure(route, alert, error);
  if (code === "ERR_INVALID_CHAR" || code === "ERR_INVALID_HTTP_TOKEN") {
    return failures.requestFailure(route);
  }
  if (text === "socket hang up") return failures.brokenFailure(route, "empty", error);
  if (code === "EPIPE" || text.startsWith("write ")) {
    return failures.brokenFailure(route, "send", error);
  }
  return failures.brokenFailure(route, code === "ECONNRESET" ? "recv" : "other", error);
}

/** The `code` of a Node error, or nothing. */
export function codeOf(error: unknown): string {
  return error instanceof Error && "code" in error ? String(error.code) : "";
}
