/** `condor_manifest verify`: whether the files are those that a MANIFEST lists. */
import { PosixError } from "../../posix/error.ts";
import { CleanupFailure, type CleanupFailureKind } from "../failure.ts";
import { shown } from "../name.ts";
import { RefusedFile } from "../regular_file.ts";
import { hashFile, statBytes } from "./byte_path.ts";
import {
  damageOf,
  jsonLines,
  jsonName,
  loadManifest,
  pathIn,
  type Printout,
  stateOf,
} from "./files.ts";
import type { Manifest } from "./reader.ts";

/** How to verify. */
export interface VerifyOptions {
  /** Where the files are; default the current directory. */
  readonly dir?: string;
  /** Files looked at at once. */
  readonly jobs?: number;
  /** Find all faults, not only the first. */
  readonly keepGoing?: boolean;
  /** One JSON object instead of lines for people. */
  readonly json?: boolean;
}

/** What can be wrong. */
type FaultKind = "damaged" | "unsafe" | "missing" | "not-a-file" | "unreadable" | "changed";

interface Fault {
  readonly kind: FaultKind;
  /** Of which record; -1 for the MANIFEST itself. */
  readonly index: number;
  readonly message: string;
}

/** What has been looked at. */
interface Progress {
  verified: number;
  bytes: number;
  readonly faults: Fault[];
}

/** What is wrong with a name, by the kind of failure that it would be for a store. */
const UNSAFE: Partial<Record<CleanupFailureKind, string>> = {
  Unsafe: "leads out of the directory",
  NotDeleted: "names no file in the directory",
};

const DEFAULT_JOBS = 4;

/**
 * Compares the files with the checksums that a MANIFEST has, and its self line with the rest of it.
 *
 * Names are below the directory, whatever they are: one that leads out of it is a fault. Symbolic
 * links are followed, for a checkpoint lists them as the files they lead to. The status is 1 if
 * anything is wrong.
 *
 * @throws {RefusedFile} when the MANIFEST cannot be read
 */
export async function verifyManifest(
  path: string,
  { dir = ".", jobs = DEFAULT_JOBS, keepGoing = false, json = false }: VerifyOptions,
): Promise<Printout> {
  const manifest = await loadManifest(path);
  const progress: Progress = { verified: 0, bytes: 0, faults: [] };
  const damage = damageOf(manifest);
  if (damage !== undefined) progress.faults.push({ kind: "damaged", index: -1, message: damage });
  if (keepGoing || damage === undefined) {
    await compareAll(manifest, progress, { dir, jobs, keepGoing });
  }
  const faults = progress.faults.sort((one, other) => one.index - other.index);
  if (!keepGoing) faults.splice(1);
  const status = faults.length === 0 ? 0 : 1;
  const { verified, bytes } = progress;
  if (json) {
    const head = JSON.stringify({ file: path, dir, count: manifest.count, verified, bytes });
    const elements = faults.map(({ index, kind, message }) => ({
      ...(index < 0 ? {} : jsonName(manifest.name(index))),
      kind,
      message,
    }));
    return { lines: [`${head.slice(0, -1)},"faults":[`, ...jsonLines(elements)], status };
  }
  const summary = `${verified} of ${manifest.count} files are as listed, ${bytes} bytes`;
  return { lines: [...faults.map(({ message }) => message), summary], status };
}

/** Compares the files, several at once, in the order of the MANIFEST. */
async function compareAll(
  manifest: Manifest,
  progress: Progress,
  { dir, jobs, keepGoing }: { dir: string; jobs: number; keepGoing: boolean },
): Promise<void> {
  let next = 0;
  await Promise.all(Array.from({ length: Math.max(1, jobs) }, async () => {
    while (next < manifest.count && (keepGoing || progress.faults.length === 0)) {
      const index = next++;
      const found = await compare(manifest, index, dir);
      if (typeof found === "number") {
        progress.verified++;
        progress.bytes += found;
      } else {
        progress.faults.push(found);
      }
    }
  }));
}

/** The size of a file that is as listed, or what is wrong with it. */
async function compare(
  manifest: Manifest,
  index: number,
  dir: string,
): Promise<number | Fault> {
  const name = manifest.name(index);
  const fault = (kind: FaultKind, what: string): Fault => ({
    kind,
    index,
    message: `${shown(name)}: ${what}`,
  });
  try {
    const path = pathIn(dir, name);
    const { size } = await statBytes(path);
    const computed = await hashFile(path);
    const listed = new TextDecoder().decode(manifest.checksum(index));
    if (computed === listed) return size;
    return fault("changed", `checksum is ${computed}, not ${listed}, of ${size} bytes`);
  } catch (error) {
    if (error instanceof CleanupFailure) {
      return fault("unsafe", UNSAFE[error.kind] ?? error.message);
    }
    if (error instanceof RefusedFile) return fault("not-a-file", "not a regular file");
    if (isMissing(error)) return fault("missing", "no such file");
    return fault("unreadable", stateOf(error));
  }
}

function isMissing(error: unknown): boolean {
  if (error instanceof PosixError) return error.code === "ENOENT" || error.code === "ENOTDIR";
  return error instanceof Deno.errors.NotFound || error instanceof Deno.errors.NotADirectory;
}
