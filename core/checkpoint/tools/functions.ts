/** HTCondor's own functions of `condor_manifest`, by their names. */
import { isSwitchedOn } from "../../config/environment.ts";
import { createManifestFor } from "../manifest/create.ts";
import type { Answer } from "../manifest/answer.ts";
import * as functions from "../manifest/functions.ts";
import type { FUNCTIONS } from "./program.ts";
import type { ToolHost } from "./host.ts";

/** What is called with one argument. */
type Name = Exclude<(typeof FUNCTIONS)[number]["name"], "deleteFilesStoredAt">;

/**
 * Calls a function. None of them reads HTCondor's configuration, which need not be
 * there; only the environment can make them strict.
 *
 * @returns the exit status
 */
export async function callFunction(
  name: Name,
  argument: string,
  host: ToolHost,
): Promise<number> {
  const { stdout, stderr, status } = await call(name, argument, host);
  host.write(stdout);
  if (stderr !== "") host.note(stderr.replace(/\n$/, ""));
  return status;
}

async function call(name: Name, argument: string, host: ToolHost): Promise<Answer> {
  const strict = isSwitchedOn("CHECKPOINT_MANIFEST_STRICT", host.environment);
  switch (name) {
    case "getNumberFromFileName":
      return functions.getNumberFromFileName(argument, { strict });
    case "validateManifestFile":
      return await functions.validateManifestFile(argument);
    case "validateFilesListedIn":
      return await functions.validateFilesListedIn(argument, { strict });
    case "FileFromLine":
      return functions.fileFromLine(argument);
    case "ChecksumFromLine":
      return functions.checksumFromLine(argument);
    case "compute_file_sha256_checksum":
      return await functions.computeFileSha256Checksum(argument);
    case "createManifestFor":
      return await createManifestFor(argument, { strict });
  }
}
