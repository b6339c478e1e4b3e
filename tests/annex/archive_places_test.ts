import { assertEquals, assertMatch, assertRejects, assertThrows } from "@std/assert";
import fc from "fast-check";
import { AwsError } from "../../core/aws/mod.ts";
import { archiveIn, findPlaces, type RoleQuestions } from "../../core/annex/archive_places.ts";
import { AnnexError } from "../../core/annex/errors.ts";
import { placesIn } from "../../core/annex/policy.ts";
import { DEFAULT_SETTINGS } from "../../core/annex/settings.ts";
import { TestHost } from "./test_host.ts";

const { signal } = new AbortController();

const statement = (
  resource: unknown,
  more: Record<string, unknown> = {},
): Record<string, unknown> => ({
  Effect: "Allow",
  Action: "s3:GetObject",
  Resource: resource,
  ...more,
});
const policy = (...statements: unknown[]) =>
  JSON.stringify({ Version: "2012-10-17", Statement: statements });
const arn = (bucket: string, prefix = "", partition = "aws") =>
  `arn:${partition}:s3:::${bucket}/${prefix}config-*.tar.gz`;
const buckets = (document: string, partition = "aws") =>
  placesIn(document, partition).places.map(({ bucket, prefix }) => `${bucket}/${prefix}`);

Deno.test("placesIn() finds resources as texts and in lists, for every way to allow it", () => {
  for (
    const [action, isFound] of [
      ["s3:GetObject", true],
      ["S3:getobject", true],
      [["s3:PutObject", "s3:Get*"], true],
      ["s3:*", true],
      ["*", true],
      ["s3:GetObjectAcl", false],
      ["s3:ListBucket", false],
      [[], false],
      [undefined, false],
      [5, false],
    ] as const
  ) {
    const document = policy(statement(["arn:aws:s3:::x/other", arn("bk1"), arn("bk2", "a/b/")], {
      Action: action,
    }));
    assertEquals([action, buckets(document)], [action, isFound ? ["bk1/", "bk2/a/b/"] : []]);
  }
});

Deno.test("placesIn() takes a single statement, and none that denies", () => {
  const one = JSON.stringify({ Statement: statement(arn("bucket")) });
  assertEquals(buckets(one), ["bucket/"]);
  assertEquals(buckets(policy(statement(arn("bucket"), { Effect: "Deny" }))), []);
  assertEquals(buckets(policy({ Effect: "Allow", NotAction: "x", Resource: arn("b") })), []);
});

Deno.test("placesIn() knows all partitions, and takes the instance's own only (defect 12 of HTCondor's script)", () => {
  for (const partition of ["aws", "aws-cn", "aws-us-gov"]) {
    const document = policy(
      statement(["aws", "aws-cn", "aws-us-gov"].map((one) => arn(`in-${one}`, "", one))),
    );
    const { places, refused } = placesIn(document, partition);
    assertEquals(places, [{ bucket: `in-${partition}`, prefix: "" }]);
    assertEquals(refused.length, 2);
  }
});

Deno.test("placesIn() refuses what could lead elsewhere", () => {
  for (
    const resource of [
      "arn:aws:s3:::bucket/config-*.tar.gz/../x",
      "arn:aws:s3:::bucket/config-*.tar.gzx",
      "arn:aws:s3:::*/config-*.tar.gz",
      "arn:aws:s3:::buck?t/config-*.tar.gz",
      "arn:aws:s3:::bucket/*/config-*.tar.gz",
      "xarn:aws:s3:::bucket/config-*.tar.gz",
      "arn:aws:s3:::evil.example#/config-*.tar.gz",
      "arn:aws:s3:::evil.example:80/config-*.tar.gz",
      "arn:aws:s3:::user@evil/config-*.tar.gz",
      "arn:aws:s3:::a..b/config-*.tar.gz",
      "arn:aws:s3:::ab/config-*.tar.gz",
      "arn:aws:s3:::bucket/a\nb/config-*.tar.gz",
      `arn:aws:s3:::bucket/${"x".repeat(801)}/config-*.tar.gz`,
      "*",
    ]
  ) assertEquals([resource, buckets(policy(statement(resource)))], [resource, []]);
});

Deno.test("placesIn() throws for what is no JSON, and only its own error, without the text", () => {
  for (const text of ["", "secret", "{"]) {
    const error = assertThrows(() => placesIn(text, "aws"), SyntaxError);
    assertEquals(error.message, "it is no JSON");
  }
  const value = fc.oneof(fc.jsonValue(), fc.record({ Statement: fc.jsonValue() }));
  fc.assert(fc.property(value, (document) => {
    assertEquals(placesIn(JSON.stringify(document), "aws").places, []);
  }));
});

const DENIED = new AwsError({ status: 403, code: "AccessDenied" });

function role(
  managed: Record<string, string | Error> | Error,
  inline: Record<string, string | Error> | Error,
  more: Partial<RoleQuestions> = {},
): RoleQuestions & { asked: string[] } {
  const asked: string[] = [];
  const names = (all: Record<string, string | Error> | Error) =>
    all instanceof Error ? Promise.reject(all) : Promise.resolve(Object.keys(all));
  const one = (value: string | Error) =>
    value instanceof Error ? Promise.reject(value) : Promise.resolve(value);
  return {
    asked,
    role: () => Promise.resolve("annexrole"),
    roleOfProfile: () => Promise.resolve(undefined),
    listAttachedPolicies(name) {
      asked.push(name);
      return names(managed);
    },
    managedPolicy: (arn) => one((managed as Record<string, string>)[arn]!),
    listInlinePolicies: () => names(inline),
    inlinePolicy: ({ name }) => one((inline as Record<string, string>)[name]!),
    ...more,
  };
}

async function find(questions: RoleQuestions, settings = DEFAULT_SETTINGS) {
  using host = new TestHost();
  const options = { settings, partition: "aws", questions, signal };
  try {
    const places = await findPlaces(host, options);
    return { found: places.map(({ bucket }) => bucket).join(" "), notes: host.notes };
  } catch (error) {
    if (!(error instanceof AnnexError)) throw error;
    return { found: `${error.code} ${error.retryable}`, notes: host.notes };
  }
}

Deno.test("findPlaces() puts managed policies before inline ones, in their order, each place once", async () => {
  const { found } = await find(role(
    {
      b: policy(statement(arn("bucket2"))),
      a: policy(statement([arn("bucket1"), arn("bucket2")])),
    },
    { z: policy(statement(arn("bucket3"))), y: policy(statement(arn("bucket1"))) },
  ));
  assertEquals(found, "bucket2 bucket1 bucket3");
});

Deno.test("findPlaces() does with what a role may see", async () => {
  const good = policy(statement(arn("bucket")));
  for (
    const [managed, inline, expected] of [
      [DENIED, { a: good }, "bucket"],
      [{ a: good }, DENIED, "bucket"],
      [{ x: DENIED, a: good }, {}, "bucket"],
      [DENIED, DENIED, "denied true"],
      [{ a: DENIED }, {}, "denied true"],
      [{}, {}, "no-bucket true"],
      [{ a: policy() }, DENIED, "no-bucket true"],
      [new AwsError({ status: 400, code: "Throttling" }), { a: good }, "aws-refused true"],
    ] as const
  ) assertEquals((await find(role(managed, inline))).found, expected);
});

Deno.test("findPlaces() leaves aside policies that cannot be read, and says which", async () => {
  const { found, notes } = await find(role(
    { broken: "{", cn: policy(statement(arn("cn", "", "aws-cn"))) },
    { good: policy(statement(arn("bucket"))) },
  ));
  assertEquals(found, "bucket");
  assertMatch(notes.join("\n"), /policy=broken reason="it is no JSON"\n.*policy=cn resource=/);
});

Deno.test("findPlaces() asks the profile for the role where IAM does not know its name", async () => {
  const asked: string[] = [];
  const unknown = new AwsError({ status: 404, code: "NoSuchEntity" });
  const questions = role({}, { a: policy(statement(arn("bucket"))) }, {
    roleOfProfile: () => Promise.resolve("other"),
    listAttachedPolicies(name) {
      asked.push(name);
      return name === "other" ? Promise.resolve([]) : Promise.reject(unknown);
    },
  });
  assertEquals([(await find(questions)).found, asked], ["bucket", ["annexrole", "other"]]);
  const none = role(unknown, unknown);
  assertEquals((await find(none)).found, "aws-refused true");
});

Deno.test("findPlaces() asks nobody where the settings name the bucket", async () => {
  const questions = role(DENIED, DENIED, { role: () => Promise.reject(new Error("asked")) });
  const { found } = await find(questions, { ...DEFAULT_SETTINGS, bucket: "mine" });
  assertEquals(found, "mine");
});

Deno.test("findPlaces() passes on what it does not know", async () => {
  await assertRejects(() => find(role(new TypeError("x"), {})), TypeError);
});

Deno.test("archiveIn() makes the key of prefix and name, unless the settings have one", () => {
  const place = { bucket: "b", prefix: "a/" };
  assertEquals(archiveIn(place, { name: "my_annex", settings: DEFAULT_SETTINGS }), {
    bucket: "b",
    key: "a/config-my_annex.tar.gz",
  });
  const settings = { ...DEFAULT_SETTINGS, key: "x.tar.gz" };
  assertEquals(archiveIn(place, { name: "n", settings }), { bucket: "b", key: "x.tar.gz" });
});
