import { assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { check, type CheckedStep } from "../../core/annex/check.ts";
import { AnnexError } from "../../core/annex/errors.ts";
import { isIntact, readState } from "../../core/annex/state.ts";
import { status } from "../../core/annex/status.ts";
import { archive, GUID, INSTANCE_ID, play, ROLE, type Scene, type SceneOptions } from "./scene.ts";
import { TestHost } from "./test_host.ts";

const TOOLS = { readState, isIntact, verifyFirewall: () => Promise.resolve() };

/** Runs `check -json` in a scene: the exit status, and each step by its name. */
async function checked(
  options: SceneOptions,
  tools: Partial<typeof TOOLS> = {},
): Promise<{ code: number; steps: CheckedStep[]; of: (step: string) => string[]; scene: Scene }> {
  let outcome;
  await play(options, async (scene) => {
    const before = scene.files();
    const code = await check(scene.host, { ...TOOLS, ...tools }, { json: true });
    const { ok, steps } = JSON.parse(scene.host.printed) as { ok: boolean; steps: CheckedStep[] };
    assertEquals(ok, code === 0);
    assertEquals([scene.files(), scene.clock.sleeps, scene.host.started], [before, [], []]);
    const of = (name: string) =>
      steps.filter(({ step }) => step === name).map(({ outcome, text }) => `${outcome} ${text}`);
    outcome = { code, steps, of, scene };
  });
  return outcome!;
}

Deno.test("check reports every step of a start that would go well, and changes nothing", async () => {
  const { code, steps } = await checked({ cloud: { denied: [] } });
  assertEquals(code, 0);
  assertEquals(
    steps.map(({ step, outcome, text }) =>
      `${step} ${outcome} ${text}`.replace(/127\.0\.0\.1/, "HOST").replace(/\d+ bytes/, "N bytes")
    ),
    [
      "ec2 ok the system's vendor is Amazon EC2",
      "state skipped nothing is installed",
      "firewall ok keeps others than root from the metadata service",
      `metadata ok ${INSTANCE_ID} in us-east-1, asked by v2 at HOST`,
      "role ok annexrole",
      "name ok my_annex, from the client token",
      "bucket ok s3://annex-bucket/",
      "archive ok s3://annex-bucket/config-my_annex.tar.gz, N bytes",
    ],
  );
});

Deno.test("check says which step fails and what can be done", async () => {
  for (
    const [options, step, text] of [
      [{ instance: { role: undefined } }, "role", /^failed .*no instance profile/],
      [{ imds: { isOff: true } }, "metadata", /^failed .*switched off/],
      [{ cloud: { objects: {} } }, "archive", /^failed .*AccessDenied/],
      [{ cloud: { inline: {} } }, "bucket", /^failed .*names a config-\*\.tar\.gz/],
      [
        { cloud: { instance: { instanceId: INSTANCE_ID, clientToken: GUID, tags: {} } } },
        "name",
        /^failed .*no token or tag/,
      ],
      [{ cloud: { denied: ["DescribeInstances"] } }, "name", /^failed .*UnauthorizedOperation/],
      [
        { cloud: { denied: ["ListRolePolicies", "ListAttachedRolePolicies"] } },
        "bucket",
        /^failed .*AccessDenied/,
      ],
    ] as const
  ) {
    const { code, of, steps } = await checked(options);
    assertEquals([step, code], [step, 1]);
    assertMatch(of(step).join("\n"), text);
    assertEquals(steps.some((one) => one.step === step && one.remedy !== undefined), true, step);
  }
});

Deno.test("check skips what comes after a failure", async () => {
  const { of } = await checked({ imds: { isOff: true } });
  for (const step of ["role", "name", "bucket", "archive"]) {
    assertEquals(of(step), ["skipped something before it failed"]);
  }
});

Deno.test("check fails where the firewall does not hold, unless it is not required", async () => {
  const tools = {
    verifyFirewall: () =>
      Promise.reject(
        new AnnexError("Cannot keep jobs out: leak", { code: "firewall-leak", remedy: "look" }),
      ),
  };
  const { code, of } = await checked({}, tools);
  assertEquals([code, of("firewall")], [1, ["failed Cannot keep jobs out: leak"]]);
  const lax = await checked({ settings: "firewall_required = false\n" }, tools);
  assertEquals([lax.code, lax.of("firewall").length], [0, 1]);
  const off = await checked({ settings: "firewall = off\n" }, tools);
  assertMatch(off.of("firewall")[0]!, /^warning switched off/);
});

Deno.test("check warns of what costs money, of what lets containers in, and of old services", async () => {
  const instance = {
    instanceId: INSTANCE_ID,
    clientToken: `my_annex_${GUID}`,
    tags: {},
    shutdownBehavior: "stop",
    hopLimit: "2",
  };
  const { code, of } = await checked({
    cloud: { instance, denied: [] },
    imds: { version: "absent" },
  });
  assertEquals(code, 0);
  assertEquals(of("instance"), [
    "warning metadata answers go 2 hops, so containers get them",
    "warning a power-off leaves it stopped, and its disks are billed",
  ]);
  assertMatch(of("metadata")[1]!, /^warning .*no session tokens/);
});

Deno.test("check shows no credentials, though a service sends them back in its words", async () => {
  const words = `no ${ROLE.token} and no ${ROLE.secretAccessKey}`;
  const interfere = (action: string) =>
    action === "GetObject"
      ? new Response(`<Error><Code>AccessDenied</Code><Message>${words}</Message></Error>`, {
        status: 403,
      })
      : undefined;
  // That nothing of them is printed is looked at for every scene.
  const { of } = await checked({ cloud: { interfere } });
  assertMatch(of("archive").join(), /^failed .*AccessDenied \(no \.\.\. and no \.\.\./);
});

Deno.test("check shows each place where the archive is not", async () => {
  const managed = {
    "arn:aws:iam::123456789012:policy/one": {
      Statement: {
        Effect: "Allow",
        Action: "s3:*",
        Resource: "arn:aws:s3:::first/config-*.tar.gz",
      },
    },
  };
  const { of } = await checked({ cloud: { managed, objects: {} } });
  assertEquals(of("archive").map((line) => line.slice(0, 45)), [
    'failed Cannot fetch "s3://first/config-my_ann',
    'failed Cannot fetch "s3://annex-bucket/config',
  ]);
});

Deno.test("check and status say what is installed, and whether it was changed", async () => {
  await play({}, async ({ start, host }) => {
    assertEquals(await start(), 0);
    const show = async (json: boolean) => {
      host.printed = "";
      const code = await status(host, TOOLS, { json });
      return { code, text: host.printed };
    };
    const lines = await show(false);
    assertEquals(lines.code, 0);
    assertMatch(lines.text, /^annex {6}my_annex \(from the client token\)$/m);
    assertMatch(lines.text, /^firewall {3}nft, verified, 0 packets refused$/m);
    assertMatch(lines.text, /^ {11}\/etc\/condor\/tokens\.d\/foo\.user@pool$/m);
    const { intact, annexName, version } = JSON.parse((await show(true)).text);
    assertEquals([intact, annexName, version], [true, "my_annex", 1]);
    host.write("/etc/condor/config.d/00ec2-dynamic.config", "changed\n");
    const changed = await show(false);
    assertEquals(changed.code, 1);
    assertStringIncludes(changed.text, "some changed or gone since");
    host.printed = "";
    await check(host, TOOLS, { json: false });
    assertMatch(host.printed, /^warning state +installed files were changed or removed since$/m);
  });
});

Deno.test("status says that nothing is installed", async () => {
  using host = new TestHost();
  assertEquals(await status(host, TOOLS, { json: false }), 1);
  assertEquals(await status(host, TOOLS, { json: true }), 1);
  assertEquals(host.printed, "Nothing is installed.\nnull\n");
});

Deno.test("check finds an archive in the place that has it, without fetching all of it", async () => {
  const objects = { "annex-bucket/config-my_annex.tar.gz": await archive("x") };
  const { of, scene } = await checked({ cloud: { objects } });
  assertMatch(of("archive")[0]!, /^ok .* \d+ bytes$/);
  assertEquals(scene.aws.calls.filter((call) => call === "GetObject").length, 1);
});
