/** Deleting many objects of a bucket: in lists where the service takes them, else one by one. */
import { AwsError } from "../../aws/mod.ts";
import type { CleanupFailure } from "../failure.ts";
import { inParallel } from "./parallel.ts";
import type { S3Bucket } from "./s3_bucket.ts";
import { failureOf, saysGone, saysNoBulk } from "./s3_failures.ts";
import type { Key } from "./s3_keys.ts";

/** Most objects of one list (DeleteObjects). */
const LIST_LENGTH = 1000;
/** Lists under way at once. */
const PARALLEL_LISTS = 4;

/** An object that is to go. */
export interface Target {
  readonly key: Key;
  /** One version of it; without, the object as it is. */
  readonly versionId?: string | undefined;
  /** As it may be shown. */
  title(): string;
}

/** When to end. */
export interface Stop {
  /** When aborted nothing new is begun. */
  readonly begin: AbortSignal;
  /** When aborted what is under way ends. */
  readonly end: AbortSignal;
}

/** How the deleting reports, and is stopped. */
export interface DeleteOptions<T> extends Stop {
  /** Called once for each object that was dealt with: with nothing when it is gone. */
  done(target: T, failure?: CleanupFailure): void;
}

/** Deletes objects of one bucket. */
export class S3Deleter {
  readonly #bucket: S3Bucket;
  readonly #parallel: number;
  /** Until the service says that it takes no lists. */
  #hasBulk: boolean;

  constructor(
    bucket: S3Bucket,
    { hasBulk, parallel }: { readonly hasBulk: boolean; readonly parallel: number },
  ) {
    this.#bucket = bucket;
    this.#hasBulk = hasBulk;
    this.#parallel = parallel;
  }

  /**
   * Deletes objects, which are taken from the iterable as they are begun.
   *
   * @throws {CleanupFailure} what any further request would meet again; objects not reported by then
   *   were not dealt with
   */
  async deleteAll<T extends Target>(
    targets: Iterable<T>,
    options: DeleteOptions<T>,
  ): Promise<void> {
    const items = Iterator.from(targets);
    const single: T[] = [];
    const lists = this.#lists(items, single);
    await inParallel(lists, { limit: PARALLEL_LISTS, signal: options.begin }, async (list) => {
      const isDone = this.#hasBulk && list.length > 1 && await this.#deleteList(list, options);
      if (!isDone) single.push(...list);
    });
    await inParallel(
      inTurn(single, items),
      { limit: this.#parallel, signal: options.begin },
      (target) => this.#deleteOne(target, options),
    );
  }

  /** Lists of what can be listed, while lists are taken; what cannot be goes to `single`. */
  *#lists<T extends Target>(items: Iterator<T>, single: T[]): Generator<T[]> {
    let list: T[] = [];
    while (this.#hasBulk) {
      const { value, done } = items.next();
      if (done) break;
      if (value.key.text === undefined) single.push(value);
      else if (list.push(value) === LIST_LENGTH) {
        yield list;
        list = [];
      }
    }
    if (list.length > 0) yield list;
  }

  /** Deletes by a list; says whether that told what became of each object. */
  async #deleteList<T extends Target>(
    list: readonly T[],
    options: DeleteOptions<T>,
  ): Promise<boolean> {
    const objects = list.map(({ key, versionId }) => ({ text: key.text!, versionId }));
    let errors: ReadonlyMap<string, AwsError>;
    try {
      errors = await this.#bucket.deleteMany(objects, options.end);
    } catch (error) {
      if (saysNoBulk(error)) {
        this.#hasBulk = false;
        return false;
      }
      for (const target of list) fail(error, target, options);
      return true;
    }
    const listed = new Set(objects.map(({ text }) => text));
    if (errors.keys().some((text) => !listed.has(text))) return false;
    for (const target of list) {
      const error = errors.get(target.key.text!);
      if (error === undefined || saysGone(error)) options.done(target);
      else fail(error, target, options);
    }
    return true;
  }

  async #deleteOne<T extends Target>(target: T, options: DeleteOptions<T>): Promise<void> {
    const { key, versionId } = target;
    try {
      const { status, body } = await this.#bucket.deleteOne(key.encoded, {
        versionId,
        signal: options.end,
      });
      // S3 has nothing to say of a deletion; a page for people comes from anywhere but there.
      if (body.length > 0) throw new AwsError({ status, code: "" }, "that is no answer of S3's");
    } catch (error) {
      if (!saysGone(error)) return fail(error, target, options);
    }
    options.done(target);
  }
}

/** Reports a failure, or throws it when it concerns all. */
function fail<T extends Target>(
  error: unknown,
  target: T,
  { begin, done }: DeleteOptions<T>,
): void {
  const found = failureOf(error, `Cannot delete ${target.title()}`);
  if (found === undefined) throw error;
  const { failure, concernsAll } = found;
  // What failed because it was told to stop is no failure.
  if (begin.aborted && failure.kind === "Transient") return;
  if (concernsAll) throw failure;
  done(target, failure);
}

/** Some items, and then others, none of them taken before its turn. */
function* inTurn<T>(first: readonly T[], then: Iterator<T>): Generator<T> {
  yield* first;
  for (let item = then.next(); !item.done; item = then.next()) yield item.value;
}
