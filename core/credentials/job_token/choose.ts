/** Which of a job's tokens its command gets. */
import { join } from "@std/path";
import { TokenEnvError } from "./error.ts";

/** The environment variable that names the token where no option can. */
export const NAME_VARIABLE = "BEARER_TOKEN_NAME";

/** The name of the local issuer's tokens unless it is configured otherwise (HTCondor manual). */
const USUAL_NAME = "scitokens";

/** Most entries of the directory looked at. */
const MOST_ENTRIES = 10_000;

/** Provider and handle of a credential, as in the name of its file. */
const NAME = /^[A-Za-z0-9_][A-Za-z0-9._+=-]{0,199}$/;

/** A token of the job. */
export interface ChosenToken {
  readonly name: string;
  /** Where HTCondor puts the job's tokens, and puts them anew. */
  readonly directory: string;
}

/** What there is to go by. */
export interface Choice {
  env(name: string): string | undefined;
  /** The value of the option, when there is one. */
  readonly asked?: string | undefined;
}

/**
 * Chooses the token: the one that the option or the variable names, else the only one there is, else
 * `scitokens`.
 *
 * @returns undefined for a job that has no tokens, or that says itself where its token is
 * @throws {TokenEnvError} when there are tokens, and none that can be chosen, or not the one named
 */
export function chooseToken({ env, asked }: Choice): ChosenToken | undefined {
  const named = asked ?? (env(NAME_VARIABLE) || undefined);
  const directory = env("_CONDOR_CREDS") || undefined;
  if (named === undefined) {
    if (directory === undefined || env("BEARER_TOKEN_FILE")) return undefined;
    const names = tokenNames(directory);
    if (names.length === 0) return undefined;
    if (names.length === 1) return { name: names[0]!, directory };
    if (names.includes(USUAL_NAME)) return { name: USUAL_NAME, directory };
    const list = names.slice(0, 5).join(", ") + (names.length > 5 ? ", ..." : "");
    throw new TokenEnvError("ambiguous", `the job has ${list}: name one in ${NAME_VARIABLE}`);
  }
  if (directory === undefined) {
    throw new TokenEnvError("no-tokens", `the job has no tokens, wanted ${shown(named)}`);
  }
  const names = tokenNames(directory);
  const name = spellings(named).find((one) => names.includes(one));
  if (name === undefined) {
    throw new TokenEnvError("no-token", `the job has no token ${shown(named)}`);
  }
  return { name, directory };
}

/** Handles follow `*` in job ads, `.` in URLs and `_` in file names (manual, "Submitting a Job"). */
function spellings(named: string): string[] {
  return [named, named.replace("*", "_"), named.replaceAll(".", "_")];
}

/** The names of the tokens in a directory, in order. */
function tokenNames(directory: string): string[] {
  const names: string[] = [];
  let entries = 0;
  try {
    for (const { name, isFile } of Deno.readDirSync(directory)) {
      if (++entries > MOST_ENTRIES) break;
      const stem = /^(.*)\.use$/s.exec(name)?.[1];
      if (isFile && stem !== undefined && NAME.test(stem) && !stem.includes("..")) names.push(stem);
    }
  } catch (cause) {
    const why = cause instanceof Deno.errors.NotFound ? "it is not there" : "it cannot be read";
    throw new TokenEnvError("no-directory", `Cannot list "${join(directory)}": ${why}`, { cause });
  }
  return names.sort();
}

function shown(name: string): string {
  return `"${name.slice(0, 80).replace(/[^\x20-\x7e]|"/g, "?")}"`;
}
