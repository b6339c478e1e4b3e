import { assertEquals, assertMatch, assertRejects } from "@std/assert";
import { AnnexError } from "../../core/annex/errors.ts";
import { readInstanceFacts } from "../../core/annex/instance_facts.ts";
import { imdsItems } from "../servers/imds.ts";
import { TestHost } from "./test_host.ts";

const { signal } = new AbortController();
const DOCUMENT = "dynamic/instance-identity/document";

async function read(items: Record<string, string>, boardId?: string) {
  using host = new TestHost();
  const metadata = { get: (path: string) => Promise.resolve(items[path]) };
  const facts = await readInstanceFacts(host, metadata, { boardId, signal });
  return { facts, notes: host.notes };
}

/** The items of an instance whose document has other fields. */
function changed(change: Record<string, unknown>): Record<string, string> {
  const items = imdsItems();
  return { ...items, [DOCUMENT]: JSON.stringify({ ...JSON.parse(items[DOCUMENT]!), ...change }) };
}

Deno.test("readInstanceFacts() reads all facts, however the JSON is spelled (defect 10 of HTCondor's script)", async () => {
  for (const isCompact of [false, true]) {
    const items = imdsItems({ isCompact, lifeCycle: "spot", annexTag: "foo" });
    assertEquals((await read(items)).facts, {
      instanceId: "i-0123456789abcdef0",
      publicIp: "54.214.160.173",
      region: "us-east-1",
      accountId: "123456789012",
      partition: "aws",
      dnsSuffix: "amazonaws.com",
      availabilityZone: "us-east-1a",
      instanceType: "m5.large",
      imageId: "ami-0abcdef1234567890",
      privateIp: "10.0.0.7",
      lifeCycle: "spot",
      annexTag: "foo",
    });
  }
});

Deno.test("an instance without a public address has an empty one (defect 3 of HTCondor's script)", async () => {
  const { facts, notes } = await read(imdsItems({ publicIp: "" }));
  assertEquals([facts.publicIp, notes], ["", []]);
});

Deno.test("readInstanceFacts() leaves out what has not its proper form", async () => {
  for (const publicIp of ["<html>", "1.2.3", "1.2.3.256", "1.2.3.4 x", "::1", "1.2.3.4\nX = 1"]) {
    const { facts, notes } = await read({ ...imdsItems(), "meta-data/public-ipv4": publicIp });
    assertEquals([publicIp, facts.publicIp], [publicIp, ""]);
    assertMatch(notes[0]!, /event=bad-public-address/);
  }
  const odd = changed({ availabilityZone: 'a"\nSTART = False', imageId: 5, privateIp: "x" });
  const { facts } = await read({ ...odd, "meta-data/instance-life-cycle": "forever" });
  assertEquals(
    [facts.availabilityZone, facts.imageId, facts.privateIp, facts.lifeCycle],
    [undefined, undefined, undefined, undefined],
  );
});

Deno.test("readInstanceFacts() waits for what cannot be done without", async () => {
  const without = (path: string) => {
    const { [path]: _, ...rest } = imdsItems();
    return rest;
  };
  for (
    const [items, what] of [
      [without("meta-data/instance-id"), "the instance's id"],
      [{ ...imdsItems(), "meta-data/instance-id": "<?xml" }, "the instance's id"],
      [{ ...imdsItems(), "meta-data/instance-id": "i-0123456789ABCDEF0" }, "the instance's id"],
      [without(DOCUMENT), "identity document"],
      [changed({ region: "moon" }), "the region"],
      [changed({ region: "us-east-1.evil.example/" }), "the region"],
      [changed({ accountId: 123 }), "the account"],
      [changed({ instanceId: "i-00000000" }), "one id of the instance"],
    ] as const
  ) {
    const error = await assertRejects(() => read(items), AnnexError, what);
    assertEquals([error.code, error.retryable], ["no-metadata", true]);
  }
});

Deno.test("readInstanceFacts() believes no service that gives another id than the board", async () => {
  const error = await assertRejects(
    () => read(imdsItems(), "i-0fedcba9876543210"),
    AnnexError,
    'it says "i-0123456789abcdef0", the board "i-0fedcba9876543210"',
  );
  assertEquals([error.code, error.retryable], ["foreign-metadata", false]);
  await read(imdsItems(), "i-0123456789abcdef0");
});

Deno.test("partition and host names follow the region where nothing is said (defect 12 of HTCondor's script)", async () => {
  for (
    const [region, partition, suffix] of [
      ["eu-central-1", "aws", "amazonaws.com"],
      ["cn-north-1", "aws-cn", "amazonaws.com.cn"],
      ["us-gov-west-1", "aws-us-gov", "amazonaws.com"],
    ] as const
  ) {
    const { ["meta-data/services/partition"]: _p, ["meta-data/services/domain"]: _d, ...items } =
      imdsItems({ region });
    const { facts } = await read(items);
    assertEquals([facts.partition, facts.dnsSuffix], [partition, suffix]);
    const bad = { "meta-data/services/partition": "x y", "meta-data/services/domain": "a/b" };
    const other = (await read({ ...items, ...bad })).facts;
    assertEquals([other.partition, other.dnsSuffix], [partition, suffix]);
  }
  const said = {
    "meta-data/services/partition": "aws-iso",
    "meta-data/services/domain": "c2s.ic.gov",
  };
  const { facts } = await read({ ...imdsItems({ region: "us-iso-east-1" }), ...said });
  assertEquals([facts.partition, facts.dnsSuffix], ["aws-iso", "c2s.ic.gov"]);
});
