/**
 * From a destination to bucket and key, exactly as the uploader went.
 *
 * HTCondor's shadow pre-signs the uploads to `s3://` and `gs://`, and everything after the bucket is
 * the key, byte for byte: nothing in it is decoded or normalised.
 */
import { UsageError } from "../../errors.ts";
import { CleanupFailure } from "../failure.ts";
import { quote } from "../location.ts";

/** Where a destination's objects are. */
export interface S3Address {
  readonly bucket: string;
  /** What keys begin with, without slashes at its end; empty for the whole bucket. */
  readonly key: string;
  /** What stands before the key in paths: `/bucket`, or nothing where the host names the bucket. */
  readonly pathPrefix: string;
  /** The region that the destination names. */
  readonly region: string | undefined;
  /** Whether many objects can be deleted with one request, as far as is known beforehand. */
  readonly hasBulk: boolean;
  /** Scheme, host and port to ask in a region; without one, where all regions are known. */
  origin(region: string | undefined): string;
}

/** What options say about addresses. */
export interface AddressOptions {
  /** Scheme, host and port to ask instead of the destination's own. */
  readonly endpoint?: string | undefined;
  /** Names the bucket in paths where it could be named in the host. */
  readonly pathStyle: boolean;
}

/** A region's name, as it may be put into hosts. */
export const REGION = /^[a-z0-9-]{1,40}$/;

const BUCKET = /^[A-Za-z0-9][A-Za-z0-9._-]{0,254}$/;
/** What can be a label of a host that TLS certificates cover. */
const HOST_LABEL = /^[a-z0-9][a-z0-9-]{0,62}$/;
/** With its bucket and region; all of AWS's hosts for a bucket lead to the same objects. */
const AWS_HOST =
  /^(?:(.+)\.)?s3(?:-accelerate)?(?:\.dualstack)?(?:[.-]([a-z]{2}(?:-[a-z]+)+-\d))?\.(amazonaws\.com(?:\.cn)?)$/;

/**
 * Finds bucket and key.
 *
 * @param destination such as `s3://bucket/key`, `s3://bucket.s3.us-west-2.amazonaws.com/key`,
 *   `s3://minio.example:9000/bucket/key` or `gs://bucket/key`
 * @throws {CleanupFailure} `Usage`, when it is none of these
 */
export function addressOf(destination: string, options: AddressOptions): S3Address {
  const [, scheme = "", first = "", rest = ""] =
    /^(s3|gs):\/\/([^/]*)(?:\/(.*))?$/is.exec(destination) ?? [];
  const wrong = (state: string) =>
    new CleanupFailure("Usage", `Cannot use ${quote(destination)}: ${state}`);
  if (scheme === "") throw wrong("not an s3:// or gs:// URL");
  const where = scheme.toLowerCase() === "gs"
    ? atGoogle(first, rest)
    : first.includes(".") || first.includes(":")
    ? atHost(first, rest, options)
    : atAws(first, rest, options);
  if (where === undefined) throw wrong(`${quote(first)} is neither a bucket nor a host`);
  if (!BUCKET.test(where.bucket)) throw wrong(`${quote(where.bucket)} is not a bucket's name`);
  const { endpoint } = options;
  if (endpoint === undefined) return where;
  return { ...where, pathPrefix: `/${where.bucket}`, hasBulk: true, origin: () => endpoint };
}

/**
 * Checks the value of `-endpoint`.
 *
 * @throws {UsageError}
 */
export function checkEndpoint(text: string): string {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  const isPlain = url !== undefined && /^https?:$/.test(url.protocol) && url.pathname === "/" &&
    url.search + url.hash + url.username + url.password === "";
  if (!isPlain) {
    throw new UsageError(
      "cleanup_s3_checkpoint: option -endpoint takes scheme, host and port, such as " +
        "https://s3.example:9000",
    );
  }
  return url.origin;
}

function atGoogle(bucket: string, key: string): S3Address {
  return {
    bucket,
    key,
    pathPrefix: `/${bucket}`,
    region: undefined,
    hasBulk: false,
    origin: () => "https://storage.googleapis.com",
  };
}

/** A bucket of AWS by its name alone. */
function atAws(
  bucket: string,
  key: string,
  { pathStyle, region, domain = "amazonaws.com" }: AddressOptions & {
    readonly region?: string | undefined;
    readonly domain?: string | undefined;
  },
): S3Address {
  const service = (region: string | undefined) =>
    region === undefined ? `s3.${domain}` : `s3.${region}.${domain}`;
  const inPath = pathStyle || !HOST_LABEL.test(bucket);
  return {
    bucket,
    key,
    pathPrefix: inPath ? `/${bucket}` : "",
    region,
    hasBulk: true,
    origin: (region) => `https://${inPath ? "" : `${bucket}.`}${service(region)}`,
  };
}

/** A host: one of AWS, which may name the bucket, or any other, which serves buckets by path. */
function atHost(host: string, rest: string, options: AddressOptions): S3Address | undefined {
  if (!/^[A-Za-z0-9.-]{1,253}(?::\d{1,5})?$/.test(host)) return undefined;
  const [isAws, bucket, region, domain] = AWS_HOST.exec(host.toLowerCase()) ?? [];
  if (bucket !== undefined) return atAws(bucket, rest, { ...options, region, domain });
  const [, first = "", key = ""] = /^([^/]*)(?:\/(.*))?$/s.exec(rest) ?? [];
  if (isAws !== undefined) {
    return atAws(first, key, { ...options, pathStyle: true, region, domain });
  }
  return {
    bucket: first,
    key,
    pathPrefix: `/${first}`,
    region: undefined,
    hasBulk: host.toLowerCase() !== "storage.googleapis.com",
    origin: () => `https://${host}`,
  };
}
