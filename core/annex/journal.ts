/**
 * What an installation is about to put in place: should it be killed, the next one knows which files
 * are not the image's own.
 */

import type { InstalledFile } from "./contracts.ts";
import { makeDirectory } from "./directories.ts";
import { AnnexError } from "./errors.ts";
import type { AnnexHost } from "./host.ts";
import { parseInstalled, removeFile } from "./installed_files.ts";
import { STATE_DIR } from "./paths.ts";
import { readOwnFile, replaceFile } from "./safe_file.ts";

const JOURNAL_FILE = `${STATE_DIR}/installing.json`;

/** Largest file of this program's own that is read, in bytes: a list of ten thousand long paths. */
export const LARGEST_STATE = 32 << 20;

/** Writes down the files of an installation that begins. */
export async function writeJournal(
  host: AnnexHost,
  files: readonly InstalledFile[],
): Promise<void> {
  await makeDirectory(host, STATE_DIR, { mode: 0o700 });
  await replaceFile(host, JOURNAL_FILE, { content: JSON.stringify(files), mode: 0o600 });
}

/**
 * Reads the files of an installation whose end was not written down.
 *
 * @returns undefined when there is none; empty for one that cannot be read
 */
export async function readJournal(host: AnnexHost): Promise<readonly InstalledFile[] | undefined> {
  try {
    const text = await readOwnFile(host, JOURNAL_FILE, LARGEST_STATE);
    return text === undefined ? undefined : parseInstalled(JSON.parse(text)) ?? [];
  } catch (error) {
    if (error instanceof SyntaxError || error instanceof AnnexError) return [];
    throw error;
  }
}

/** Ends what {@linkcode writeJournal} began. */
export async function clearJournal(host: AnnexHost): Promise<void> {
  await removeFile(host, JOURNAL_FILE);
}
