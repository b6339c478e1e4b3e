/** Deleting objects of a versioned bucket for good. */
import { encodePath } from "../../aws/mod.ts";
import type { CleanupFailure } from "../failure.ts";
import type { S3Bucket } from "./s3_bucket.ts";
import type { DeleteOptions, S3Deleter, Target } from "./s3_deleter.ts";

/** Where the objects are. */
interface Place {
  readonly bucket: S3Bucket;
  readonly deleter: S3Deleter;
}

/**
 * Deletes all versions of objects, and the marks of those deleted before.
 *
 * @param options `prefix` that all their keys begin with
 * @throws {CleanupFailure}
 */
export async function deleteVersions<T extends Target>(
  { bucket, deleter }: Place,
  targets: Iterable<T>,
  { prefix, begin, end, done }: DeleteOptions<T> & { readonly prefix: string },
): Promise<void> {
  const wanted = Map.groupBy(targets, ({ key }) => key.encoded);
  const failures = new Map<string, CleanupFailure>();
  const only = wanted.size === 1 ? wanted.values().next().value?.[0]?.key.text : undefined;
  for await (const page of bucket.pages("versions", only ?? prefix, end)) {
    const versions = page.flatMap(({ key, versionId }) => {
      const target = wanted.get(encodePath(key))?.[0];
      return target === undefined
        ? []
        : [{ key: target.key, title: () => target.title(), versionId }];
    });
    await deleter.deleteAll(versions, {
      begin,
      end,
      done({ key }, failure) {
        if (failure !== undefined) failures.set(key.encoded, failure);
      },
    });
    // Some may not have been begun.
    if (begin.aborted) return;
  }
  for (const [encoded, same] of wanted) {
    for (const target of same) done(target, failures.get(encoded));
  }
}
