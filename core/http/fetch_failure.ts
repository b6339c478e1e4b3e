/**
 * What `fetch` says when it fails, turned into failures.
 *
 * Deno gives text only, in the `cause` of a `TypeError`. The texts are pinned by tests, so that an
 * upgrade of the runtime that changes one is noticed.
 */
import { errorText, TransferFailure } from "../errors.ts";
import { certificateReason, clientCertificateAlert } from "./certificate.ts";
import * as failures from "./failures.ts";

/** Whether `fetch` refused the port before connecting, as browsers do (Fetch standard, 2.9). */
export function isBlockedPort(error: unknown): boolean {
  return error instanceof TypeError && /Requests to port \d+ are blocked/.test(error.message);
}

/**
 * The failure behind an error thrown by `fetch`.
 *
 * @param error what was thrown
 * @param route where the request went, and `elapsed` milliseconds since it began
 */
export function fetchFailure(
  error: unknown,
  route: failures.Route & { readonly elapsed: number },
): TransferFailure {
  if (error instanceof TransferFailure) return error;
  const inner = error instanceof Error && error.cause !== undefined ? error.cause : undefined;
  if (inner === undefined) return failures.requestFailure(route);
  const text = withoutUrl(errorText(inner));
  const cause = new Error(text);
  const found = /^client error \(Connect\): (.*)$/s.exec(text)?.[1];
  return found === undefined
    ? replyFailure(text, route, cause)
    : connectFailure(found, route, cause);
}

/** Deno's text without the URL in it, whose query may be a secret; a URL has no blank. */
function withoutUrl(text: string): string {
  return text.startsWith("error sending request ") ? text.slice(text.indexOf("): ") + 3) : text;
}

function connectFailure(
  text: string,
  route: failures.Route & { readonly elapsed: number },
  cause: Error,
): TransferFailure {
  if (text.startsWith("dns error")) {
    return failures.resolveFailure(route, resolution(text), cause);
  }
  if (text.startsWith("tcp connect error")) {
    return failures.connectFailure(route, { elapsed: route.elapsed, cause });
  }
  if (text === "proxy authentication required") return failures.tunnelRefusal(route, 407);
  if (text === "unsuccessful tunnel" || text.includes("while tunneling")) {
    return failures.tunnelFailure(route, cause);
  }
  return tlsFailure(text, route, cause) ?? failures.handshakeFailure(route, text, cause);
}

/** The class of a failed look-up by the words of `getaddrinfo` (RFC 3493, section 6.3). */
function resolution(text: string): "Definitive" | "PostContact" | "PreContact" {
  if (/Name or service not known|No address associated/.test(text)) return "Definitive";
  return /System error/.test(text) ? "PreContact" : "PostContact";
}

function tlsFailure(
  text: string,
  route: failures.Route,
  cause: Error,
): TransferFailure | undefined {
  const reason = certificateReason(text, route.url.hostname);
  if (reason) return failures.certificateFailure(route, reason, cause);
  const alert = clientCertificateAlert(text);
  return alert ? failures.clientCertificateFailure(route, alert, cause) : undefined;
}

function replyFailure(text: string, route: failures.Route, cause: Error): TransferFailure {
  if (/closed before message completed/.test(text)) {
    return failures.brokenFailure(route, "empty", cause);
  }
  if (/reset by peer/.test(text)) return failures.brokenFailure(route, "recv", cause);
  if (/Broken pipe/.test(text)) return failures.brokenFailure(route, "send", cause);
  const odd = /^client error \(SendRequest\): (invalid .*|message head is too large)/.exec(text)
    ?.[1];
  if (odd) return failures.replyFailure(route, odd, cause);
  return tlsFailure(text, route, cause) ?? failures.brokenFailure(route, "other", cause);
}
