/** Where the checkpoints of a destination lie in a mounted file system. */
import type { JobLocation } from "../location.ts";
import { componentsOf } from "../name.ts";
import { belowPrefix } from "../prefix.ts";

/** A prefix of URLs, and the directory that it stands for. */
export interface Mapping {
  readonly prefix: string;
  /** Absolute. */
  readonly path: string;
}

/** Where a job's checkpoints lie. */
export interface Place {
  /** The directory that the destination stands for: the site's, and made before any checkpoint. */
  readonly directory: string;
  /** Name of the job's directory in it. */
  readonly gid: Uint8Array;
}

const encoder = new TextEncoder();
const decoder = new TextDecoder();

/**
 * Finds the directory of a job's checkpoints: what follows the prefix is a path, with `.` and `..`
 * resolved.
 *
 * @throws {CleanupFailure} `Usage` when the location does not begin with the prefix, `Unsafe` when
 *   it leads out of the directory
 */
export function placeOf(location: JobLocation, { prefix, path }: Mapping): Place {
  const way = componentsOf(encoder.encode(belowPrefix(location, prefix)));
  const gid = way.pop()!;
  const directory = [path, ...way.map((part) => decoder.decode(part))].join("/");
  return { directory, gid };
}
