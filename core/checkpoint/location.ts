/**
 * Where a checkpoint lies: `<destination>/<gid>/<NNNN>/<name>` (manual, "Self-Checkpointing Jobs").
 *
 * Locations are text as users wrote them, never decoded or encoded here; names are bytes.
 */
import { CleanupFailure } from "./failure.ts";

/** Where all checkpoints of a job lie. */
export interface JobLocation {
  /** The job's `CheckpointDestination`, without slashes at its end. */
  readonly destination: string;
  /** The job's `GlobalJobId` with `_` for each `#`. */
  readonly gid: string;
}

/** Where one checkpoint lies. */
export interface Base extends JobLocation {
  /** The checkpoint's number, at least four digits. */
  readonly number: string;
  /** As it was given. */
  readonly text: string;
}

/** Whether a component is the number of a checkpoint. */
export function isNumber(component: string): boolean {
  return /^\d{4,20}$/.test(component);
}

/**
 * Takes a `-from BASE` apart. Doubled slashes before gid and number, which the shadow makes, count
 * as one, and slashes at the end as none.
 *
 * @throws {CleanupFailure} `Unsafe`, when the last two components cannot be a job's id and a
 *   checkpoint's number
 */
export function parseBase(text: string): Base {
  const [, location = "", number = ""] = /^(.*?)\/+([^/]*)\/*$/s.exec(text) ?? [];
  const { destination, gid } = parseLocation(location);
  if (!isNumber(number)) {
    throw new CleanupFailure(
      "Unsafe",
      `Cannot use ${quote(text)}: no checkpoint number at its end`,
    );
  }
  return { destination, gid, number, text };
}

/** Takes `<destination>/<gid>` apart, by the same rules. */
export function parseLocation(text: string): JobLocation {
  const [, destination = "", gid = ""] = /^(.*?[^/])\/+([^/]+)\/*$/s.exec(text) ?? [];
  if (gid === "" || gid === "." || gid === ".." || /:$/.test(destination)) {
    throw new CleanupFailure("Unsafe", `Cannot use ${quote(text)}: no job id at its end`);
  }
  return { destination, gid };
}

/** The base of a job's checkpoint, with single slashes. */
export function baseOf({ destination, gid }: JobLocation, number: string): Base {
  return { destination, gid, number, text: `${destination}/${gid}/${number}` };
}

/** A text as it may be shown: one line, of bounded length. */
export function quote(text: string): string {
  const short = text.length > 1000 ? `${text.slice(0, 1000)}...` : text;
  return `"${short.replace(/[\p{Cc}\u2028\u2029]/gu, (c) => JSON.stringify(c).slice(1, -1))}"`;
}
