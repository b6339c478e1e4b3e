/** The process beside a command that keeps its token file up to date. */
import type { Clock } from "../../clock.ts";
import type { ChosenToken } from "./choose.ts";
import { TokenEnvError } from "./error.ts";
import { readUse, useFile, writeBare } from "./token_file.ts";

/** What a keeper is told. */
export interface KeepOptions {
  readonly clock: Clock;
  /** Milliseconds between looks. */
  readonly interval: number;
  /** Whether the command still runs. */
  isRunning(): boolean;
}

/**
 * Writes the token anew whenever HTCondor's file of it changes, until the command ends. A file that
 * holds no token changes nothing: the last good one stays.
 *
 * HTCondor rewrites all files every `SEC_CREDENTIAL_REFRESH` seconds, so they are looked at by time:
 * the same look notices the end of the command, and works on any file system.
 */
export async function keepToken(token: ChosenToken, options: KeepOptions): Promise<void> {
  const { clock, interval, isRunning } = options;
  const never = new AbortController().signal;
  let seen: string | undefined;
  while (isRunning()) {
    const found = stateOf(useFile(token));
    if (found !== undefined && found !== seen && tryToWrite(token)) seen = found;
    await clock.sleep(interval, never);
  }
}

/** What is different after every change of a file; undefined when it is not there. */
function stateOf(path: string): string | undefined {
  try {
    const { ino, mtime, size } = Deno.statSync(path);
    return `${ino} ${mtime?.getTime()} ${size}`;
  } catch {
    return undefined;
  }
}

/** @returns whether it is done with, be it that the file holds no token; a full disk may get better */
function tryToWrite(token: ChosenToken): boolean {
  let text: string;
  try {
    text = readUse(token);
  } catch {
    return true;
  }
  try {
    writeBare(token, text);
    return true;
  } catch (error) {
    if (error instanceof TokenEnvError) return false;
    throw error;
  }
}
