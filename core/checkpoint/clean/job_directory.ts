/**
 * A job's directory below `checkpoint-cleanup` in SPOOL, where HTCondor leaves the MANIFEST files of
 * checkpoints that are to go, with a copy of the job's ad.
 */
import { basename, dirname } from "@std/path";

/** The job's ad in its directory. */
export const JOB_AD = ".job.ad";

const MANIFEST = "MANIFEST";
const FAILURE = "FAILURE";

/** Where the MANIFEST files of a job lie, and how they are called. */
export interface Stem {
  /** As it was given: `<directory>/_condor_checkpoint_MANIFEST`. */
  readonly path: string;
  /** The directory, or nothing where the stem is a bare name. */
  readonly directory: string;
  /** The stem of the MANIFEST files of failed checkpoints, where there is such a thing. */
  readonly failurePath: string | undefined;
}

/** A file that lists a checkpoint's files. */
export interface ManifestFile {
  readonly number: bigint;
  /** The number as in names: four digits or more. */
  readonly digits: string;
  readonly path: string;
  /** The checkpoint was never uploaded completely. */
  readonly failed: boolean;
}

/**
 * Takes a stem apart.
 *
 * @returns nothing for one that is too short to be one
 */
export function parseStem(path: string): Stem | undefined {
  if (path.length < MANIFEST.length) return undefined;
  return {
    path,
    directory: path.includes("/") ? dirname(path) : "",
    failurePath: path.endsWith(MANIFEST)
      ? `${path.slice(0, -MANIFEST.length)}${FAILURE}`
      : undefined,
  };
}

/** A whole number as C's strtol(3) reads it, or undefined. */
export function parseNumber(text: string): bigint | undefined {
  if (!/^[ \t\n\v\f\r]*[+-]?\d{1,1000}$/.test(text)) return undefined;
  const number = BigInt(text.trim().replace(/^\+/, ""));
  const [least, most] = [-(2n ** 63n), 2n ** 63n - 1n];
  return number < least ? least : number > most ? most : number;
}

/** A number as printf's `%.4ld` writes it. */
export function digitsOf(number: bigint): string {
  const digits = `${number < 0n ? -number : number}`.padStart(4, "0");
  return number < 0n ? `-${digits}` : digits;
}

/** The two files that a number may have. */
export function filesOf(stem: Stem, number: bigint): ManifestFile[] {
  const digits = digitsOf(number);
  const file = (path: string, failed: boolean) => ({
    number,
    digits,
    path: `${path}.${digits}`,
    failed,
  });
  return [
    file(stem.path, false),
    ...(stem.failurePath === undefined ? [] : [file(stem.failurePath, true)]),
  ];
}

/**
 * Picks the MANIFEST and FAILURE files out of a directory's names, by number, MANIFEST first.
 *
 * @param names what the directory holds
 */
export function findFiles(stem: Stem, names: Iterable<string>): ManifestFile[] {
  const found: ManifestFile[] = [];
  for (const name of names) {
    for (const [path, failed] of [[stem.path, false], [stem.failurePath, true]] as const) {
      if (path === undefined || !name.startsWith(`${basename(path)}.`)) continue;
      const digits = name.slice(basename(path).length + 1);
      const number = /^-?\d{4,19}$/.test(digits) ? BigInt(digits) : undefined;
      // Names that HTCondor would not make are nobody's business here.
      if (number === undefined || digitsOf(number) !== digits) continue;
      found.push({ number, digits, path: `${path}.${digits}`, failed });
    }
  }
  return found.sort((a, b) =>
    a.number < b.number ? -1 : a.number > b.number ? 1 : Number(a.failed) - Number(b.failed)
  );
}

/** What is in a directory; nothing when it cannot be told. */
export async function namesIn(directory: string): Promise<string[] | undefined> {
  try {
    return (await Array.fromAsync(Deno.readDir(directory || "."))).map(({ name }) => name);
  } catch {
    return undefined;
  }
}
