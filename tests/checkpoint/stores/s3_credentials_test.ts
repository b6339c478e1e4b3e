import { assert, assertEquals, assertRejects } from "@std/assert";
import { UsageError } from "../../../core/errors.ts";
import { findKeys, type KeyOptions } from "../../../core/checkpoint/stores/s3_credentials.ts";
import { assertFails } from "./contract.ts";
import { homeWithKeys, surroundings } from "./s3_buckets.ts";

const NONE: KeyOptions = {
  "access-key-id-file": undefined,
  "secret-access-key-file": undefined,
  "session-token-file": undefined,
  profile: undefined,
};

interface Folder extends AsyncDisposable {
  readonly path: string;
}

/** A folder with files. */
async function folder(files: Readonly<Record<string, string>>): Promise<Folder> {
  const path = await Deno.makeTempDir({ prefix: "pinion-s3-" });
  for (const [name, text] of Object.entries(files)) {
    await Deno.writeTextFile(`${path}/${name}`, text);
  }
  return { path, [Symbol.asyncDispose]: () => Deno.remove(path, { recursive: true }) };
}

Deno.test("findKeys() takes what the map names before all else", async () => {
  await using keys = await homeWithKeys({ id: "FROMHOME" });
  await using own = await folder({ "id-alice": " ID\n", secret: "SECRET\r\n", token: "TOKEN" });
  await Deno.copyFile(`${own.path}/secret`, `${keys.home}/secret`);
  const options = {
    ...NONE,
    "access-key-id-file": `${own.path}/id-%u`,
    "secret-access-key-file": "~/secret",
  };
  const context = surroundings({ ...keys, ad: { EC2AccessKeyId: "/a", EC2SecretAccessKey: "/b" } });
  assertEquals(await findKeys(options, context), { accessKeyId: "ID", secretAccessKey: "SECRET" });
  assertEquals(
    await findKeys({ ...options, "session-token-file": `${own.path}/token` }, context),
    { accessKeyId: "ID", secretAccessKey: "SECRET", sessionToken: "TOKEN" },
  );
});

Deno.test("findKeys() takes the files of the job's uploads before the user's own", async () => {
  await using keys = await homeWithKeys({ id: "FROMHOME" });
  await using own = await folder({ id: "ID", secret: "SECRET", token: "TOKEN" });
  const ad = {
    EC2AccessKeyId: `${own.path}/id`,
    EC2SecretAccessKey: `${own.path}/secret`,
    EC2SessionToken: `${own.path}/token`,
  };
  assertEquals(await findKeys(NONE, surroundings({ ...keys, ad })), {
    accessKeyId: "ID",
    secretAccessKey: "SECRET",
    sessionToken: "TOKEN",
  });
  const gone = { ...ad, EC2SecretAccessKey: `${own.path}/gone` };
  assertEquals((await findKeys(NONE, surroundings({ ...keys, ad: gone }))).accessKeyId, "FROMHOME");
});

Deno.test("findKeys() finds the files of the job's uploads from its initial directory", async () => {
  await using own = await folder({ id: "ID", secret: "SECRET", token: "TOKEN" });
  const ad = { EC2AccessKeyId: "id", EC2SecretAccessKey: `${own.path}/secret`, Iwd: own.path };
  const found = { accessKeyId: "ID", secretAccessKey: "SECRET" };
  assertEquals(await findKeys(NONE, surroundings({ ad })), found);
  const withToken = { ...ad, EC2SessionToken: "token" };
  assertEquals(await findKeys(NONE, surroundings({ ad: withToken })), {
    ...found,
    sessionToken: "TOKEN",
  });
  const nowhere = surroundings({ ad: { ...ad, Iwd: "." } });
  await assertFails(() => findKeys(NONE, nowhere), "Credentials");
});

Deno.test("findKeys() takes the user's own keys, and those of a profile", async () => {
  await using keys = await homeWithKeys({ id: "FROMHOME", token: "TOKEN" });
  assertEquals((await findKeys(NONE, surroundings(keys))).sessionToken, "TOKEN");
  const path = `${keys.home}/.aws/credentials`;
  const other = "[other]\naws_access_key_id=O\naws_secret_access_key=S\n";
  await Deno.writeTextFile(path, other, { append: true });
  const found = await findKeys({ ...NONE, profile: "other" }, surroundings(keys));
  assertEquals(found, { accessKeyId: "O", secretAccessKey: "S" });
});

Deno.test("findKeys() names the places that it looked at, and no secret", async () => {
  await using own = await folder({ id: "ID", secret: "two words\n" });
  const context = surroundings({
    home: own.path,
    ad: { EC2AccessKeyId: `${own.path}/id`, EC2SecretAccessKey: `${own.path}/secret` },
  });
  const failure = await assertFails(() => findKeys(NONE, context), "Credentials");
  assertEquals(
    failure.message,
    `Cannot find keys to sign with: Cannot use credential file "${own.path}/secret": not one word ` +
      'of visible ASCII; there is no profile "default" in ~/.aws/credentials',
  );
  assert(!failure.message.includes("two words"));
  const nothing = await assertFails(() => findKeys(NONE, surroundings()), "Credentials");
  assertEquals(
    nothing.message,
    "Cannot find keys to sign with: there is no job ad; the user has no home directory",
  );
  await assertFails(
    () => findKeys(NONE, surroundings({ ad: { EC2AccessKeyId: "id", EC2SecretAccessKey: "x" } })),
    "Credentials",
  );
});

Deno.test("findKeys() looks nowhere else when the map's choice fails", async () => {
  await using keys = await homeWithKeys();
  const context = surroundings(keys);
  for (
    const options of [
      { ...NONE, profile: "missing" },
      { ...NONE, "access-key-id-file": "~/no", "secret-access-key-file": "/nowhere" },
    ]
  ) {
    await assertFails(() => findKeys(options, context), "Credentials");
  }
  const noUser = { ...NONE, "access-key-id-file": "~/no", "secret-access-key-file": "/x%u" };
  await assertFails(() => findKeys(noUser, surroundings()), "Credentials");
});

Deno.test("findKeys() refuses options that do not go together", async () => {
  for (
    const options of [
      { ...NONE, "access-key-id-file": "/a" },
      { ...NONE, "session-token-file": "/a" },
      { ...NONE, "access-key-id-file": "/a", "secret-access-key-file": "/b", profile: "p" },
    ]
  ) {
    await assertRejects(() => findKeys(options, surroundings()), UsageError);
  }
});
