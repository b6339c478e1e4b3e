/** Answers, read to their end. */
import { TransferFailure } from "../../errors.ts";
import { serverOf } from "../../http/address.ts";
import type { HttpResponse } from "../../http/mod.ts";
import { concat } from "../../std/bytes.ts";

/** Bytes of an answer that are read only to keep its connection. */
const LARGEST_WASTE = 64 * 1024;
/** Bytes of a listing. */
const LARGEST_TEXT = 64 << 20;

/** An answer that was read to its end. */
export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  /** The body of a 207; else empty. */
  readonly body: Uint8Array;
  /** Bytes of the body that were read. */
  readonly size: number;
}

/**
 * Reads an answer, so that its connection can be used again.
 *
 * @throws {TransferFailure} when a 207 is cut short or longer than can be understood
 */
export async function readAnswer(response: HttpResponse): Promise<Answer> {
  const { status, headers } = response;
  const wanted = status === 207;
  const most = wanted ? LARGEST_TEXT : LARGEST_WASTE;
  const chunks: Uint8Array[] = [];
  let size = 0;
  try {
    for await (const chunk of response.body ?? []) {
      size += chunk.length;
      if (size > most) break;
      if (wanted) chunks.push(chunk);
    }
  } catch (error) {
    // The status alone says what became of a file.
    if (wanted) throw asTransfer(error, response);
  }
  if (size > most) {
    await response.cancel();
    if (wanted) throw asTransfer(new Error(`it is longer than ${most} bytes`), response);
  }
  return { status, headers, body: concat(chunks), size };
}

function asTransfer(error: unknown, response: HttpResponse): TransferFailure {
  if (error instanceof TransferFailure) return error;
  return new TransferFailure("Transfer", "the answer broke off, or is too long", {
    errorCode: 56,
    retryable: 0,
    failureType: "Incomplete",
    server: serverOf(response.url),
    cause: error,
  });
}
