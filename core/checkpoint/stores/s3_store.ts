/** Destinations in buckets. */
import { AwsClient, type AwsCredentials, encodePath } from "../../aws/mod.ts";
import { HttpClient } from "../../http/mod.ts";
import { PINION_VERSION } from "../../version.ts";
import { CleanupFailure } from "../failure.ts";
import type { JobLocation } from "../location.ts";
import { shown } from "../name.ts";
import { belowPrefix } from "../prefix.ts";
import type { Batch, Leftover, RemoveOptions, Store, StoreContext } from "../store.ts";
import { LateStop } from "./late_stop.ts";
import { addressOf, type AddressOptions, REGION, type S3Address } from "./s3_address.ts";
import { S3Bucket } from "./s3_bucket.ts";
import { S3Deleter, type Target } from "./s3_deleter.ts";
import { jobPrefix, keysBelow, leftoverOf } from "./s3_keys.ts";
import { deleteVersions } from "./s3_versions.ts";

/** Seconds until a connection has to stand. */
const CONNECT_TIMEOUT = 15;

/** What a store is made of. */
export interface S3StoreOptions extends AddressOptions {
  readonly keys: AwsCredentials;
  /** As configured; the destination, the job's ad and the service may know it too. */
  readonly region: string | undefined;
  /** What destinations have to begin with, up to a slash. */
  readonly prefix: string | undefined;
  /** Deletes every version of an object, and the marks of deleted ones. */
  readonly allVersions: boolean;
  readonly context: Pick<StoreContext, "env" | "parallel" | "jobAd" | "verbose">;
  /** Milliseconds since the epoch. */
  now(): number;
}

/** A destination, with what was learned of its bucket. */
interface Place {
  readonly address: S3Address;
  readonly bucket: S3Bucket;
  readonly deleter: S3Deleter;
}

/** An object of a file of a batch. */
interface FileTarget extends Target {
  readonly index: number;
}

/** Buckets that one set of keys opens. */
export class S3Store implements Store {
  readonly #options: S3StoreOptions;
  readonly #http: HttpClient;
  readonly #client: AwsClient;
  readonly #places = new Map<string, Promise<Place>>();

  constructor(options: S3StoreOptions) {
    this.#options = options;
    this.#http = new HttpClient({
      env: options.context.env,
      connectTimeout: CONNECT_TIMEOUT,
      userAgent: `pinion/${PINION_VERSION}`,
    });
    this.#client = new AwsClient({
      http: this.#http,
      service: "s3",
      credentials: options.keys,
      now: options.now,
    });
  }

  async remove(batch: Batch, { signal, done }: RemoveOptions): Promise<void> {
    const { allVersions, context } = this.#options;
    const place = await this.#placeOf(batch.base);
    const prefix = `${jobPrefix(place.address, batch.base)}${batch.base.number}/`;
    const files = filesOf(batch, { prefix, done });
    context.verbose(`Deleting ${batch.count} objects below "${prefix}" in ${place.address.bucket}`);
    using stop = new LateStop(signal);
    const options = {
      begin: stop.begin,
      end: stop.end,
      done: ({ index }: FileTarget, failure?: CleanupFailure) => done(index, failure),
    };
    if (allVersions) await deleteVersions(place, files, { ...options, prefix });
    else await place.deleter.deleteAll(files, options);
  }

  async *leftovers(location: JobLocation, signal: AbortSignal): AsyncGenerator<Leftover> {
    const { address, bucket } = await this.#placeOf(location);
    const prefix = jobPrefix(address, location);
    const listing = this.#options.allVersions ? "versions" : "objects";
    using stop = new LateStop(signal);
    for await (const page of bucket.pages(listing, prefix, stop.end)) {
      if (signal.aborted) return;
      // An object is listed once for each of its versions.
      const keys = new Map(page.map(({ key }) => [encodePath(key), key])).values();
      yield* keys.map((key) => leftoverOf(key, prefix)).filter((found) => found !== undefined);
    }
  }

  [Symbol.asyncDispose](): Promise<void> {
    this.#http.close();
    return Promise.resolve();
  }

  #placeOf(location: JobLocation): Promise<Place> {
    const { destination } = location;
    const { prefix } = this.#options;
    if (prefix !== undefined) belowPrefix(location, prefix);
    return this.#places.getOrInsertComputed(destination, () => this.#openPlace(destination));
  }

  async #openPlace(destination: string): Promise<Place> {
    const { context } = this.#options;
    const address = addressOf(destination, this.#options);
    const region = this.#options.region ?? address.region ?? await this.#jobRegion();
    const bucket = new S3Bucket(this.#client, address, region);
    const deleter = new S3Deleter(bucket, {
      hasBulk: address.hasBulk,
      parallel: context.parallel,
    });
    return { address, bucket, deleter };
  }

  /** The region that the uploads were signed for (condor_submit(1), `aws_region`). */
  async #jobRegion(): Promise<string | undefined> {
    const region = (await this.#options.context.jobAd())?.getString("AWSRegion");
    return region !== undefined && REGION.test(region) ? region : undefined;
  }
}

/** The objects of a batch; names that cannot be used are reported at once. */
function* filesOf(
  batch: Batch,
  { prefix, done }: { readonly prefix: string; readonly done: RemoveOptions["done"] },
): Generator<FileTarget> {
  const keyOf = keysBelow(prefix);
  for (let index = 0; index < batch.count; index++) {
    try {
      const key = keyOf(batch.name(index));
      yield { index, key, title: () => shown(batch.name(index)) };
    } catch (error) {
      if (!(error instanceof CleanupFailure)) throw error;
      done(index, error);
    }
  }
}
