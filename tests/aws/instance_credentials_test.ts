import { assertEquals, assertRejects, assertThrows } from "@std/assert";
import fc from "fast-check";
import { ImdsError } from "../../core/aws/imds.ts";
import {
  InstanceCredentials,
  readInstanceCredentials,
  readObject,
  RoleError,
} from "../../core/aws/instance_credentials.ts";
import { imdsItems } from "../servers/imds.ts";

const { signal } = new AbortController();
const NOW = Date.UTC(2026, 10, 1);
const ROLE = {
  name: "annex.role@x",
  accessKeyId: "ASIAEXAMPLE",
  secretAccessKey: "SECRET/KEY",
  token: "TOKEN//==",
};
const PATH = `meta-data/iam/security-credentials/${ROLE.name}`;

function source(items: Record<string, string>) {
  const [asked, secrets]: string[][] = [[], []];
  const roles = Object.keys(items).map((path) => /security-credentials\/(.+)/.exec(path)?.[1]);
  const credentials = new InstanceCredentials({
    items: {
      get(path) {
        asked!.push(path);
        const list = roles.filter((name) => name !== undefined).join("\n");
        return Promise.resolve(path.endsWith("/") ? list || undefined : items[path]);
      },
    },
    now: () => NOW,
    hide: (secret) => secrets!.push(secret),
  });
  return { credentials, asked: asked!, secrets: secrets! };
}

Deno.test("InstanceCredentials reads the role once, and its credentials each time", async () => {
  for (const isCompact of [false, true]) {
    const { credentials, asked, secrets } = source(imdsItems({ role: ROLE, isCompact }));
    const expected = {
      accessKeyId: ROLE.accessKeyId,
      secretAccessKey: ROLE.secretAccessKey,
      sessionToken: ROLE.token,
    };
    assertEquals(await credentials.get(undefined, signal), expected);
    assertEquals(await credentials.get(expected, signal), expected);
    assertEquals(asked, ["meta-data/iam/security-credentials/", PATH, PATH]);
    assertEquals(secrets.slice(0, 3), Object.values(expected));
  }
});

Deno.test("InstanceCredentials tells no role from one whose credentials are not there yet", async () => {
  const none = await assertRejects(
    () => source(imdsItems()).credentials.get(undefined, signal),
    RoleError,
    "the instance has no instance profile",
  );
  assertEquals([none.code, none.retryable], ["no-role", false]);
  const profile = { "meta-data/iam/info": "{}" };
  const later = await assertRejects(
    () => source(profile).credentials.get(undefined, signal),
    RoleError,
    "no role is listed",
  );
  assertEquals([later.code, later.retryable], ["no-credentials", true]);
});

Deno.test("InstanceCredentials asks for the role again after it was not there", async () => {
  const items: Record<string, string> = { "meta-data/iam/info": "{}" };
  const { credentials } = source(items);
  await assertRejects(() => credentials.role(signal), RoleError);
  await assertRejects(() => credentials.role(signal), RoleError);
});

Deno.test("InstanceCredentials refuses a role name that is none", async () => {
  for (const name of ["a/b", "a b", "x".repeat(65), "../../user-data"]) {
    const { credentials } = source({ [`meta-data/iam/security-credentials/${name}`]: "{}" });
    const error = await assertRejects(() => credentials.role(signal), ImdsError);
    assertEquals(error.code, "bad-answer");
  }
});

Deno.test("InstanceCredentials refuses what ends within a minute", async () => {
  for (const [left, good] of [[60_001, true], [60_000, false], [-1, false]] as const) {
    const expiration = new Date(NOW + left).toISOString();
    const { credentials } = source(imdsItems({ role: { ...ROLE, expiration } }));
    const run = () => credentials.get(undefined, signal);
    if (good) await run();
    else {
      const here = new Date(NOW).toISOString();
      const text = `they end at ${expiration}, and this machine's clock says ${here}`;
      await assertRejects(run, RoleError, text);
    }
  }
});

Deno.test("readInstanceCredentials() takes success only, and says nothing of what it read", () => {
  const good = JSON.parse(imdsItems({ role: ROLE })[PATH]!);
  for (
    const [change, text] of [
      [{ Code: "Failed" }, 'the service says "Failed"'],
      [{ Code: ["secret"] }, 'the service says "secret"'],
      [{ Code: "<secret>" }, "no success is said"],
      [{ SecretAccessKey: "" }, '"SecretAccessKey" is not'],
      [{ Token: 5 }, '"Token" is not'],
      [{ Token: "a\nb" }, '"Token" is not'],
      [{ AccessKeyId: "x".repeat(8193) }, '"AccessKeyId" is not'],
      [{ Expiration: "soon" }, '"Expiration" is no time'],
    ] as const
  ) {
    const error = assertThrows(
      () => readInstanceCredentials(JSON.stringify({ ...good, ...change })),
      Error,
      text,
    );
    assertEquals(error.message.includes(ROLE.secretAccessKey), false);
  }
});

Deno.test("readObject() reads objects and throws its own error for all else", () => {
  for (const text of ["", "[]", "null", "3", "<html>", '{"a":']) {
    const error = assertThrows(() => readObject(text, "the answer"), ImdsError);
    assertEquals(error.code, "bad-answer");
  }
  fc.assert(fc.property(fc.dictionary(fc.string(), fc.jsonValue()), (value) => {
    const text = JSON.stringify(value);
    assertEquals(readObject(text, "x"), JSON.parse(text));
  }));
});
