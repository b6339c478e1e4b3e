/**
 * Reads the token that a URL's credential prefix names.
 *
 * HTCondor keeps the files in the sandbox fresh while the job runs, so nothing is remembered here:
 * the file is read anew for each request.
 */
import { join } from "@std/path";
import { errorText, TransferFailure } from "../errors.ts";
import { readSmallFile, UnusableFile } from "../std/small_file.ts";

/** A bearer token and the file it came from. */
export interface Token {
  readonly token: string;
  readonly path: string;
}

/** Largest token file read, in bytes. */
const LARGEST_FILE = 1 << 20;

/** Longest token, in characters; servers accept far less in a header. */
const LONGEST_TOKEN = 64 * 1024;

/** A file name that stays in its directory. */
const NAME = /^[A-Za-z0-9_][A-Za-z0-9_.-]{0,199}$/;

/** What an `Authorization` header can carry after `Bearer` (RFC 6750 is narrower). */
const HEADER_SAFE = /^[\x21-\x7e]+$/;

/**
 * The file of a credential: `chtc.ro` → `chtc_ro.use`.
 *
 * @param credentialName what stands before the last `+` of a URL's scheme
 * @throws {TransferFailure} Authorization, for a name that no credential has
 */
export function tokenFileName(credentialName: string): string {
  if (!NAME.test(credentialName) || credentialName.includes("..")) {
    const shown = credentialName.replace(/[^\x20-\x7e]/g, "?").slice(0, 80);
    throw missing(`Cannot use credential "${shown}": not a credential's name`);
  }
  return `${credentialName.replaceAll(".", "_")}.use`;
}

/**
 * Reads the token of a credential from the directory `_CONDOR_CREDS` names.
 *
 * The file is a JSON object with a string `access_token`, or the token itself on the first line
 * that is neither blank nor starts with `#`.
 *
 * @param credentialName what stands before the last `+` of a URL's scheme, e.g. `chtc.ro`
 * @param env the environment
 * @throws {TransferFailure} Authorization, when there is no usable token
 */
export function readToken(
  credentialName: string,
  env: (name: string) => string | undefined,
): Token {
  const name = tokenFileName(credentialName);
  const directory = env("_CONDOR_CREDS");
  if (!directory) {
    throw missing(`Credential for ${credentialName} requested by $_CONDOR_CREDS not set`);
  }
  return readTokenFile(join(directory, name));
}

/**
 * Reads a token from a file of the same forms.
 *
 * @throws {TransferFailure} Authorization, when there is no usable token
 */
export function readTokenFile(path: string): Token {
  return { token: parseToken(readBounded(path), path), path };
}

/** Whether a text is a token that a header can carry. */
export function isToken(text: string): boolean {
  return text.length <= LONGEST_TOKEN && HEADER_SAFE.test(text);
}

function readBounded(path: string): string {
  try {
    return readSmallFile(path, { limit: LARGEST_FILE });
  } catch (error) {
    if (error instanceof UnusableFile) {
      throw missing(`Cannot read credential file "${path}": ${error.message}`);
    }
    const { text, number } = systemError(error);
    throw missing(
      `Unable to open credential file ${path}: ${text} (errno=${number})`,
      { number, cause: error },
    );
  }
}

/** Words and number of a system error, from Deno's text `No such file or directory (os error 2)…`. */
function systemError(error: unknown): { text: string; number: number } {
  const text = errorText(error);
  const [, words = text, number = "0"] = /^(.*?) \(os error (\d+)\)/s.exec(text) ?? [];
  return { text: words, number: Number(number) };
}

function parseToken(text: string, path: string): string {
  const trimmed = text.trim();
  const token = trimmed.startsWith("{") ? fromJson(trimmed) : fromLines(trimmed);
  if (token === undefined) throw missing(`Cannot use credential file "${path}": no token in it`);
  if (!isToken(token)) {
    throw missing(`Cannot use credential file "${path}": not one line of visible ASCII`);
  }
  return token;
}

function fromJson(text: string): string {
  let content: unknown;
  try {
    content = JSON.parse(text);
  } catch {
    // The parser's message quotes the file.
    throw missing("Unable to parse token as JSON");
  }
  const token = (content as { access_token?: unknown }).access_token;
  if (typeof token !== "string") throw missing("No 'access_token' key in JSON object");
  return token;
}

function fromLines(text: string): string | undefined {
  return text.split("\n").map((line) => line.trim())
    .find((line) => line !== "" && !line.startsWith("#"));
}

function missing(
  message: string,
  { number = 0, cause }: { number?: number; cause?: unknown } = {},
): TransferFailure {
  return new TransferFailure("Authorization", message, {
    errorCode: number,
    retryable: -1,
    failureType: "Authentication",
    shouldRefresh: true,
    ...(cause !== undefined && { cause }),
  });
}
