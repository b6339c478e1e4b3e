/** Where AWS credentials lie in files: one secret to a file, or the profiles of AWS's own tools. */

import { errorText } from "../errors.ts";

/** What requests are signed with. */
export interface AwsCredentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  /** Comes with temporary credentials. */
  readonly sessionToken?: string;
}

/** The files that HTCondor's `EC2AccessKeyId`, `EC2SecretAccessKey` and `EC2SessionToken` name. */
export interface CredentialFiles {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken?: string | undefined;
}

/** Credentials that cannot be used as they are; the text never has any of their content. */
export class CredentialsError extends Error {
  override readonly name = "CredentialsError";
}

/** Largest file read, in bytes. */
const LARGEST_FILE = 64 * 1024;

/** What a header can carry, and a key can consist of. */
const VISIBLE = /^[\x21-\x7e]+$/;

/**
 * Reads credentials that lie in a file each, as submit files name them
 * (`aws_access_key_id_file` and others, condor_submit(1)); white space around them is dropped.
 *
 * @throws {CredentialsError}
 */
export async function readCredentialFiles(files: CredentialFiles): Promise<AwsCredentials> {
  const [accessKeyId, secretAccessKey, sessionToken] = await Promise.all([
    readSecret(files.accessKeyId),
    readSecret(files.secretAccessKey),
    files.sessionToken === undefined ? undefined : readSecret(files.sessionToken),
  ]);
  return { accessKeyId, secretAccessKey, ...(sessionToken !== undefined && { sessionToken }) };
}

/**
 * Reads a profile of a file such as `~/.aws/credentials`.
 *
 * @param path the file
 * @param profile the title of its section
 * @returns undefined when there is no such file or profile
 * @throws {CredentialsError}
 */
export async function readProfile(
  path: string,
  profile: string,
): Promise<AwsCredentials | undefined> {
  let text: string;
  try {
    text = await readBounded(path);
  } catch (error) {
    if (error instanceof CredentialsError && error.cause instanceof Deno.errors.NotFound) {
      return undefined;
    }
    throw error;
  }
  const entries = sectionOf(text, profile);
  if (entries === undefined) return undefined;
  const value = (name: string): string => {
    const found = entries.get(name) ?? "";
    if (VISIBLE.test(found)) return found;
    const state = found === "" ? "is missing" : "is not one word of visible ASCII";
    throw new CredentialsError(`Cannot use profile "${profile}" of "${path}": ${name} ${state}`);
  };
  return {
    accessKeyId: value("aws_access_key_id"),
    secretAccessKey: value("aws_secret_access_key"),
    ...(entries.has("aws_session_token") && { sessionToken: value("aws_session_token") }),
  };
}

async function readSecret(path: string): Promise<string> {
  const secret = (await readBounded(path)).trim();
  if (VISIBLE.test(secret)) return secret;
  const state = secret === "" ? "it is empty" : "not one word of visible ASCII";
  throw new CredentialsError(`Cannot use credential file "${path}": ${state}`);
}

async function readBounded(path: string): Promise<string> {
  const wrong = (state: string, cause?: unknown) =>
    new CredentialsError(
      `Cannot read credential file "${path}": ${state}`,
      cause === undefined ? undefined : { cause },
    );
  try {
    // Looked at first: opening a FIFO would wait for its writer.
    const { size, isFile } = await Deno.stat(path);
    if (!isFile) throw wrong("not a regular file");
    if (size > LARGEST_FILE) throw wrong(`${size} bytes are more than ${LARGEST_FILE}`);
    return await Deno.readTextFile(path);
  } catch (error) {
    if (error instanceof CredentialsError) throw error;
    throw wrong(errorText(error).replace(/ \(os error.*/s, ""), error);
  }
}

/** The entries of a section; of two sections with one title the later entries count. */
function sectionOf(text: string, title: string): Map<string, string> | undefined {
  let found: Map<string, string> | undefined;
  let inside = false;
  for (const line of text.split(/\r?\n/)) {
    const heading = /^\s*\[([^\]]*)\]/.exec(line)?.[1];
    if (heading !== undefined) {
      inside = heading.trim() === title;
      if (inside) found ??= new Map();
      continue;
    }
    const equals = line.indexOf("=");
    if (!inside || equals < 0 || /^\s*[#;]/.test(line)) continue;
    found?.set(line.slice(0, equals).trim().toLowerCase(), line.slice(equals + 1).trim());
  }
  return found;
}
