import { assertEquals, assertMatch } from "@std/assert";
import fc from "fast-check";
import { AwsError, type InstanceDescription } from "../../core/aws/mod.ts";
import {
  findAnnexName,
  type FleetToken,
  type NameQuestions,
  splitToken,
} from "../../core/annex/annex_name.ts";
import { AnnexError } from "../../core/annex/errors.ts";
import { DEFAULT_SETTINGS } from "../../core/annex/settings.ts";
import { TestHost } from "./test_host.ts";

const { signal } = new AbortController();
const GUID = "11111111-2222-3333-4444-555555555555";
const SFR = "sfr-73fbd2ce-aa30-494c-8788-1cee40000000";
const FLEET = "fleet-4b8aaae8-dfb5-436d-a4c6-3dafa4c6b7dc";
const SPOT_TAG = "aws:ec2spot:fleet-request-id";
const FACTS = {
  instanceId: "i-0123456789abcdef0",
  publicIp: "",
  region: "us-east-1",
  accountId: "123456789012",
  partition: "aws",
  dnsSuffix: "amazonaws.com",
};
const DENIED = new AwsError({ status: 403, code: "UnauthorizedOperation" });

interface Case {
  readonly token?: string;
  readonly tags?: Record<string, string>;
  readonly spot?: FleetToken | Error;
  readonly fleet?: FleetToken | Error;
  readonly describe?: InstanceDescription | Error;
  readonly isUnknown?: boolean;
  readonly annexTag?: string;
  readonly trust?: boolean;
}

function answer<T>(value: T | Error): Promise<T> {
  return value instanceof Error ? Promise.reject(value) : Promise.resolve(value);
}

async function find(how: Case) {
  using host = new TestHost();
  const signs: string[] = [];
  const asked: string[] = [];
  const questions: NameQuestions = {
    describeInstance(instanceId) {
      if (how.isUnknown) return Promise.resolve(undefined);
      return answer<InstanceDescription>(
        how.describe ?? {
          instanceId,
          clientToken: how.token,
          profileArn: undefined,
          lifecycle: undefined,
          tags: new Map(Object.entries(how.tags ?? {})),
          httpTokens: undefined,
          hopLimit: undefined,
        },
      );
    },
    describeSpotFleet(id) {
      asked.push(id);
      return answer<FleetToken | undefined>(how.spot);
    },
    describeFleet(id) {
      asked.push(id);
      return answer<FleetToken | undefined>(how.fleet);
    },
  };
  const settings = { ...DEFAULT_SETTINGS, trust_annex_tag: how.trust ?? true };
  const facts = { ...FACTS, ...(how.annexTag !== undefined && { annexTag: how.annexTag }) };
  try {
    const { name, source } = await findAnnexName(host, {
      facts,
      settings,
      questions,
      signal,
      sign: (word) => signs.push(word),
    });
    return { found: `${name} ${source}`, signs, asked, notes: host.notes };
  } catch (error) {
    if (!(error instanceof AnnexError)) throw error;
    const kind = error.retryable ? "later" : "final";
    return { found: `${error.code} ${kind}`, signs, asked, notes: host.notes };
  }
}

Deno.test("names with underscores are whole, whatever their number (defect 1 of HTCondor's script)", async () => {
  for (const name of ["foo", "my_annex", "a_b_c", "a__", "x_y@z.w+1-2", "9"]) {
    const { found, signs, notes } = await find({ token: `${name}_${GUID}` });
    assertEquals([found, signs, notes], [`${name} client-token`, ["client-token"], []]);
  }
});

Deno.test("names of 27 characters are as good as others", async () => {
  const name = "abcdefghijklmnopqrstuvwxyz0";
  assertEquals((await find({ token: `${name}_${GUID}` })).found, `${name} client-token`);
});

Deno.test("splitToken() divides at the last underscore", () => {
  const part = fc.string({ minLength: 1 });
  const id = fc.string().filter((text) => !text.includes("_"));
  fc.assert(fc.property(part, id, (name, id) => {
    assertEquals(splitToken(`${name}_${id}`), { name, id });
  }));
  assertEquals([splitToken(undefined), splitToken("_x"), splitToken("x")], [
    undefined,
    undefined,
    undefined,
  ]);
});

Deno.test("the tag has the name where the client token has none", async () => {
  for (
    const [how, found] of [
      [{ token: GUID, tags: { "htcondor:AnnexName": "foo" } }, "foo tag"],
      [{ tags: { "htcondor:AnnexName": "foo", [SPOT_TAG]: SFR } }, "foo tag"],
      [{ token: GUID, annexTag: "foo" }, "foo tag"],
      [{ token: `_${GUID}`, annexTag: "foo" }, "foo tag"],
      [{ tags: { "htcondor:AnnexName": "foo" }, trust: false }, "no-name-yet later"],
      [{ annexTag: "foo", trust: false }, "no-name-yet later"],
      [{ tags: { "htcondor:AnnexName": "foo" }, annexTag: "bar" }, "foo tag"],
    ] as const
  ) {
    const { found: is, asked } = await find(how);
    assertEquals([how, is, asked], [how, found, []]);
  }
});

Deno.test("the client token counts where the tag differs, and the log has both", async () => {
  const { found, notes } = await find({
    token: `foo_${GUID}`,
    tags: { "htcondor:AnnexName": "bar" },
  });
  assertEquals(found, "foo client-token");
  assertMatch(notes[0]!, /event=names-differ token=foo tag=bar/);
});

Deno.test("a client token whose end is no id is taken, and noted", async () => {
  const { found, notes } = await find({ token: "foo_1" });
  assertEquals(found, "foo client-token");
  assertMatch(notes[0]!, /event=odd-client-token/);
});

Deno.test("a fleet's own token has the name, and only this fleet is asked for (defect 2 of HTCondor's script)", async () => {
  const other = "sfr-00000000-0000-0000-0000-000000000000";
  const { found, asked, signs } = await find({
    token: GUID,
    tags: { Name: "x", [SPOT_TAG]: SFR, "aws:ec2:fleet-id": other },
    spot: { token: `bar_baz_${GUID}` },
  });
  assertEquals([found, asked, signs], ["bar_baz spot-fleet", [SFR], ["fleet-tag"]]);
  const ec2 = await find({ tags: { "aws:ec2:fleet-id": FLEET }, fleet: { token: `e_${GUID}` } });
  assertEquals([ec2.found, ec2.asked], ["e ec2-fleet", [FLEET]]);
});

Deno.test("a late tag is waited for, though other tags are there (defect 2 of HTCondor's script)", async () => {
  const { found, asked, signs } = await find({ token: GUID, tags: { Name: "x", owner: "y" } });
  assertEquals([found, asked, signs], ["no-name-yet later", [], []]);
});

Deno.test("findAnnexName() tells what may still come from what will not", async () => {
  const spot = { [SPOT_TAG]: SFR };
  for (
    const [how, found] of [
      [{ isUnknown: true }, "no-instance-yet later"],
      [{}, "no-name-yet later"],
      [{ tags: spot }, "no-name-yet later"],
      [{ tags: spot, spot: { token: undefined } }, "no-name-yet later"],
      [{ tags: spot, spot: { token: GUID } }, "not-an-annex final"],
      [{ tags: { [SPOT_TAG]: "sfr-<script>" } }, "not-an-annex final"],
      [{ tags: { "aws:ec2:fleet-id": "fleet-../x" } }, "not-an-annex final"],
      [{ tags: { "aws:autoscaling:groupName": "g" } }, "not-an-annex final"],
      [{ tags: spot, spot: DENIED }, "denied later"],
      [{ tags: { "aws:ec2:fleet-id": FLEET }, fleet: DENIED }, "denied later"],
      [{ describe: DENIED }, "denied later"],
      [{ describe: new AwsError({ status: 503, code: "Unavailable" }) }, "aws-refused later"],
      [
        { describe: new AwsError({ status: 400, code: "InvalidInstanceID.NotFound" }) },
        "aws-refused later",
      ],
    ] as const
  ) {
    const { found: is } = await find(how as Case);
    assertEquals([how, is], [how, found]);
  }
});

Deno.test("the metadata service's tag does where the role may describe nothing", async () => {
  const { found, signs, notes } = await find({ describe: DENIED, annexTag: "foo" });
  assertEquals([found, signs], ["foo tag", ["annex-tag"]]);
  assertMatch(notes[0]!, /event=name-from-metadata/);
});

Deno.test("names that are no names are refused for good, wherever they come from", async () => {
  const bad = ["a..b", "../x", ".x", "-x", "a/b", "a b", "é", "x".repeat(128), "a\nb", 'a"b', ""];
  for (const name of bad) {
    const all = [
      { tags: { "htcondor:AnnexName": name } },
      { tags: { [SPOT_TAG]: SFR }, spot: { token: `${name}_${GUID}` } },
      { token: `${name}_${GUID}` },
    ].slice(0, name === "" ? 1 : 3);
    for (const how of all) {
      assertEquals([how, (await find(how)).found], [how, "invalid-name final"]);
    }
  }
  const longest = "x".repeat(127);
  assertEquals((await find({ annexTag: longest })).found, `${longest} tag`);
});
