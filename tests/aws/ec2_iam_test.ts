import { assertEquals, assertRejects } from "@std/assert";
import {
  describeFleet,
  describeInstance,
  describeSpotFleet,
  shutdownBehavior,
} from "../../core/aws/ec2.ts";
import { dnsSuffixOf, ec2Endpoint, iamEndpoint, partitionOf } from "../../core/aws/endpoints.ts";
import {
  documentOf,
  inlinePolicy,
  listAttachedPolicies,
  listInlinePolicies,
  managedPolicy,
  roleOfProfile,
} from "../../core/aws/iam.ts";
import { type QueryClient, readAnswer } from "../../core/aws/query.ts";
import { AwsError } from "../../core/aws/service_error.ts";

const { signal } = new AbortController();
const ID = "i-0123456789abcdef0";
const SFR = "sfr-73fbd2ce-aa30-494c-8788-1cee40000000";
const FLEET = "fleet-4b8aaae8-dfb5-436d-a4c6-3dafa4c6b7dc";

/** A client that is answered in turn, and what it was asked. */
function client(...answers: (string | AwsError)[]) {
  const asked: [string, Record<string, string>][] = [];
  const call = (action: string, parameters: Record<string, string>) => {
    asked.push([action, parameters]);
    const answer = answers.shift() ?? "<empty/>";
    return typeof answer === "string"
      ? Promise.resolve(readAnswer(new TextEncoder().encode(answer), 200))
      : Promise.reject(answer);
  };
  const pages: QueryClient["callPages"] = async (action, parameters, { page }) => {
    for (let marker: string | undefined = ""; marker !== undefined;) {
      const more: Record<string, string> = marker === "" ? {} : { Marker: marker };
      marker = page(await call(action, { ...parameters, ...more }));
    }
  };
  return { asked, query: { call, callPages: pages } as unknown as QueryClient };
}

const instance = (id: string, more = "") =>
  `<item><instancesSet><item><instanceId>${id}</instanceId>${more}</item></instancesSet></item>`;
const described = (...items: string[]) =>
  `<DescribeInstancesResponse xmlns="http://ec2.amazonaws.com/doc/2016-11-15/">` +
  `<reservationSet>${items.join("")}</reservationSet></DescribeInstancesResponse>`;

Deno.test("describeInstance() reads the instance that was asked for, and no other", async () => {
  const { query, asked } = client(described(
    instance("i-00000000", "<clientToken>foreign</clientToken>"),
    instance(
      ID,
      `<clientToken>foo_1</clientToken><iamInstanceProfile><arn>arn:x</arn><id>A</id>
      </iamInstanceProfile><instanceLifecycle>spot</instanceLifecycle><tagSet>
      <item><key>a</key><value>1</value></item><item><key>b&amp;</key><value/></item></tagSet>
      <metadataOptions><httpTokens>required</httpTokens>
      <httpPutResponseHopLimit>2</httpPutResponseHopLimit></metadataOptions>`,
    ),
  ));
  assertEquals(await describeInstance(query, ID, signal), {
    instanceId: ID,
    clientToken: "foo_1",
    profileArn: "arn:x",
    lifecycle: "spot",
    tags: new Map([["a", "1"], ["b&", ""]]),
    httpTokens: "required",
    hopLimit: "2",
  });
  assertEquals(asked, [["DescribeInstances", { "InstanceId.1": ID }]]);
  for (const answer of [described(), described(instance("i-00000000")), "<other/>"]) {
    assertEquals(await describeInstance(client(answer).query, ID, signal), undefined);
  }
});

Deno.test("describeInstance() takes an instance without a token, and one with an empty one", async () => {
  for (const more of ["", "<clientToken/>", "<clientToken> </clientToken>"]) {
    const found = await describeInstance(client(described(instance(ID, more))).query, ID, signal);
    assertEquals(found?.clientToken, undefined);
  }
});

Deno.test("describeSpotFleet() never asks without an id, and reads that fleet alone (defect 2 of HTCondor's script)", async () => {
  const item = (id: string, token: string) =>
    `<item><spotFleetRequestConfig>${token}</spotFleetRequestConfig>` +
    `<spotFleetRequestId>${id}</spotFleetRequestId></item>`;
  const answer = (...items: string[]) =>
    `<r><spotFleetRequestConfigSet>${items.join("")}</spotFleetRequestConfigSet></r>`;
  const other = item("sfr-00000000-0", "<clientToken>foreign_1</clientToken>");
  const own = item(SFR, "<clientToken>bar_2</clientToken>");
  const { query, asked } = client(answer(other, own));
  assertEquals(await describeSpotFleet(query, SFR, signal), { token: "bar_2" });
  assertEquals(asked, [["DescribeSpotFleetRequests", { "SpotFleetRequestId.1": SFR }]]);
  assertEquals(await describeSpotFleet(client(answer(other)).query, SFR, signal), undefined);
  const bare = client(answer(item(SFR, "")));
  assertEquals(await describeSpotFleet(bare.query, SFR, signal), { token: undefined });
  for (const id of ["", "sfr-", "sfr-x&a=b", "all"]) {
    const { query, asked } = client();
    await assertRejects(() => describeSpotFleet(query, id, signal), TypeError);
    assertEquals(asked, []);
  }
});

Deno.test("describeFleet() names the fleet, as fleets of type instant need it", async () => {
  const { query, asked } = client(
    `<r><fleetSet><item><clientToken>e_1</clientToken><fleetId>${FLEET}</fleetId></item></fleetSet></r>`,
  );
  assertEquals(await describeFleet(query, FLEET, signal), { token: "e_1" });
  assertEquals(asked, [["DescribeFleets", { "FleetId.1": FLEET }]]);
  await assertRejects(() => describeFleet(query, "", signal), TypeError);
});

Deno.test("shutdownBehavior() says nothing where the role may not know", async () => {
  const value = "<r><instanceInitiatedShutdownBehavior><value>stop</value>" +
    "</instanceInitiatedShutdownBehavior></r>";
  assertEquals(await shutdownBehavior(client(value).query, ID, signal), "stop");
  const denied = new AwsError({ status: 403, code: "UnauthorizedOperation" });
  assertEquals(await shutdownBehavior(client(denied).query, ID, signal), undefined);
  const busy = new AwsError({ status: 503, code: "Unavailable" });
  await assertRejects(() => shutdownBehavior(client(busy).query, ID, signal), AwsError);
});

const page = (action: string, list: string, more = "<IsTruncated>false</IsTruncated>") =>
  `<x><${action}Result>${list}${more}</${action}Result></x>`;

Deno.test("policies are listed over all pages, in their order", async () => {
  const arn = (name: string) => `arn:aws:iam::123456789012:policy/${name}`;
  const member = (name: string) =>
    `<member><PolicyName>n</PolicyName><PolicyArn>${name}</PolicyArn></member>`;
  const attached = (list: string, more?: string) =>
    page("ListAttachedRolePolicies", `<AttachedPolicies>${list}</AttachedPolicies>`, more);
  const { query, asked } = client(
    attached(
      member(arn("b")) + member("nonsense"),
      "<IsTruncated>true</IsTruncated><Marker>m</Marker>",
    ),
    attached(member(arn("a/x")) + member("arn:aws-cn:iam::aws:policy/y")),
  );
  assertEquals(await listAttachedPolicies(query, "role", signal), [
    arn("b"),
    arn("a/x"),
    "arn:aws-cn:iam::aws:policy/y",
  ]);
  assertEquals(asked.map(([, parameters]) => parameters), [
    { RoleName: "role" },
    { RoleName: "role", Marker: "m" },
  ]);
  const inline = page(
    "ListRolePolicies",
    "<PolicyNames><member>z</member><member>a b</member></PolicyNames>",
  );
  assertEquals(await listInlinePolicies(client(inline).query, "role", signal), ["z"]);
  await assertRejects(() => listInlinePolicies(client("<x/>").query, "r", signal), AwsError);
});

Deno.test("the number of policies has a bound", async () => {
  const members = "<member>p</member>".repeat(501);
  const { query } = client(page("ListRolePolicies", `<PolicyNames>${members}</PolicyNames>`));
  await assertRejects(() => listInlinePolicies(query, "r", signal), AwsError, "more than 500");
});

Deno.test("documents are read percent-encoded and as they are", async () => {
  const text = '{"Statement":["100%"]}';
  for (const document of [encodeURIComponent(text), text]) {
    const managed = client(
      "<x><GetPolicyResult><Policy><DefaultVersionId>v2</DefaultVersionId></Policy></GetPolicyResult></x>",
      `<x><GetPolicyVersionResult><PolicyVersion><Document>${document}</Document></PolicyVersion></GetPolicyVersionResult></x>`,
    );
    assertEquals(await managedPolicy(managed.query, "arn", signal), text);
    assertEquals(managed.asked[1], ["GetPolicyVersion", { PolicyArn: "arn", VersionId: "v2" }]);
    const inline = client(
      `<x><GetRolePolicyResult><PolicyDocument>${document}</PolicyDocument></GetRolePolicyResult></x>`,
    );
    assertEquals(await inlinePolicy(inline.query, { role: "r", name: "p" }, signal), text);
  }
  for (
    const [answer] of [["<x/>"], [
      "<x><GetPolicyResult><Policy><DefaultVersionId>v0</DefaultVersionId></Policy></GetPolicyResult></x>",
    ]]
  ) {
    await assertRejects(() => managedPolicy(client(answer!).query, "arn", signal), AwsError);
  }
});

Deno.test("documentOf() refuses what is missing, too long or badly encoded", async () => {
  for (const text of [undefined, "%", "%ZZ", "%ff", "x".repeat(200_000)]) {
    await assertRejects(() => Promise.try(() => documentOf(text)), AwsError);
  }
});

Deno.test("roleOfProfile() reads the one role, if any", async () => {
  const answer = (roles: string) =>
    `<x><GetInstanceProfileResult><InstanceProfile><Roles>${roles}</Roles></InstanceProfile></GetInstanceProfileResult></x>`;
  const role = "<member><Path>/</Path><RoleName>annex</RoleName></member>";
  assertEquals(await roleOfProfile(client(answer(role)).query, "p", signal), "annex");
  assertEquals(await roleOfProfile(client(answer("")).query, "p", signal), undefined);
  const odd = "<member><RoleName>a/../b</RoleName></member>";
  assertEquals(await roleOfProfile(client(answer(odd)).query, "p", signal), undefined);
});

Deno.test("each partition has its own hosts (defect 12 of HTCondor's script)", () => {
  for (
    const [region, ec2, iam, signedFor] of [
      ["eu-west-3", "ec2.eu-west-3.amazonaws.com", "iam.amazonaws.com", "us-east-1"],
      [
        "cn-northwest-1",
        "ec2.cn-northwest-1.amazonaws.com.cn",
        "iam.cn-north-1.amazonaws.com.cn",
        "cn-north-1",
      ],
      [
        "us-gov-east-1",
        "ec2.us-gov-east-1.amazonaws.com",
        "iam.us-gov.amazonaws.com",
        "us-gov-west-1",
      ],
    ] as const
  ) {
    const partition = partitionOf(region);
    const place = { region, partition, dnsSuffix: dnsSuffixOf(partition) };
    assertEquals(ec2Endpoint(place), { origin: `https://${ec2}`, region });
    assertEquals(iamEndpoint(place), { origin: `https://${iam}`, region: signedFor });
  }
  const iso = { region: "us-iso-east-1", partition: "aws-iso", dnsSuffix: "c2s.ic.gov" };
  assertEquals(iamEndpoint(iso), {
    origin: "https://iam.us-iso-east-1.c2s.ic.gov",
    region: "us-iso-east-1",
  });
});
