/** Small JSON documents over https. */
import { TransferFailure } from "../../errors.ts";
import {
  bodyFailure,
  type HttpClient,
  type HttpResponse,
  shortBodyFailure,
} from "../../http/mod.ts";
import { concat } from "../../std/bytes.ts";
import { IssuerError } from "./error.ts";
import { httpsUrl, shownUrl } from "./places.ts";

/** How documents are fetched. */
export interface FetchOptions {
  readonly http: Pick<HttpClient, "fetch">;
  readonly signal: AbortSignal;
}

/** Most octets of a document. */
const LARGEST_DOCUMENT = 1 << 20;
const MOST_REDIRECTS = 3;
const REDIRECTS = [301, 302, 303, 307, 308];

/**
 * The text of a document. Redirects are followed to https only, three times.
 *
 * @param url where it is
 * @throws {IssuerError}, or the reason of an aborted signal
 */
export async function fetchText(url: URL, { http, signal }: FetchOptions): Promise<string> {
  let place = url;
  for (let hop = 0;; hop++) {
    const answer = await ask(place, { http, signal });
    if (answer.status === 200) return await readText(place, answer, signal);
    await answer.cancel();
    if (!REDIRECTS.includes(answer.status)) {
      throw cannotRead("status", place, `the server answered ${answer.status}`);
    }
    const location = answer.headers.get("location") ?? "";
    const next = URL.parse(location, place);
    if (next === null || hop === MOST_REDIRECTS) {
      throw cannotRead("redirect", place, `the server answered ${answer.status}, to nowhere`);
    }
    place = httpsUrl(next.href, "the redirect to");
  }
}

/**
 * A document that is a JSON object.
 *
 * @throws {IssuerError}, or the reason of an aborted signal
 */
export async function fetchObject(
  url: URL,
  options: FetchOptions,
): Promise<Readonly<Record<string, unknown>>> {
  const text = await fetchText(url, options);
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw cannotRead("not-json", url, "it is not JSON");
  }
  if (typeof value === "object" && value !== null && !Array.isArray(value)) {
    return value as Readonly<Record<string, unknown>>;
  }
  throw cannotRead("not-json", url, "it is not a JSON object");
}

async function ask(url: URL, { http, signal }: FetchOptions): Promise<HttpResponse> {
  try {
    return await http.fetch(url, {
      headers: { accept: "application/json", "accept-encoding": "identity" },
      signal,
    });
  } catch (error) {
    throw failure(error, url, signal);
  }
}

async function readText(url: URL, answer: HttpResponse, signal: AbortSignal): Promise<string> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  try {
    for await (const chunk of answer.body ?? []) {
      size += chunk.length;
      if (size > LARGEST_DOCUMENT) break;
      chunks.push(chunk);
    }
  } catch (error) {
    throw failure(signal.aborted ? error : bodyFailure(error, answer, size), url, signal);
  }
  if (size > LARGEST_DOCUMENT) {
    throw cannotRead("large", url, `it has more than ${LARGEST_DOCUMENT} octets`);
  }
  const short = shortBodyFailure(answer, size);
  if (short !== undefined) throw failure(short, url, signal);
  return new TextDecoder().decode(concat(chunks));
}

function failure(error: unknown, url: URL, signal: AbortSignal): unknown {
  if (signal.aborted) return signal.reason;
  if (!(error instanceof TransferFailure)) return error;
  return cannotRead("unreachable", url, error.message, { cause: error });
}

function cannotRead(
  code: IssuerError["code"],
  url: URL,
  state: string,
  options: ErrorOptions = {},
): IssuerError {
  return new IssuerError(code, `Cannot read "${shownUrl(url.href)}": ${state}`, options);
}
