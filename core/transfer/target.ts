/**
 * Where a download ends up: a file's final name, a device, a link, or standard output.
 */
import { dirname, resolve } from "@std/path";
import { errorText, TransferFailure } from "../errors.ts";
import { DirectoryListing, look } from "./directory_listing.ts";
import type { Host } from "./host.ts";
import { PartFile, writeFully } from "./part_file.ts";

/** `LocalFileName` that means standard output, for use by hand. */
export const STANDARD_OUTPUT = "-";

/** The place of one download. */
export interface Target {
  readonly part: PartFile;
  /** Directory that unpacked content goes to. */
  readonly directory: string;
  /** Puts the finished part file in place. */
  commit(): void;
}

/**
 * Prepares the place for a download. Nothing that exists is changed before `commit`.
 *
 * A plain name is replaced at once by renaming. A link or a device is written through, and gets its
 * content only when all of it is there.
 *
 * @param name `LocalFileName` of the input ad
 * @param host gives the scratch directory, inside which missing directories are made
 * @param listing what is known of the directories; shared by the files of a run
 * @throws {TransferFailure} of kind Parameter when nothing can be put there
 */
export function prepareTarget(
  name: string,
  host: Host,
  listing: DirectoryListing = new DirectoryListing(),
): Target {
  if (name === STANDARD_OUTPUT) {
    const part = new PartFile("stdout", host.cwd());
    return { part, directory: host.cwd(), commit: () => copyOut(part, (b) => host.stdout(b)) };
  }
  const path = resolve(host.cwd(), name);
  const directory = dirname(path);
  const found = listing.look(path);
  const end = found?.isSymlink ? look(path, Deno.statSync) : found;
  if (end?.isDirectory) throw impossible(name, "is a directory");
  // Opening one waits for whoever reads it.
  if (end?.isFifo || end?.isSocket) throw impossible(name, "is a pipe");
  if (found === undefined) makeDirectory(directory, { name, host, listing });
  if (found !== undefined && !found.isFile) {
    const part = new PartFile(path, host.cwd());
    return { part, directory, commit: () => writeThrough(part, path) };
  }
  const part = new PartFile(path);
  return { part, directory, commit: () => part.rename(path) };
}

/** Makes the directory if it is missing and lies in the scratch directory, links followed. */
function makeDirectory(
  directory: string,
  { name, host, listing }: { name: string; host: Host; listing: DirectoryListing },
): void {
  if (listing.has(directory)) return;
  let there = directory;
  while (look(there) === undefined && there !== "/") there = dirname(there);
  const root = Deno.realPathSync(host.cwd());
  const place = Deno.realPathSync(there);
  if (place !== root && !place.startsWith(root === "/" ? root : `${root}/`)) {
    throw impossible(name, "its directory does not exist");
  }
  try {
    Deno.mkdirSync(directory, { recursive: true });
  } catch (error) {
    throw impossible(name, errorText(error));
  }
}

function impossible(name: string, state: string): TransferFailure {
  return new TransferFailure("Parameter", `Cannot write "${name}": ${state}`, {
    errorCode: 23,
    retryable: -1,
  });
}

function copyOut(part: PartFile, write: (bytes: Uint8Array) => void): void {
  using file = Deno.openSync(part.path);
  const buffer = new Uint8Array(1 << 20);
  for (let n; (n = file.readSync(buffer)) !== null;) write(buffer.subarray(0, n));
  part.remove();
}

function writeThrough(part: PartFile, path: string): void {
  using file = Deno.openSync(path, { write: true, create: true, truncate: true });
  copyOut(part, (bytes) => writeFully(file, bytes));
}
