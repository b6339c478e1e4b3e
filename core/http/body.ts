/** Failures while an answer's body is read. */
import { errorText, TransferFailure } from "../errors.ts";
import { serverOf } from "./address.ts";
import { codeOf } from "./exchange_failure.ts";

/** What is known of the answer whose body broke; an `HttpResponse` will do. */
export interface BodyFacts {
  readonly url: URL;
  readonly headers: Headers;
}

/**
 * The failure behind an error thrown while reading a body.
 *
 * @param error what the stream threw; a `TransferFailure` (an aborted signal's reason) is returned
 * @param answer the response the body belongs to
 * @param received body bytes that came before
 */
export function bodyFailure(error: unknown, answer: BodyFacts, received: number): TransferFailure {
  if (error instanceof TransferFailure) return error;
  const [text, errorCode] = describe(error, answer.headers, received);
  return new TransferFailure("Transfer", text, {
    errorCode,
    retryable: 0,
    failureType: "Incomplete",
    server: serverOf(answer.url),
    cause: error,
  });
}

/** The failure of a body that ended without an error but too early; undefined when it is whole. */
export function shortBodyFailure(answer: BodyFacts, received: number): TransferFailure | undefined {
  const missing = missingBytes(answer.headers, received);
  return missing > 0 ? bodyFailure(new Error("Early end"), answer, received) : undefined;
}

function describe(error: unknown, headers: Headers, received: number): [string, number] {
  if (codeOf(error).startsWith("HPE_")) {
    return [`Illegal chunk in the response: ${errorText(error).replace("Parse Error: ", "")}`, 56];
  }
  if (/reset by peer|read ECONNRESET/.test(errorText(error))) {
    return ["Recv failure: Connection reset by peer", 56];
  }
  const missing = missingBytes(headers, received);
  if (missing > 0) return [`end of response with ${missing} bytes missing`, 18];
  if (headers.has("transfer-encoding")) {
    return ["transfer closed with outstanding read data remaining", 18];
  }
  return ["Recv failure: connection broken", 56];
}

/** How many bytes `Content-Length` promised and nobody brought. */
function missingBytes(headers: Headers, received: number): number {
  if (headers.has("transfer-encoding")) return 0;
  const length = headers.get("content-length") ?? "";
  return /^\d{1,16}$/.test(length) ? Number(length) - received : 0;
}
