/** Where AWS credentials lie in files: one secret to a file, or the profiles of AWS's own tools. */

import { systemErrorText } from "../errors.ts";
import { readSmallFile } from "../std/small_file.ts";

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
export function readCredentialFiles(files: CredentialFiles): AwsCredentials {
  const { accessKeyId, secretAccessKey, sessionToken } = files;
  return {
    accessKeyId: readSecret(accessKeyId),
    secretAccessKey: readSecret(secretAccessKey),
    ...(sessionToken !== undefined && { sessionToken: readSecret(sessionToken) }),
  };
}

/**
 * Reads a profile of a file such as `~/.aws/credentials`.
 *
 * @param path the file
 * @param profile the title of its section
 * @returns undefined when there is no such file or profile
 * @throws {CredentialsError}
 */
export function readProfile(path: string, profile: string): AwsCredentials | undefined {
  let text: string;
  try {
    text = readBounded(path);
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

function readSecret(path: string): string {
  const secret = readBounded(path).trim();
  if (VISIBLE.test(secret)) return secret;
  const state = secret === "" ? "it is empty" : "not one word of visible ASCII";
  throw new CredentialsError(`Cannot use credential file "${path}": ${state}`);
}

function readBounded(path: string): string {
  try {
    return readSmallFile(path, { limit: LARGEST_FILE });
  } catch (error) {
    const state = systemErrorText(error);
    throw new CredentialsError(`Cannot read credential file "${path}": ${state}`, {
      cause: error,
    });
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
