/** The job's ad, as far as a clean-up needs it. */
import { join } from "@std/path";
import { type ClassAd, parseOldAd } from "../../classad/mod.ts";
import { readRegularFile } from "../regular_file.ts";
import { JOB_AD } from "./job_directory.ts";

/** Largest ad read, in bytes. */
const LARGEST_AD = 16 << 20;

/** `JobStatus` of jobs that have left the queue: removed, completed. */
const LEFT = [3, 4];
const REMOVED = 3;

/** What a job's ad says; what is not a literal there is absent. */
export interface JobFacts {
  readonly ad: ClassAd;
  readonly destination: string | undefined;
  /** `GlobalJobId` with `_` for each `#`, as it stands in locations. */
  readonly gid: string | undefined;
  /** The account it runs as: `OsUser`, else the name part of `User`, else `Owner`. */
  readonly account: string | undefined;
  readonly number: bigint | undefined;
  /** It has left the queue, so that no checkpoint of it is wanted any more. */
  readonly hasLeft: boolean;
  /** It was removed: its last run may still have been writing. */
  readonly wasRemoved: boolean;
}

/**
 * Reads `.job.ad` of a clean-up directory.
 *
 * @param path the directory, or an ad's own path
 * @returns nothing when there is none
 * @throws what reading a file throws otherwise
 */
export async function readJobAd(path: string): Promise<JobFacts | undefined> {
  try {
    const status = await Deno.lstat(path);
    const file = status.isDirectory ? join(path, JOB_AD) : path;
    const bytes = await readRegularFile(file, LARGEST_AD);
    // A line that cannot be read hides one attribute, which the others do not suffer for.
    return factsOf(parseOldAd(bytes, { onBadLine: () => {} }));
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw error;
  }
}

/** The facts in an ad. */
export function factsOf(ad: ClassAd): JobFacts {
  const literal = (name: string) => {
    const expression = ad.get(name);
    return expression?.kind === "literal" ? expression.value : undefined;
  };
  const text = (name: string) => {
    const value = literal(name);
    return typeof value === "string" && value !== "" ? value : undefined;
  };
  const integer = (name: string) => {
    const value = literal(name);
    return typeof value === "bigint" ? value : undefined;
  };
  const status = Number(integer("JobStatus") ?? -1n);
  return {
    ad,
    destination: text("CheckpointDestination"),
    gid: text("GlobalJobId")?.replaceAll("#", "_"),
    account: text("OsUser") ?? text("User")?.replace(/@.*$/s, "") ?? text("Owner"),
    number: integer("CheckpointNumber"),
    hasLeft: LEFT.includes(status),
    wasRemoved: status === REMOVED,
  };
}

/** Where the job's checkpoints lie: the destination, its slash at the end not doubled, and gid. */
export function locationOf({ destination, gid }: JobFacts): string | undefined {
  if (destination === undefined || gid === undefined) return undefined;
  return `${destination}${destination.endsWith("/") ? "" : "/"}${gid}`;
}
