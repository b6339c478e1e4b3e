/** The requests of S3 that the clean-up needs, in the bucket's own region. */
import {
  type AwsAnswer,
  type AwsClient,
  AwsError,
  type AwsRequest,
  childrenOf,
  encodePath,
  escapeXml,
  localName,
  readXml,
  textOf,
} from "../../aws/mod.ts";
import type { S3Address } from "./s3_address.ts";
import { failureOf } from "./s3_failures.ts";
import { type Listed, LISTINGS, readPage, walkPages } from "./s3_listing.ts";

/** An object, or one version of it, in a list of those to delete. */
export interface ListedObject {
  readonly text: string;
  readonly versionId?: string | undefined;
}

/** Where AWS knows the buckets of all regions. */
const DEFAULT_REGION = "us-east-1";

/** A bucket. */
export class S3Bucket {
  readonly #client: AwsClient;
  readonly #address: S3Address;
  #region: string | undefined;

  /** @param region where the bucket is thought to be; the service may know better */
  constructor(client: AwsClient, address: S3Address, region: string | undefined) {
    this.#client = client;
    this.#address = address;
    this.#region = region;
  }

  /**
   * Deletes one object, or one version of it. That there is none is no error here: S3 says 204.
   *
   * @param encoded the key, percent-encoded
   * @throws {AwsError}, {TransferFailure}
   */
  async deleteOne(
    encoded: string,
    { versionId, signal }: {
      readonly versionId?: string | undefined;
      readonly signal: AbortSignal;
    },
  ): Promise<AwsAnswer> {
    const query = versionId === undefined ? {} : { versionId };
    return await this.#send({ method: "DELETE", path: `/${encoded}`, query }, signal);
  }

  /**
   * Deletes up to 1000 objects with one request (DeleteObjects).
   *
   * @returns what could not be deleted, by the key's text
   * @throws {AwsError}, {TransferFailure}, {XmlError}
   */
  async deleteMany(
    objects: readonly ListedObject[],
    signal: AbortSignal,
  ): Promise<Map<string, AwsError>> {
    const body = new TextEncoder().encode(deleteList(objects));
    const { createHash } = await import("node:crypto");
    const digest = (algorithm: string) => createHash(algorithm).update(body).digest("base64");
    const answer = await this.#send({
      method: "POST",
      path: "",
      query: { delete: "" },
      body,
      headers: {
        "content-type": "application/xml",
        "content-md5": digest("md5"),
        "x-amz-sdk-checksum-algorithm": "SHA256",
        "x-amz-checksum-sha256": digest("sha256"),
      },
    }, signal);
    return readErrors(answer);
  }

  /**
   * Lists objects, page by page; or with `versions` every version, marks of deletion among them.
   *
   * @param prefix what keys begin with
   * @throws {CleanupFailure}
   */
  async *pages(
    listing: keyof typeof LISTINGS,
    prefix: string,
    signal: AbortSignal,
  ): AsyncGenerator<readonly Listed[]> {
    const form = LISTINGS[listing];
    try {
      yield* walkPages(async (parameters) => {
        const query = { ...form.query, prefix, ...parameters };
        return readPage((await this.#send({ method: "GET", path: "", query }, signal)).body, form);
      });
    } catch (error) {
      throw failureOf(error, `Cannot list bucket "${this.#address.bucket}"`)?.failure ?? error;
    }
  }

  /** Sends to where the bucket is; when the service names another region, there once more. */
  async #send(request: Omit<AwsRequest, "origin">, signal: AbortSignal): Promise<AwsAnswer> {
    const region = this.#region;
    try {
      return await this.#sendTo(region, request, signal);
    } catch (error) {
      const named = error instanceof AwsError ? regionNamed(error) : undefined;
      if (named === undefined || named === (region ?? DEFAULT_REGION)) throw error;
      this.#region = named;
      return await this.#sendTo(named, request, signal);
    }
  }

  #sendTo(
    region: string | undefined,
    request: Omit<AwsRequest, "origin">,
    signal: AbortSignal,
  ): Promise<AwsAnswer> {
    const { pathPrefix, origin } = this.#address;
    const path = encodePath(pathPrefix) + request.path || "/";
    return this.#client.send(
      { ...request, path, origin: origin(region) },
      { region: region ?? DEFAULT_REGION, signal },
    );
  }
}

/** The region that an error says the bucket is in. */
function regionNamed({ facts }: AwsError): string | undefined {
  const { status, code, region } = facts;
  const isElsewhere = [301, 307, 308].includes(status) || code === "AuthorizationHeaderMalformed" ||
    code === "IllegalLocationConstraintException";
  return isElsewhere ? region : undefined;
}

function deleteList(objects: readonly ListedObject[]): string {
  const entries = objects.map(({ text, versionId }) => {
    const version = versionId === undefined ? "" : `<VersionId>${escapeXml(versionId)}</VersionId>`;
    return `<Object><Key>${escapeXml(text)}</Key>${version}</Object>`;
  });
  return '<?xml version="1.0" encoding="UTF-8"?>\n' +
    '<Delete xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><Quiet>true</Quiet>' +
    `${entries.join("")}</Delete>`;
}

function readErrors({ status, body }: AwsAnswer): Map<string, AwsError> {
  const root = readXml(body);
  const failure = (element: typeof root) =>
    new AwsError({ status, code: textOf(element, "Code") ?? "" }, textOf(element, "Message"));
  // An answer that began well can still end in an error (DeleteObjects, like CopyObject).
  if (localName(root) !== "DeleteResult") throw failure(root);
  return new Map(
    childrenOf(root, "Error").map((element) => [textOf(element, "Key") ?? "", failure(element)]),
  );
}
