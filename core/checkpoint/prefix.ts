/** The prefix of a line of the map, which bounds what its store is used for. */
import { CleanupFailure } from "./failure.ts";
import { type JobLocation, quote } from "./location.ts";
import { componentsOf } from "./name.ts";

/**
 * What follows a prefix in a job's location: a path, with the job's id at its end.
 *
 * The prefix is compared as it is, and ends at a slash, whether it is written with one or with many
 * or not: `x://h` does not begin `x://hostile`.
 *
 * @throws {CleanupFailure} `Usage` when the location does not begin with the prefix, `Unsafe` when
 *   `..` leads out of it again
 */
export function belowPrefix({ destination, gid }: JobLocation, prefix: string): string {
  const url = `${destination}/${gid}`;
  // Those before a host stay: "x:///" does not begin "x://h".
  const start = prefix.replace(/([^:/])\/+$/, "$1");
  const rest = url.slice(start.length);
  if (!url.startsWith(start) || !(start.endsWith("/") || rest.startsWith("/"))) {
    throw new CleanupFailure("Usage", `Cannot use ${shown(url)}: it is not below ${shown(prefix)}`);
  }
  // Throws when it leads out.
  componentsOf(new TextEncoder().encode(rest));
  return rest;
}

/** A URL without the password that it may hold. */
function shown(url: string): string {
  return quote(url.replace(/:\/\/[^/]*@/, "://"));
}
