/** Objects of S3, fetched as they come (Amazon S3 API Reference, "GetObject"). */

import {
  bodyFailure,
  type HttpClient,
  type HttpResponse,
  serverOf,
  statusFailure,
} from "../http/mod.ts";
import { concat } from "../std/bytes.ts";
import { encodePath } from "./encoding.ts";
import { AwsError, serviceError } from "./service_error.ts";
import type { AwsSession } from "./session.ts";
import { signRequest } from "./sign.ts";

/** Where an object is. */
export interface ObjectPlace {
  readonly bucket: string;
  /** As S3 has it, not encoded. */
  readonly key: string;
  /** Such as `us-east-1`; S3 says so where the bucket is in another one. */
  readonly region: string;
  /** Ending of host names, such as `amazonaws.com`. */
  readonly dnsSuffix: string;
  /** Scheme, host and port of another service that speaks S3; buckets are in its paths. */
  readonly endpoint?: string | undefined;
}

/** How an object is asked for. */
export interface ObjectRequest {
  readonly http: HttpClient;
  readonly session: AwsSession;
  /** Ends the request and the answer's body. */
  readonly signal: AbortSignal;
  /** Answers 304 where the object still has this tag. */
  readonly etag?: string | undefined;
  /** Twelve digits: the bucket has to be this account's, else 403. */
  readonly expectedOwner?: string | undefined;
}

/** Largest refusal that is read, in bytes. */
const LARGEST_REFUSAL = 64 * 1024;
/** Answers that name the region of the bucket. */
const ELSEWHERE = [301, 307, 400];

/**
 * The origin and the path of an object: the bucket is in the host's name, unless it has a dot, which
 * no certificate covers, or the service is another one.
 */
export function objectAddress(
  { bucket, key, region, dnsSuffix, endpoint }: ObjectPlace,
): { readonly origin: string; readonly path: string } {
  const inPath = endpoint !== undefined || bucket.includes(".");
  const origin = endpoint ?? `https://${inPath ? "" : `${bucket}.`}s3.${region}.${dnsSuffix}`;
  return { origin, path: encodePath(inPath ? `/${bucket}/${key}` : `/${key}`) };
}

/**
 * Asks for an object; once more in the bucket's own region where that is another one. No other
 * redirect is followed, for an answer's `Location` may lead anywhere.
 *
 * @returns the answer with status 200, its body to be read or cancelled; or 304, only with `etag`
 * @throws {AwsError} for any other status; {TransferFailure} when no answer came
 */
export async function getObject(place: ObjectPlace, request: ObjectRequest): Promise<HttpResponse> {
  try {
    return await ask(place, request);
  } catch (error) {
    if (!(error instanceof AwsError)) throw error;
    const { region, status } = error.facts;
    if (!ELSEWHERE.includes(status) || region === undefined || region === place.region) throw error;
    return await ask({ ...place, region }, request);
  }
}

async function ask(place: ObjectPlace, request: ObjectRequest): Promise<HttpResponse> {
  const { http, session, signal, etag, expectedOwner } = request;
  const address = objectAddress(place);
  return await session.call(async ({ credentials, time }) => {
    const signed = await signRequest({
      method: "GET",
      ...address,
      headers: {
        ...(expectedOwner && { "x-amz-expected-bucket-owner": expectedOwner }),
        ...(etag && { "if-none-match": etag }),
      },
    }, { service: "s3", region: place.region, credentials, time });
    const { url, target, headers } = signed;
    const answer = await http.exchange(url, { target, headers, signal });
    if (answer.status === 200 || (answer.status === 304 && etag)) return answer;
    const { retryable } = statusFailure(Math.max(answer.status, 400), {
      server: serverOf(url),
      headers: answer.headers,
      now: () => time,
    }).facts;
    throw serviceError({
      status: answer.status,
      headers: answer.headers,
      body: await readRefusal(answer),
      retryAfter: Math.max(0, retryable),
    }, time);
  }, signal);
}

/** The start of a body, which is all of it where a service answers. */
async function readRefusal(answer: HttpResponse): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  try {
    for await (const chunk of answer.body ?? []) {
      chunks.push(chunk);
      size += chunk.length;
      if (size >= LARGEST_REFUSAL) break;
    }
  } catch (error) {
    throw bodyFailure(error, answer, size);
  }
  if (size >= LARGEST_REFUSAL) await answer.cancel();
  return concat(chunks);
}
