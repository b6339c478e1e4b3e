import { assert, assertEquals, assertStringIncludes, assertThrows } from "@std/assert";
import { CredentialsError, readCredentialFiles, readProfile } from "../../core/aws/credentials.ts";

async function inFolder(work: (folder: string) => Promise<void>): Promise<void> {
  const folder = await Deno.makeTempDir({ prefix: "pinion-aws-" });
  try {
    await work(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

Deno.test("readCredentialFiles() drops white space around keys", () =>
  inFolder(async (folder) => {
    const [id, secret, token] = ["id", "secret", "token"].map((name) => `${folder}/${name}`);
    await Deno.writeTextFile(id!, "\n AKID\t\r\n");
    await Deno.writeTextFile(secret!, "a/b+c=");
    await Deno.writeTextFile(token!, "T==\n");
    const files = { accessKeyId: id!, secretAccessKey: secret! };
    const keys = { accessKeyId: "AKID", secretAccessKey: "a/b+c=" };
    assertEquals(readCredentialFiles(files), keys);
    assertEquals(readCredentialFiles({ ...files, sessionToken: token }), {
      ...keys,
      sessionToken: "T==",
    });
  }));

const REFUSED: Readonly<Record<string, readonly [string | Uint8Array, string]>> = {
  "is empty": [" \n", "it is empty"],
  "has a blank": ["hidden hidden", "not one word of visible ASCII"],
  "has a control character": ["hidden\0hidden", "not one word of visible ASCII"],
  "has two lines": ["hidden\nhidden", "not one word of visible ASCII"],
  "is no ASCII": [Uint8Array.of(0x68, 0xff), "not one word of visible ASCII"],
  "is too large": ["x".repeat(64 * 1024 + 1), "65537 bytes are more than 65536"],
};
for (const [what, [content, state]] of Object.entries(REFUSED)) {
  Deno.test(`readCredentialFiles() refuses a file that ${what}, without showing it`, () =>
    inFolder(async (folder) => {
      const path = `${folder}/key`;
      const bytes = typeof content === "string" ? new TextEncoder().encode(content) : content;
      await Deno.writeFile(path, bytes);
      const error = assertThrows(
        () => readCredentialFiles({ accessKeyId: path, secretAccessKey: path }),
        CredentialsError,
      );
      assertStringIncludes(error.message, `"${path}": ${state}`);
      assert(!error.message.includes("hidden"));
    }));
}

Deno.test("readCredentialFiles() refuses what is no file, and does not wait for a FIFO's writer", () =>
  inFolder(async (folder) => {
    const fifo = `${folder}/fifo`;
    const made = await new Deno.Command("mkfifo", { args: [fifo] }).output();
    assert(made.success);
    for (
      const [path, state] of [[fifo, "not a regular file"], [folder, "not a regular file"], [
        `${folder}/no`,
        "No such file or directory",
      ]]
    ) {
      const files = { accessKeyId: path!, secretAccessKey: path! };
      const error = assertThrows(() => readCredentialFiles(files), CredentialsError);
      assertEquals(error.message, `Cannot read credential file "${path}": ${state}`);
    }
  }));

Deno.test("readProfile() reads what AWS's own tools write", () =>
  inFolder(async (folder) => {
    const path = `${folder}/credentials`;
    await Deno.writeTextFile(
      path,
      `# written by hand
aws_access_key_id = nowhere
[default]
aws_access_key_id = AKID1
aws_secret_access_key=s1=/+
; aws_session_token = commented
[ work ]  # trailing
AWS_ACCESS_KEY_ID = AKID2
aws_secret_access_key = s2
aws_session_token = t2
region = eu-west-1
[broken]
aws_access_key_id = AKID3
[default]
aws_access_key_id = AKID4
`,
    );
    assertEquals(readProfile(path, "default"), {
      accessKeyId: "AKID4",
      secretAccessKey: "s1=/+",
    });
    assertEquals(readProfile(path, "work"), {
      accessKeyId: "AKID2",
      secretAccessKey: "s2",
      sessionToken: "t2",
    });
    assertEquals(readProfile(path, "other"), undefined);
    assertEquals(readProfile(`${path}.no`, "default"), undefined);
    const error = assertThrows(() => readProfile(path, "broken"), CredentialsError);
    assertEquals(
      error.message,
      `Cannot use profile "broken" of "${path}": aws_secret_access_key is missing`,
    );
  }));
