/**
 * Keys for a bucket: those that the line of the map names, those that the job's uploads were signed
 * with, and those of the user's own tools, in this order.
 */
import { isAbsolute, join } from "@std/path";
import {
  type AwsCredentials,
  CredentialsError,
  readCredentialFiles,
  readProfile,
} from "../../aws/mod.ts";
import { UsageError } from "../../errors.ts";
import { CleanupFailure } from "../failure.ts";
import { quote } from "../location.ts";
import type { StoreContext } from "../store.ts";
import { expandUser } from "../user_path.ts";

/** What the line of the map says of keys. */
export interface KeyOptions {
  readonly "access-key-id-file": string | undefined;
  readonly "secret-access-key-file": string | undefined;
  readonly "session-token-file": string | undefined;
  readonly profile: string | undefined;
}

/** Where AWS's own tools keep keys. */
const USER_FILE = "~/.aws/credentials";

/**
 * Finds the keys.
 *
 * @throws {UsageError} for options that do not go together
 * @throws {CleanupFailure} `Credentials`, with the places that were looked at
 */
export async function findKeys(
  options: KeyOptions,
  context: StoreContext,
): Promise<AwsCredentials> {
  const tried: string[] = [];
  const chosen = [fromOptions, fromProfile].map((find) => find(options, context))
    .find((find) => find !== undefined);
  const attempts = chosen === undefined ? [fromAd(context), fromUser(context)] : [chosen];
  for (const attempt of attempts) {
    try {
      const found = await attempt();
      if (typeof found !== "string") return found;
      tried.push(found);
    } catch (error) {
      if (!(error instanceof CredentialsError)) throw error;
      tried.push(error.message);
    }
  }
  throw new CleanupFailure("Credentials", `Cannot find keys to sign with: ${tried.join("; ")}`);
}

/** Reads keys from one place, or says why there are none. */
type Attempt = () => Promise<AwsCredentials | string> | AwsCredentials | string;

function fromOptions(options: KeyOptions, context: StoreContext): Attempt | undefined {
  const id = options["access-key-id-file"];
  const secret = options["secret-access-key-file"];
  const token = options["session-token-file"];
  if (id === undefined && secret === undefined && token === undefined) return undefined;
  if (id === undefined || secret === undefined) {
    throw new UsageError(
      "cleanup_s3_checkpoint: options -access-key-id-file and -secret-access-key-file go together",
    );
  }
  if (options.profile !== undefined) {
    throw new UsageError(
      "cleanup_s3_checkpoint: either -profile or files of keys can be given",
    );
  }
  const path = (text: string, option: string) => expandUser(text, { option, user: context.user });
  return () =>
    readCredentialFiles({
      accessKeyId: path(id, "access-key-id-file"),
      secretAccessKey: path(secret, "secret-access-key-file"),
      sessionToken: token === undefined ? undefined : path(token, "session-token-file"),
    });
}

function fromProfile({ profile }: KeyOptions, { user }: StoreContext): Attempt | undefined {
  if (profile === undefined) return undefined;
  return () =>
    readProfile(expandUser(USER_FILE, { option: "profile", user }), profile) ??
      `there is no profile ${quote(profile)} in ${USER_FILE}`;
}

/**
 * The files that the submit file named (condor_submit(1), `aws_access_key_id_file` and others), by
 * full paths or, as the submit file had them, by paths from the job's initial directory.
 */
function fromAd(context: StoreContext): Attempt {
  return async () => {
    const ad = await context.jobAd();
    if (ad === undefined) return "there is no job ad";
    const folder = ad.getString("Iwd") ?? "";
    const fileOf = (name: string) => {
      const path = ad.getString(name);
      return path === undefined || isAbsolute(path) ? path : join(folder, path);
    };
    const accessKeyId = fileOf("EC2AccessKeyId");
    const secretAccessKey = fileOf("EC2SecretAccessKey");
    const sessionToken = fileOf("EC2SessionToken");
    if (accessKeyId === undefined || secretAccessKey === undefined) {
      return "the job's ad has no EC2AccessKeyId and EC2SecretAccessKey";
    }
    const files = { accessKeyId, secretAccessKey, sessionToken };
    if (Object.values(files).some((path) => path !== undefined && !isAbsolute(path))) {
      return "the job's ad names files of keys without their full paths, and no Iwd";
    }
    return readCredentialFiles(files);
  };
}

function fromUser(context: StoreContext): Attempt {
  return () => {
    if (context.user === undefined) return "the user has no home directory";
    return readProfile(`${context.user.home}/${USER_FILE.slice(2)}`, "default") ??
      `there is no profile "default" in ${USER_FILE}`;
  };
}
