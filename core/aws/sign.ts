/** Signature Version 4 (AWS General Reference, "Signing AWS API requests"). */

import { AwsV4Signer } from "aws4fetch";
import type { AwsCredentials } from "./credentials.ts";
import { encodeQuery } from "./encoding.ts";

/** A request to a service of AWS, or to one that speaks the same protocol. */
export interface AwsRequest {
  readonly method: string;
  /** Scheme, host and port, e.g. `https://ec2.us-east-1.amazonaws.com`. */
  readonly origin: string;
  /** Path with its leading slash, encoded; sent as it is. */
  readonly path: string;
  /** Names and values, not encoded. */
  readonly query?: Readonly<Record<string, string>>;
  /** All of them are signed. */
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: Uint8Array<ArrayBuffer>;
}

/** What a signature is made with. */
export interface SigningScope {
  /** The service's name in signatures, e.g. `s3`. */
  readonly service: string;
  readonly region: string;
  readonly credentials: AwsCredentials;
  /** Milliseconds since the epoch. */
  readonly time: number;
  /** Keys derived earlier, kept by the caller from one request to the next. */
  readonly cache?: Map<string, ArrayBuffer>;
}

/** A request as it is sent. */
export interface SignedRequest {
  readonly url: URL;
  /** Path and query, byte for byte. */
  readonly target: string;
  readonly headers: Headers;
}

/** Signs a request, its body and all its header fields included. */
export async function signRequest(
  request: AwsRequest,
  scope: SigningScope,
): Promise<SignedRequest> {
  const { method, origin, path, query = {}, body } = request;
  const { service, region, credentials, time, cache } = scope;
  const search = encodeQuery(query);
  const headers = new Headers(request.headers);
  if (service === "s3") {
    headers.set("x-amz-content-sha256", await sha256(body ?? new Uint8Array()));
  }
  const signer = new AwsV4Signer({
    ...credentials,
    method,
    url: origin,
    headers,
    body: body ?? null,
    service,
    region,
    datetime: new Date(time).toISOString().replace(/[:-]|\.\d{3}/g, ""),
    allHeaders: true,
    ...(cache && { cache }),
  });
  // The package would take them from a URL, which normalises dots and cannot hold every byte. Other
  // services than S3 sign the path encoded once more.
  signer.encodedPath = service === "s3" ? path : path.replaceAll("%", "%25");
  signer.encodedSearch = search;
  const signed = await signer.sign();
  return {
    url: new URL(origin),
    target: search === "" ? path : `${path}?${search}`,
    headers: signed.headers,
  };
}

async function sha256(data: Uint8Array<ArrayBuffer>): Promise<string> {
  return new Uint8Array(await crypto.subtle.digest("SHA-256", data)).toHex();
}
