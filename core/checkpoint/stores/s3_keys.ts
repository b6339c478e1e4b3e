/** Keys of a checkpoint's objects. */
import { encodePath } from "../../aws/mod.ts";
import type { JobLocation } from "../location.ts";
import { componentsOf, textOf } from "../name.ts";
import type { Leftover } from "../store.ts";
import { leftoverAt } from "./leftover.ts";
import type { S3Address } from "./s3_address.ts";

/** An object's key. */
export interface Key {
  /** Percent-encoded: one spelling for each key. */
  readonly encoded: string;
  /** As text, where a list in XML can carry it unchanged. */
  readonly text: string | undefined;
}

/**
 * What the keys of all checkpoints of a job begin with, with a slash at its end. Slashes at the end
 * of a destination count once, however often the shadow wrote them; doubled ones inside of it are
 * the user's own.
 *
 * @param key of the destination
 */
export function jobPrefix({ key }: Pick<S3Address, "key">, { gid }: JobLocation): string {
  return `${key}${key === "" ? "" : "/"}${gid}/`;
}

/**
 * Makes the keys of a checkpoint's files: a name is appended as it is, because the uploader did so.
 *
 * @param prefix what they begin with, with a slash at its end
 * @returns a function that throws `CleanupFailure`, `Unsafe` or `NotDeleted`, for unusable names
 */
export function keysBelow(prefix: string): (name: Uint8Array) => Key {
  const encodedPrefix = encodePath(prefix);
  return (name) => {
    componentsOf(name);
    const text = textOf(name);
    return {
      encoded: encodedPrefix + encodePath(name),
      text: text === undefined ? undefined : listable(prefix + text),
    };
  };
}

/**
 * A key as it may stand in a list in XML, else undefined: XML 1.0 knows no control characters and
 * joins line ends, and readers are found that drop blanks at the end.
 */
export function listable(key: string): string | undefined {
  return /[\p{Cc}\p{Cs}\ufffe\uffff\u2028\u2029]|\s$/u.test(key) ? undefined : key;
}

/**
 * The file that a listed key is, or undefined for one that HTCondor did not make.
 *
 * @param prefix of the job, with a slash at its end
 */
export function leftoverOf(key: Uint8Array, prefix: string): Leftover | undefined {
  const start = new TextEncoder().encode(prefix);
  if (!start.every((byte, i) => key[i] === byte)) return undefined;
  return leftoverAt(key.subarray(start.length));
}
