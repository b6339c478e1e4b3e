/** From the archive that was fetched to the files that HTCondor reads. */

import type { InstalledFile, InstallReport } from "../contracts.ts";
import { AnnexError } from "../errors.ts";
import { errorText } from "../../errors.ts";
import type { AnnexHost } from "../host.ts";
import { fateOf, removeFile } from "../installed_files.ts";
import { clearJournal, readJournal, writeJournal } from "../journal.ts";
import { CONDOR_DIR } from "../paths.ts";
import { archiveError } from "./error.ts";
import { checkPlaces, putInPlace } from "./place.ts";
import { makeStaging } from "./staging.ts";
import { LARGEST_ARCHIVE, unpack } from "./unpack.ts";

const PORTION = 64 * 1024;

/**
 * Unpacks, checks and installs the archive, and removes it; what an earlier archive installed and
 * this one no longer has goes too, unless somebody changed it since. After a failure the installed
 * files are what they were.
 *
 * @param archive path of the archive, with the host's root
 * @param before what is installed
 * @returns what is installed now
 * @throws {AnnexError} `archive-rejected`, `unsafe-path`; `install-failed` (retryable) when the disk
 *   is full or broken
 */
export async function installArchive(
  host: AnnexHost,
  archive: string,
  before: readonly InstalledFile[],
): Promise<InstallReport> {
  try {
    await using staging = await makeStaging(host);
    const unpacked = await unpack(bytesOf(archive), staging.fresh, { signal: host.signal });
    await checkPlaces(host, unpacked);
    const files = unpacked.files.map(({ path, sha256 }) => ({
      path: `${CONDOR_DIR}/${path}`,
      sha256,
    }));
    const interrupted = await readJournal(host);
    const obsolete = without([...before, ...interrupted ?? []], files);
    // The old ones stay on the list for as long as they are on the disk.
    await writeJournal(host, [...files, ...obsolete]);
    try {
      await putInPlace(host, staging, unpacked);
    } catch (error) {
      await (interrupted ? writeJournal(host, interrupted) : clearJournal(host));
      throw error;
    }
    const left = await removeObsolete(host, obsolete);
    return { files, warnings: [...unpacked.warnings, ...left] };
  } catch (error) {
    const isFinal = error instanceof AnnexError && error.code !== "write-failed";
    if (isFinal || host.signal.aborted) throw error;
    throw new AnnexError(`Cannot install the archive: ${errorText(error)}`, {
      code: "install-failed",
      retryable: true,
      remedy: "make room on the disk of the root file system",
      cause: error,
    });
  } finally {
    await Deno.remove(archive).catch(() => {});
  }
}

async function* bytesOf(path: string): AsyncGenerator<Uint8Array, void, void> {
  if (!(await Deno.lstat(path)).isFile) throw archiveError("it is no regular file");
  using file = await Deno.open(path);
  const { size } = await file.stat();
  if (size > LARGEST_ARCHIVE) throw archiveError(`${size} bytes are more than ${LARGEST_ARCHIVE}`);
  const buffer = new Uint8Array(PORTION);
  for (let count; (count = await file.read(buffer)) !== null;) yield buffer.subarray(0, count);
}

/** Those of the first list whose paths are not on the second. */
function without(
  files: readonly InstalledFile[],
  others: readonly InstalledFile[],
): InstalledFile[] {
  const known = new Set(others.map(({ path }) => path));
  return files.filter(({ path }) => !known.has(path));
}

async function removeObsolete(
  host: AnnexHost,
  files: readonly InstalledFile[],
): Promise<string[]> {
  // After a run that was killed there are two entries for a path, and either may be the right one.
  for (const file of files) {
    if (await fateOf(host, file) === "same") await removeFile(host, file.path);
  }
  const changed = new Set<string>();
  for (const file of files) {
    if (await fateOf(host, file) === "changed") changed.add(file.path);
  }
  return [...changed].map((path) =>
    `Left "${path}" of an earlier archive: somebody changed it since`
  );
}
