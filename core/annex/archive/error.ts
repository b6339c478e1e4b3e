/** Archives that are refused. */

import { AnnexError } from "../errors.ts";

/**
 * The error for an archive that must not be installed.
 *
 * @param state what was found, as the end of a sentence
 */
export function archiveError(state: string, cause?: unknown): AnnexError {
  return new AnnexError(`Cannot unpack the archive: ${state}`, {
    code: "archive-rejected",
    remedy: "upload an archive of plain files and directories, as condor_annex makes it",
    cause,
  });
}
