/** AWS as moto plays it, with the default role: signatures, session tokens and policies count. */
import { assert, assertEquals, assertRejects } from "@std/assert";
import {
  AwsError,
  AwsSession,
  describeFleet,
  describeInstance,
  describeSpotFleet,
  EC2_VERSION,
  IAM_VERSION,
  inlinePolicy,
  listAttachedPolicies,
  listInlinePolicies,
  QueryClient,
  roleOfProfile,
  shutdownBehavior,
} from "../../core/aws/mod.ts";
import { BOOT_STEPS } from "../../core/annex/steps.ts";
import { start } from "../../core/annex/start.ts";
import { SYSTEM_CLOCK } from "../../core/clock.ts";
import { HttpClient } from "../../core/http/mod.ts";
import { type AnnexCloud, startCloud } from "../pool/annex_cloud.ts";
import { imdsItems, startImds } from "../servers/imds.ts";
import { missing } from "../servers/moto.ts";
import { DONE, FAILED } from "./scene.ts";
import { TestHost } from "./test_host.ts";

const { signal } = new AbortController();
const REQUEST = {
  annexName: "my_annex",
  archive: { "config.d/00ec2-dynamic.config": "X = 1\n", "tokens.d/t": "token\n" },
};

function motoTest(name: string, fn: (cloud: AnnexCloud) => Promise<void>): void {
  const ignore = missing !== "";
  Deno.test({
    name: ignore ? `${name} (ignored: ${missing})` : name,
    ignore,
    fn: async () => {
      await using cloud = await startCloud(REQUEST);
      await fn(cloud);
    },
  });
}

/** Both services, asked with the role's credentials or others. */
async function asking(
  { port, role }: AnnexCloud,
  change: Partial<{ secretAccessKey: string; token: string; time: number }>,
  work: (clients: { ec2: QueryClient; iam: QueryClient }) => Promise<void>,
): Promise<void> {
  const http = new HttpClient({ env: () => undefined, userAgent: "test" });
  const { accessKeyId, secretAccessKey, token } = { ...role, ...change };
  const credentials = { accessKeyId, secretAccessKey, sessionToken: token };
  const session = new AwsSession(
    { get: () => Promise.resolve(credentials) },
    () => change.time ?? Date.now(),
  );
  const endpoint = { origin: `http://127.0.0.1:${port}`, region: "us-east-1" };
  const client = (service: "ec2" | "iam", version: string) =>
    new QueryClient({ http, session, service, version, endpoint });
  try {
    await work({ ec2: client("ec2", EC2_VERSION), iam: client("iam", IAM_VERSION) });
  } finally {
    http.close();
  }
}

async function refused(run: () => Promise<unknown>): Promise<string> {
  const error = await assertRejects(run, AwsError);
  return error.facts.code;
}

motoTest(
  "the default role may ask what an annex needs, and gets answers that are read",
  async (cloud) => {
    await asking(cloud, {}, async ({ ec2, iam }) => {
      const { role, instanceId } = cloud;
      const found = await describeInstance(ec2, instanceId, signal);
      assertEquals(found?.clientToken, "my_annex_11111111-2222-3333-4444-555555555555");
      assertEquals(found?.tags.get("htcondor:AnnexName"), "my_annex");
      assertEquals(found?.profileArn?.endsWith(`instance-profile/${role.profile}`), true);
      assertEquals(await listAttachedPolicies(iam, role.name, signal), []);
      const names = await listInlinePolicies(iam, role.name, signal);
      assertEquals(names, ["Configuration", "Introspection"]);
      const document = await inlinePolicy(iam, { role: role.name, name: names[0]! }, signal);
      assertEquals(JSON.parse(document).Statement[0].Action, ["s3:GetObject"]);
      assertEquals(await roleOfProfile(iam, role.profile!, signal), role.name);
      const fleet = "sfr-73fbd2ce-aa30-494c-8788-1cee40000000";
      assertEquals(await describeSpotFleet(ec2, fleet, signal), undefined);
    });
  },
);

motoTest("the default role may not ask more, and nothing depends on it", async (cloud) => {
  await asking(cloud, {}, async ({ ec2, iam }) => {
    assertEquals(await shutdownBehavior(ec2, cloud.instanceId, signal), undefined);
    const fleet = "fleet-4b8aaae8-dfb5-436d-a4c6-3dafa4c6b7dc";
    for (
      const run of [
        () => describeFleet(ec2, fleet, signal),
        () => ec2.call("DescribeTags", {}, signal),
        () => iam.call("ListRoles", {}, signal),
      ]
    ) {
      assert(["UnauthorizedOperation", "AccessDenied"].includes(await refused(run)));
    }
  });
});

motoTest(
  "wrong secrets and tokens are refused, and an unknown instance has its own code",
  async (cloud) => {
    for (
      const [change, codes] of [
        [{ secretAccessKey: "wrong" }, ["SignatureDoesNotMatch", "AuthFailure"]],
        [{ token: "wrong" }, ["InvalidClientTokenId", "AuthFailure"]],
      ] as const
    ) {
      await asking(cloud, change, async ({ ec2, iam }) => {
        for (
          const run of [
            () => describeInstance(ec2, cloud.instanceId, signal),
            () => listInlinePolicies(iam, cloud.role.name, signal),
          ]
        ) {
          const code = await refused(run);
          assert((codes as readonly string[]).includes(code), code);
        }
      });
    }
    await asking(cloud, {}, async ({ ec2 }) => {
      const run = () => describeInstance(ec2, "i-00000000000000000", signal);
      assertEquals(await refused(run), "InvalidInstanceID.NotFound");
    });
  },
);

motoTest("start works with the default role and nothing more", async (cloud) => {
  const { instanceId, role, accountId } = cloud;
  await using imds = startImds({
    version: "required",
    items: imdsItems({ instanceId, role, accountId }),
  });
  using host = new TestHost({
    clock: SYSTEM_CLOCK,
    env: {
      AWS_EC2_METADATA_SERVICE_ENDPOINT: imds.origin,
      AWS_ENDPOINT_URL: `http://127.0.0.1:${cloud.port}`,
    },
    files: { "/etc/condor/annex-ec2.conf": "give_up_seconds = 0\n" },
  });
  const steps = {
    ...BOOT_STEPS,
    installFirewall: () =>
      Promise.resolve({ backend: "nft" as const, verified: true, counters: {} }),
  };
  assertEquals([await start(host, steps), host.printed], [0, DONE], host.notes.join("\n"));
  assertEquals(host.read("/etc/condor/config.d/00ec2-dynamic.config"), "X = 1\n");
  Deno.removeSync(`${host.root}/var/lib/condor-annex/state.json`);
  await cloud.putArchive(undefined);
  assertEquals([await start(host, steps), host.printed], [1, DONE + FAILED]);
  assertEquals(host.notes.at(-2)?.includes("code=archive-absent"), true, host.notes.join("\n"));
});
