/** What a local issuer finds: users that want tokens, a trap among them, and a configuration. */

import { dirname, join } from "@std/path";

/** The issuer of the demonstration; nothing is asked there. */
const ISSUER = "https://issuer.example.org";
/** Whom the tokens are for. */
export const AUDIENCE = "https://storage.example.org";
/** The user whose token is used. */
export const USER = "alice";
/** A user who is not in the group that is required. */
export const OUTSIDER = "eve";
/** A user in whose place a link was put. */
const PLANTED = "mallory";
const KEY_ID = "demo-key";

/** The scene, until it is removed. */
export interface IssuerScene {
  /** Everything lies below it. */
  readonly folder: string;
  /** The credential directory. */
  readonly credentials: string;
  /** Where the public part of the key is published. */
  readonly published: string;
  /** The arguments that make the key. */
  readonly keyArguments: readonly string[];
  /** HTCondor's configuration, as variables. */
  readonly environment: Readonly<Record<string, string>>;
  /** What a user's jobs are given; empty when there is nothing. */
  tokenFile(user: string): Promise<string>;
  /** What lies where the trap leads to. */
  elsewhere(): Promise<string[]>;
  remove(): Promise<void>;
}

/** Makes the scene: three users have jobs that want the token `scitokens`. */
export async function makeIssuerScene(): Promise<IssuerScene> {
  const folder = await Deno.makeTempDir({ prefix: "pinion-demo-" });
  const credentials = join(folder, "oauth_credentials");
  const key = join(folder, "private.pem");
  const map = join(folder, "groups");
  const outside = join(folder, "elsewhere");
  const published = join(folder, "www", ".well-known");

  await Deno.mkdir(credentials, { mode: 0o700 });
  for (const user of [USER, OUTSIDER]) await ask(join(credentials, user), user);
  await ask(outside, PLANTED);
  await Deno.symlink(outside, join(credentials, PLANTED));
  await Deno.writeTextFile(map, `* ${USER} astro\n`);
  await Deno.mkdir(published, { recursive: true });

  return {
    folder,
    credentials,
    published,
    keyArguments: [
      ...["--create-keys", "--ec", "--kid", KEY_ID, "--out", key],
      ...["--issuer", ISSUER, "--well-known", published],
    ],
    environment: {
      // The machine may have an HTCondor of its own, which is not meant.
      PATH: folder,
      CONDOR_CONFIG: "ONLY_ENV",
      _CONDOR_CREDMON_OAUTH_LOG: join(folder, "log"),
      _CONDOR_SEC_CREDENTIAL_DIRECTORY_OAUTH: credentials,
      _CONDOR_LOCAL_CREDMON_PROVIDER_NAMES: "scitokens",
      _CONDOR_LOCAL_CREDMON_PRIVATE_KEY: key,
      _CONDOR_LOCAL_CREDMON_PUBLIC_KEY: join(folder, "no-public.pem"),
      _CONDOR_LOCAL_CREDMON_KEY_ID: KEY_ID,
      _CONDOR_LOCAL_CREDMON_ISSUER: ISSUER,
      _CONDOR_LOCAL_CREDMON_TOKEN_AUDIENCE: AUDIENCE,
      _CONDOR_LOCAL_CREDMON_AUTHZ_GROUP_MAPFILE: map,
      _CONDOR_LOCAL_CREDMON_AUTHZ_GROUP_TEMPLATE: "read:/groups/{groupname}",
      _CONDOR_LOCAL_CREDMON_AUTHZ_GROUP_REQUIREMENT: "astro",
    },
    tokenFile: (user) =>
      Deno.readTextFile(join(credentials, user, "scitokens.use")).catch(() => ""),
    elsewhere: async () =>
      (await Array.fromAsync(Deno.readDir(outside))).map(({ name }) => name).toSorted(),
    remove: () => Deno.remove(folder, { recursive: true }),
  };
}

/** Asks for a token as HTCondor's credd does. */
async function ask(directory: string, user: string): Promise<void> {
  await Deno.mkdir(directory, { mode: 0o700 });
  const path = join(directory, "scitokens.top");
  await Deno.writeTextFile(path, `${user}@foo`, { mode: 0o600 });
}

/** A server's documents at `/.well-known`, as they were published. */
export async function publishedKeys({ published }: IssuerScene): Promise<string> {
  const path = join(published, "openid-configuration");
  const { jwks_uri: place } = JSON.parse(await Deno.readTextFile(path)) as { jwks_uri: string };
  return join(dirname(path), place.slice(place.lastIndexOf("/") + 1));
}
