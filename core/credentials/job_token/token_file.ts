/** The bare token beside HTCondor's file of it, which is JSON most of the time. */
import { join } from "@std/path";
import { errorText, TransferFailure } from "../../errors.ts";
import { readSmallFile, UnusableFile } from "../../std/small_file.ts";
import { readTokenFile } from "../../tokens/mod.ts";
import type { ChosenToken } from "./choose.ts";
import { TokenEnvError } from "./error.ts";

const LARGEST_FILE = 1 << 20;

/** Where HTCondor puts the token. */
export function useFile({ name, directory }: ChosenToken): string {
  return join(directory, `${name}.use`);
}

/** Where the token is for the command (WLCG Bearer Token Discovery): no entry that `ls` shows. */
export function bareFile({ name, directory }: ChosenToken): string {
  return join(directory, `.${name}.bt`);
}

/**
 * The token itself. An issuer whose group requirement the user does not meet (any more) gives an empty
 * one, with which jobs go on: that is "".
 *
 * @throws {TokenEnvError} when the file holds no token
 */
export function readUse(token: ChosenToken): string {
  const path = useFile(token);
  try {
    return readTokenFile(path).token;
  } catch (error) {
    if (!(error instanceof TransferFailure)) throw error;
    if (isWithdrawn(path)) return "";
    throw new TokenEnvError("unusable", errorText(error), { cause: error });
  }
}

/**
 * Puts a token into its file, in one step: 0600, one line.
 *
 * It is not synced to the disk: it is of no use to anybody once the machine has stopped.
 *
 * @throws {TokenEnvError}
 */
export function writeBare(token: ChosenToken, text: string): void {
  const path = bareFile(token);
  const temporary = `${path}.${crypto.randomUUID().slice(0, 8)}.tmp`;
  try {
    try {
      using file = Deno.openSync(temporary, { createNew: true, write: true, mode: 0o600 });
      const bytes = new TextEncoder().encode(text === "" ? "" : `${text}\n`);
      for (let rest = bytes; rest.length > 0;) rest = rest.subarray(file.writeSync(rest));
      file.close();
      Deno.renameSync(temporary, path);
    } catch (error) {
      removeIfThere(temporary);
      throw error;
    }
  } catch (cause) {
    const why = errorText(cause).replace(/: \w+ '.*$/s, "");
    throw new TokenEnvError("unwritable", `Cannot write "${path}": ${why}`, { cause });
  }
}

function isWithdrawn(path: string): boolean {
  try {
    const found: unknown = JSON.parse(readSmallFile(path, { limit: LARGEST_FILE }));
    return (found as { access_token?: unknown } | null)?.access_token === "";
  } catch (error) {
    if (error instanceof SyntaxError || error instanceof UnusableFile) return false;
    if (error instanceof Deno.errors.NotFound) return false;
    if (error instanceof Deno.errors.PermissionDenied) return false;
    throw error;
  }
}

function removeIfThere(path: string): void {
  try {
    Deno.removeSync(path);
  } catch {
    // It was never made, or the directory is gone.
  }
}
