/**
 * The failures of reaching a server and of reading its answer, with libcurl's words and numbers.
 *
 * The words are what HTCondor's users and tests know from the curl plug-in.
 */
import { errorText, type FailureFacts, type FailureType, TransferFailure } from "../errors.ts";
import { portOf, serverOf } from "./address.ts";
import type { Proxy } from "./proxy.ts";
import { statusFailure } from "./status.ts";

/** The way to a server. */
export interface Route {
  readonly url: URL;
  readonly proxy: Proxy | undefined;
}

/** What a failure's text and facts add to its route. */
interface Detail {
  /** Milliseconds spent. */
  readonly elapsed?: number;
  readonly cause?: unknown;
}

/** Facts of an error seen at the proxy's side of the route. */
function atProxy(
  route: Route,
  errorType: "Connection" | "PostConnection",
): Pick<FailureFacts, "intermediate"> {
  return route.proxy ? { intermediate: { server: route.proxy.server, errorType } } : {};
}

function because(cause: unknown): Pick<FailureFacts, "cause"> {
  return cause === undefined ? {} : { cause };
}

/** No connection: refused, unreachable. */
export function connectFailure(route: Route, { elapsed = 0, cause }: Detail): TransferFailure {
  const over = route.proxy ? ` over proxy ${route.proxy.server}` : "";
  const text = `Failed to connect to ${route.url.hostname} port ${portOf(route.url)}${over} ` +
    `after ${Math.round(elapsed)} ms: Could not connect to server`;
  return new TransferFailure("Contact", text, {
    errorCode: 7,
    retryable: 0,
    server: serverOf(route.url),
    ...atProxy(route, "Connection"),
    ...because(cause),
  });
}

/** The connect limit passed before TCP and TLS stood. */
export function connectTimeout(route: Route, elapsed: number): TransferFailure {
  const text = `Connection timed out after ${Math.round(elapsed)} milliseconds`;
  return new TransferFailure("Contact", text, {
    errorCode: 28,
    retryable: 0,
    server: serverOf(route.url),
    ...atProxy(route, "Connection"),
  });
}

/** The name of the server, or of the proxy before it, gave no address. */
export function resolveFailure(
  route: Route,
  failureType: FailureType,
  cause?: unknown,
): TransferFailure {
  const { proxy, url } = route;
  const name = proxy ? proxy.hostname : url.hostname;
  const text = proxy ? `Could not resolve proxy: ${name}` : `Could not resolve host: ${name}`;
  return new TransferFailure("Resolution", text, {
    errorCode: proxy ? 5 : 6,
    retryable: failureType === "Definitive" ? -1 : 0,
    failureType,
    name,
    server: serverOf(url),
    ...atProxy(route, "Connection"),
    ...because(cause),
  });
}

/** The TLS handshake broke for another reason than the certificate. */
export function handshakeFailure(route: Route, reason: string, cause?: unknown): TransferFailure {
  return new TransferFailure("Contact", `TLS connect error: ${reason}`, {
    errorCode: 35,
    retryable: 0,
    server: serverOf(route.url),
    ...because(cause),
  });
}

/** The server's certificate was not accepted. */
export function certificateFailure(route: Route, reason: string, cause?: unknown): TransferFailure {
  return new TransferFailure("Authorization", reason, {
    errorCode: 60,
    retryable: -1,
    failureType: "Authentication",
    shouldRefresh: false,
    server: serverOf(route.url),
    ...because(cause),
  });
}

/** The server wants a client certificate, or another one. */
export function clientCertificateFailure(
  route: Route,
  alert: string,
  cause?: unknown,
): TransferFailure {
  const text = `Problem with the local client certificate: the server answered "${alert}"`;
  return new TransferFailure("Authorization", text, {
    errorCode: 58,
    retryable: -1,
    failureType: "Authentication",
    shouldRefresh: false,
    server: serverOf(route.url),
    ...because(cause),
  });
}

/** The failure a proxy's answer to CONNECT stands for. */
export function tunnelRefusal(route: Route, status: number): TransferFailure {
  const server = serverOf(route.url);
  const { kind, facts } = statusFailure(Math.max(status, 400), { server });
  return new TransferFailure(kind, `CONNECT tunnel failed, response ${status}`, {
    ...facts,
    errorCode: 56,
    status,
    ...atProxy(route, "PostConnection"),
  });
}

/** The proxy ended the connection instead of opening a tunnel. */
export function tunnelFailure(route: Route, cause?: unknown): TransferFailure {
  return new TransferFailure("Transfer", "Proxy CONNECT aborted", {
    errorCode: 56,
    retryable: 0,
    failureType: "Incomplete",
    server: serverOf(route.url),
    ...atProxy(route, "PostConnection"),
    ...because(cause),
  });
}

/** The connection broke before, in or after the head of the answer. */
export function brokenFailure(
  route: Route,
  kind: "empty" | "recv" | "send" | "other",
  cause?: unknown,
): TransferFailure {
  const [text, errorCode] = {
    empty: ["Empty reply from server", 52] as const,
    recv: ["Recv failure: Connection reset by peer", 56] as const,
    send: ["Send failure: Broken pipe", 55] as const,
    other: [`Recv failure: ${errorText(cause).slice(0, 200)}`, 56] as const,
  }[kind];
  return new TransferFailure("Transfer", text, {
    errorCode,
    retryable: 0,
    failureType: "Incomplete",
    server: serverOf(route.url),
    ...because(cause),
  });
}

/** What came is no HTTP answer, or one that breaks a bound. */
export function replyFailure(route: Route, reason: string, cause?: unknown): TransferFailure {
  return new TransferFailure("Transfer", `Weird server reply: ${reason}`, {
    errorCode: 8,
    retryable: -1,
    failureType: "ServerError",
    server: serverOf(route.url),
    ...because(cause),
  });
}

/** The request itself cannot be sent: its method or a header field is malformed. */
export function requestFailure(route: Route): TransferFailure {
  return new TransferFailure("Parameter", "Cannot send the request: bad method or header", {
    errorCode: 43,
    retryable: -1,
    server: serverOf(route.url),
  });
}

/** The local file gave more or fewer bytes than it had when the upload began. */
export function sizeFailure(route: Route, size: number): TransferFailure {
  const text = `Cannot upload: the local file's size changed from ${size} bytes while sending`;
  return new TransferFailure("Parameter", text, {
    errorCode: 26,
    retryable: -1,
    server: serverOf(route.url),
  });
}
