import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import type { BootSteps } from "../../core/annex/contracts.ts";
import { AnnexError } from "../../core/annex/errors.ts";
import { imdsItems, page } from "../servers/imds.ts";
import { ends } from "./test_host.ts";
import {
  archive,
  BUCKET,
  DONE,
  FAILED,
  GUID,
  INSTANCE_ID,
  play,
  POLICY,
  policy,
  ROLE,
} from "./scene.ts";

const SFR = "sfr-73fbd2ce-aa30-494c-8788-1cee40000000";
const SPOT_TAG = "aws:ec2spot:fleet-request-id";
const KEY = `${BUCKET}/config-my_annex.tar.gz`;
const INSTANCE_CONFIG = "/etc/condor/config.d/49ec2-instance.config";
const DYNAMIC_CONFIG = "/etc/condor/config.d/00ec2-dynamic.config";
const STATE = "/var/lib/condor-annex/state.json";
const count = (all: readonly string[], one: string) => all.filter((call) => call === one).length;

Deno.test("start configures an instance of an annex whose name has an underscore (defect 1 of HTCondor's script)", async () => {
  await play({}, async ({ start, host, aws, done, clock, log }) => {
    assertEquals([await start(), host.printed], [0, DONE], log());
    assertEquals(host.read(DYNAMIC_CONFIG), "MARK = one\n");
    assertStringIncludes(host.read(INSTANCE_CONFIG), `EC2InstanceID = "${INSTANCE_ID}"\n`);
    assertEquals(clock.sleeps, []);
    assertEquals(done, ["firewall after 0 requests"]);
    assertEquals(aws.calls.toSorted(), [
      "DescribeInstances",
      "GetObject",
      "GetRolePolicy",
      "ListAttachedRolePolicies",
      "ListRolePolicies",
    ]);
    assertEquals(aws.headers.at(-1)!.get("x-amz-expected-bucket-owner"), "123456789012");
    const { files, etag: _, ...state } = JSON.parse(host.read(STATE));
    assertEquals(state.annexName, "my_annex");
    assertEquals([state.nameSource, state.bucket, state.key], [
      "client-token",
      BUCKET,
      "config-my_annex.tar.gz",
    ]);
    assertEquals(files.length, 3);
  });
});

Deno.test("start keeps what is in the archive from others (defect 5 of HTCondor's script)", async () => {
  await play({}, async ({ start, files }) => {
    assertEquals(await start(), 0);
    const all = files();
    assertMatch(all, /^\/etc\/condor\/passwords\.d 700$/m);
    assertMatch(all, /^\/etc\/condor\/tokens\.d 700$/m);
    assertMatch(all, /^\/etc\/condor\/passwords\.d\/POOL 600 /m);
    assertMatch(all, /^\/etc\/condor\/tokens\.d\/foo\.user@pool 600 /m);
    assertEquals(/tar\.gz|staging|tmp/.test(all), false);
  });
});

Deno.test("start works where the metadata service wants tokens (defect 4 of HTCondor's script)", async () => {
  for (const settings of ["", "imds = v2-only\n"]) {
    await play({ settings }, async ({ start, imds }) => {
      assertEquals(await start(), 0);
      const without = imds.requests.filter(({ token, method }) => token === "" && method === "GET");
      assertEquals(without, []);
    });
  }
});

Deno.test("start works with the oldest metadata service, unless v2-only is set", async () => {
  await play({ imds: { version: "absent" } }, async ({ start }) => {
    assertEquals(await start(), 0);
  });
  const settings = "imds = v2-only\ngive_up_seconds = 5\n";
  await play({ imds: { version: "absent" }, settings }, async ({ start, imds, log }) => {
    assertEquals(await start(), 1);
    assertEquals(imds.requests.filter(({ method }) => method === "GET"), []);
    assertMatch(log(), /code=imds-no-token/);
  });
});

Deno.test("start takes an instance without a public address (defect 3 of HTCondor's script)", async () => {
  await play({ instance: { publicIp: "" } }, async ({ start, host }) => {
    assertEquals(await start(), 0);
    assertMatch(host.read(INSTANCE_CONFIG), /^EC2PublicIP =\s*$/m);
    assertEquals(host.read(INSTANCE_CONFIG).includes("<"), false);
  });
});

Deno.test("start reads JSON however it is spelled (defect 10 of HTCondor's script)", async () => {
  await play({ instance: { isCompact: true } }, async ({ start }) => {
    assertEquals(await start(), 0);
  });
});

Deno.test("start waits for a late tag of the Spot Fleet, and asks for no other fleet (defect 2 of HTCondor's script)", async () => {
  const other = "sfr-00000000-0000-0000-0000-000000000000";
  const instance = { instanceId: INSTANCE_ID, clientToken: GUID, tags: { Name: "x" } };
  const fleets = { [other]: "foreign_1111-22", [SFR]: `my_annex_${GUID}` };
  await play({ cloud: { instance, fleets } }, async ({ start, aws, clock, host, log }) => {
    clock.onSleep = () => {
      if (clock.sleeps.length === 3) {
        aws.cloud.instance!.tags = { Name: "x", [SPOT_TAG]: SFR };
      }
    };
    assertEquals(await start(), 0, log());
    assertEquals(JSON.parse(host.read(STATE)).nameSource, "spot-fleet");
    assertEquals([
      count(aws.calls, "DescribeInstances"),
      count(aws.calls, "DescribeSpotFleetRequests"),
    ], [4, 1]);
    assertEquals(clock.sleeps, [3750, 7500, 15000]);
  });
});

Deno.test("start needs no fleet where the tag has the name", async () => {
  const instance = {
    instanceId: INSTANCE_ID,
    clientToken: GUID,
    tags: { "htcondor:AnnexName": "my_annex", [SPOT_TAG]: SFR },
  };
  await play({ cloud: { instance } }, async ({ start, aws, clock }) => {
    assertEquals(await start(), 0);
    assertEquals([count(aws.calls, "DescribeSpotFleetRequests"), clock.sleeps], [0, []]);
  });
});

Deno.test("start ends at once for a fleet that is no annex's", async () => {
  const instance = { instanceId: INSTANCE_ID, clientToken: GUID, tags: { [SPOT_TAG]: SFR } };
  await play({ cloud: { instance, fleets: { [SFR]: GUID } } }, async (scene) => {
    const { start, host, clock, log } = scene;
    assertEquals([await start(), host.printed], [1, FAILED]);
    assertEquals([clock.sleeps, host.started], [[], []]);
    assertMatch(log(), /event=failed code=not-an-annex/);
  });
});

Deno.test("start ends at once for an instance without a role, and switches nothing off", async () => {
  await play({ instance: { role: undefined } }, async ({ start, host, clock, log, aws }) => {
    assertEquals([await start(), host.printed], [1, FAILED]);
    assertEquals([clock.sleeps, host.started, aws.calls], [[], [], []]);
    assertMatch(log(), /event=failed code=no-instance-profile/);
  });
});

Deno.test("start waits for credentials that are not there yet", async () => {
  await play({}, async ({ start, imds, clock }) => {
    const path = `meta-data/iam/security-credentials/${ROLE.name}`;
    const text = imds.plan.items[path]!;
    imds.plan.items[path] = '{"Code":"AssumeRoleUnauthorizedAccess"}';
    clock.onSleep = () => void (imds.plan.items[path] = text);
    assertEquals(await start(), 0);
    assertEquals(clock.sleeps.length, 1);
  });
});

Deno.test("start tries the places in the order of the policies", async () => {
  const managed = {
    "arn:aws:iam::123456789012:policy/one": policy("arn:aws:s3:::first/config-*.tar.gz"),
    "arn:aws:iam::aws:policy/a/two": policy(
      "arn:aws:s3:::second/*",
      "arn:aws:s3:::second/sub/config-*.tar.gz",
    ),
  };
  const objects = { [KEY]: await archive("third") };
  await play({ cloud: { managed, objects } }, async ({ start, host, log }) => {
    assertEquals(await start(), 0, log());
    assertEquals(host.read(DYNAMIC_CONFIG), "MARK = third\n");
  });
  const both = { ...objects, "second/sub/config-my_annex.tar.gz": await archive("second") };
  await play({ cloud: { managed, objects: both } }, async ({ start, host, aws }) => {
    assertEquals(await start(), 0);
    assertEquals(host.read(DYNAMIC_CONFIG), "MARK = second\n");
    assertEquals(count(aws.calls, "GetObject"), 2);
  });
});

Deno.test("start goes on with new credentials when the old ones end on the way", async () => {
  await play({}, async ({ start, imds, aws, log }) => {
    aws.cloud.interfere = (action) => {
      if (action === "GetRolePolicy" && aws.cloud.accessKeyId === ROLE.accessKeyId) {
        aws.cloud.accessKeyId = "ASIASECONDKEY";
        const role = { ...ROLE, accessKeyId: "ASIASECONDKEY" };
        Object.assign(imds.plan.items, imdsItems({ role }));
      }
      return undefined;
    };
    assertEquals(await start(), 0, log());
    const asked = imds.requests.filter(({ path }) => path.endsWith(ROLE.name)).length;
    assertEquals(asked, 2);
  });
});

Deno.test("start goes by the services' clock where this machine's is wrong", async () => {
  for (const skew of [3600_000, -86_400_000]) {
    await play({}, async ({ start, aws, clock, log }) => {
      aws.cloud.now = () => clock.time + skew;
      assertEquals(await start(), 0, log());
      assertEquals(clock.sleeps, []);
    });
  }
});

Deno.test("start asks for nothing when there is no firewall", async () => {
  const error = new AnnexError("Cannot x: y", { code: "firewall-leak" });
  const steps = { installFirewall: () => Promise.reject(error) };
  await play({ steps }, async ({ start, imds, aws, host, log }) => {
    assertEquals([await start(), host.printed], [1, FAILED]);
    assertEquals([imds.requests, aws.calls, host.started], [[], [], []]);
    assertMatch(log(), /code=firewall-leak/);
  });
  await play({ steps, settings: "firewall_required = false\n" }, async (scene) => {
    assertEquals(await scene.start(), 0);
    assertMatch(scene.log(), /event=no-firewall code=firewall-leak/);
    const { firewall } = JSON.parse(scene.host.read(STATE));
    assertEquals(firewall, { backend: "off", verified: false, counters: {} });
  });
});

Deno.test("start gives up after 50 minutes exactly, and says why the machine stays on", async () => {
  await play({ cloud: { objects: {} } }, async ({ start, clock, host, log }) => {
    assertEquals([await start(), host.printed], [1, FAILED]);
    assertEquals(clock.monotonic(), 3_000_000);
    assertMatch(log(), /event=failed code=archive-absent/);
    assertMatch(log(), /event=gave-up reason="it was not started at boot"$/);
    assertEquals(host.started, []);
  });
});

Deno.test("start gives up on an archive that comes byte by byte, when the time is over", async () => {
  const steps: Partial<BootSteps> = {
    downloadArchive: ({ signal }) =>
      new Promise((_, reject) => {
        assertEquals(signal.aborted, false);
        signal.addEventListener("abort", () => reject(signal.reason));
        dispatchEvent(new Event("downloading"));
      }),
  };
  await play({ steps }, async ({ start, clock, host, log }) => {
    // Timers of this test's time run at once.
    const { setTimeout } = globalThis;
    addEventListener("downloading", () => clock.time += 3_000_000, { once: true });
    globalThis.setTimeout = ((work: () => void, ms: number) =>
      setTimeout(work, ms > 2_900_000 ? 50 : ms)) as typeof setTimeout;
    try {
      assertEquals([await start(), host.printed], [1, FAILED]);
    } finally {
      globalThis.setTimeout = setTimeout;
    }
    assertMatch(log(), /Cannot fetch the archive: it was not done when the time was over/);
    assertMatch(log(), /event=gave-up/);
  });
});

Deno.test("start switches an annex's instance off at boot, when the time is over", async () => {
  const tools = { systemctl: ends(1, "starting\n"), shutdown: ends(0) };
  for (const isAnnex of [true, false]) {
    const cloud = isAnnex
      ? { objects: {} }
      : { instance: { instanceId: INSTANCE_ID, clientToken: GUID, tags: {} }, inline: {} };
    await play({ cloud, host: { tools } }, async ({ start, clock, host, log }) => {
      // From the first failure on, for at boot no endpoint of a test is believed.
      clock.onSleep = () => void Object.defineProperty(host, "boot", { value: true });
      assertEquals(await start(), 1);
      const calls = host.started.map(({ tool, args }) => [tool, ...args].join(" "));
      const off = ["systemctl is-system-running", "shutdown -h now"];
      assertEquals(calls, isAnnex ? off : [], log());
      if (!isAnnex) assertMatch(log(), /reason="nothing says that this is an annex's instance"$/);
    });
  }
});

Deno.test("start takes policies that are edited meanwhile", async () => {
  const inline = { Configuration: policy("arn:aws:s3:::wrong/config-*.tar.gz") };
  await play({ cloud: { inline } }, async ({ start, aws, clock }) => {
    clock.onSleep = () => void (aws.cloud.inline = { Configuration: POLICY });
    assertEquals(await start(), 0);
    assertEquals(clock.sleeps.length, 1);
  });
});

Deno.test("start tries three times where the role may see none of its policies", async () => {
  const denied = ["ListAttachedRolePolicies", "ListRolePolicies"];
  const tools = { systemctl: ends(1, "starting\n"), shutdown: ends(0) };
  await play({ cloud: { denied }, host: { tools } }, async ({ start, aws, host, log }) => {
    assertEquals(await start(), 1);
    assertEquals(count(aws.calls, "ListRolePolicies"), 3);
    assertEquals(host.started, []);
    assertMatch(log(), /event=failed code=denied/);
  });
  const settings = `bucket = ${BUCKET}\n`;
  await play({ cloud: { denied }, settings }, async ({ start, aws }) => {
    assertEquals(await start(), 0);
    assertEquals(count(aws.calls, "ListRolePolicies"), 0);
  });
});

Deno.test("start hints at names that were cut when the archive of a name of 27 characters is missing", async () => {
  const name = "abcdefghijklmnopqrstuvwxyz01";
  // Of a name of 28 characters the token has 27, and the archive all.
  for (const [length, hint] of [[27, true], [26, false]] as const) {
    const instance = {
      instanceId: INSTANCE_ID,
      clientToken: `${name.slice(0, length)}_${GUID}`,
      tags: {},
    };
    const objects = { [`${BUCKET}/config-${name}.tar.gz`]: await archive("whole name") };
    const cloud = { instance, objects };
    await play({ cloud, settings: "give_up_seconds = 10\n" }, async ({ start, log }) => {
      assertEquals(await start(), 1);
      assertEquals((log().match(/event=name-maybe-cut/g) ?? []).length, hint ? 1 : 0);
    });
  }
});

Deno.test("start fails for a bad archive, with nothing installed (defect 7 of HTCondor's script)", async () => {
  for (
    const content of [
      new TextEncoder().encode("no archive"),
      await archive("bad", [{ name: "../evil", content: "x" }]),
      await archive("bad", [{ name: "x", type: "2", link: "/etc/shadow" }]),
    ]
  ) {
    await play({ cloud: { objects: { [KEY]: content } } }, async (scene) => {
      const { start, clock, host, log, files } = scene;
      assertEquals([await start(), host.printed], [1, FAILED]);
      assertEquals(clock.sleeps, []);
      assertMatch(log(), /event=failed code=archive-rejected/);
      assertEquals(/MARK|tokens|evil|staging/.test(files()), false);
    });
  }
});

Deno.test("start run again changes no byte", async () => {
  await play({}, async ({ start, files, aws, host }) => {
    assertEquals(await start(), 0);
    const first = files();
    assertEquals([await start(), host.printed], [0, DONE]);
    assertEquals(files(), first);
    // It asks whether there is something newer, and nothing else.
    assertEquals(aws.calls.slice(5), ["GetObject"]);
  });
});

Deno.test("start after a reboot keeps what is installed when the lease is over (defect 8 of HTCondor's script)", async () => {
  await play({}, async ({ start, files, aws, clock, host, imds, log }) => {
    assertEquals(await start(), 0);
    const first = files();
    aws.cloud.objects = {};
    assertEquals([await start(), host.printed], [0, DONE]);
    assertEquals([files(), clock.sleeps], [first, []]);
    assertMatch(log(), /event=kept/);
    // Whatever else is wrong.
    aws.cloud.interfere = () => new Response("busy", { status: 503 });
    assertEquals(await start(), 0);
    Object.assign(imds.plan.items, { "meta-data/iam/security-credentials/annexrole": "{" });
    assertEquals(await start(), 0);
    assertEquals([files(), clock.sleeps], [first, []]);
  });
});

Deno.test("start after a reboot writes the new public address and takes a newer archive", async () => {
  await play({}, async ({ start, aws, host, imds }) => {
    assertEquals(await start(), 0);
    const { installedAt } = JSON.parse(host.read(STATE));
    imds.plan.items["meta-data/public-ipv4"] = "1.2.3.4";
    aws.cloud.objects[KEY] = await archive("two!");
    assertEquals(await start(), 0);
    assertEquals(host.read(DYNAMIC_CONFIG), "MARK = two!\n");
    assertMatch(host.read(INSTANCE_CONFIG), /^EC2PublicIP = 1\.2\.3\.4$/m);
    assertEquals(JSON.parse(host.read(STATE)).installedAt, installedAt);
  });
});

Deno.test("start after a reboot keeps what is installed when the newer archive is a bad one", async () => {
  await play({}, async ({ start, files, aws, log }) => {
    assertEquals(await start(), 0);
    const first = files();
    aws.cloud.objects[KEY] = await archive("bad", [{ name: "/evil", content: "x" }]);
    assertEquals(await start(), 0);
    assertEquals(files(), first);
    assertMatch(log(), /event=kept/);
  });
});

Deno.test("start on a copy of another instance's disk removes what was the other's", async () => {
  await play({}, async ({ start, host, imds, aws, log }) => {
    assertEquals(await start(), 0);
    const instanceId = "i-0fedcba9876543210";
    imds.plan.items = imdsItems({ role: ROLE, instanceId });
    aws.cloud.instance = { instanceId, clientToken: `other_${GUID}`, tags: {} };
    aws.cloud.objects = { [`${BUCKET}/config-other.tar.gz`]: await archive("other") };
    assertEquals(await start(), 0, log());
    assertMatch(log(), /event=image-reused other=i-0123456789abcdef0/);
    assertEquals(host.read(DYNAMIC_CONFIG), "MARK = other\n");
    assertEquals(JSON.parse(host.read(STATE)).annexName, "other");
  });
  await play({}, async ({ start, imds, aws, files }) => {
    assertEquals(await start(), 0);
    const instanceId = "i-0fedcba9876543210";
    imds.plan.items = imdsItems({ instanceId });
    aws.cloud.instance = undefined;
    // Not even when this one is no annex's.
    assertEquals(await start(), 1);
    assertEquals(/MARK|foo\.user|POOL|i-0123456789abcdef0/.test(files()), false);
  });
});

Deno.test("start never switches off an instance that was configured once", async () => {
  const tools = { systemctl: ends(1, "starting\n"), shutdown: ends(0) };
  await play({ host: { tools } }, async ({ start, host, aws, clock, log }) => {
    assertEquals(await start(), 0);
    host.write(DYNAMIC_CONFIG, "edited\n");
    aws.cloud.objects = {};
    clock.onSleep = () => void Object.defineProperty(host, "boot", { value: true });
    assertEquals(await start(), 1);
    assertEquals(host.started, []);
    assertMatch(log(), /event=not-intact name=my_annex$/m);
    // HTCondor waits for no archive that is most likely gone.
    assertEquals([clock.monotonic(), host.read(DYNAMIC_CONFIG)], [60_000, "edited\n"]);
    assertMatch(log(), /event=gave-up reason="an earlier boot was configured"$/);
  });
});

Deno.test("start does nothing on a machine that is none of EC2's", async () => {
  const files = { "/sys/devices/virtual/dmi/id/sys_vendor": "QEMU\n" };
  await play({ host: { files, env: {} } }, async ({ start, host, done, log }) => {
    assertEquals([await start(), host.printed], [1, FAILED]);
    assertEquals(done, []);
    assertMatch(log(), /code=not-ec2/);
  });
});

Deno.test("start tries a metadata service three times when nothing else speaks for EC2", async () => {
  const files = { "/sys/devices/virtual/dmi/id/sys_vendor": "QEMU\n" };
  const interfere = () => page(503);
  await play({ imds: { interfere }, host: { files } }, async ({ start, imds, clock }) => {
    assertEquals(await start(), 1);
    assertEquals([imds.requests.length, clock.sleeps], [3, [150, 300]]);
  });
  await play({ imds: { interfere } }, async ({ start, clock }) => {
    assertEquals(await start(), 1);
    assertEquals(clock.monotonic(), 3_000_000);
    assertEquals(clock.sleeps.slice(0, 8), [150, 300, 600, 1200, 2400, 3750, 3750, 3750]);
  });
});

Deno.test("start believes no metadata service that names another instance than the board", async () => {
  const files = { "/sys/devices/virtual/dmi/id/board_asset_tag": "i-0fedcba9876543210\n" };
  await play({ host: { files } }, async ({ start, clock, log, aws }) => {
    assertEquals(await start(), 1);
    assertEquals([clock.sleeps, aws.calls], [[], []]);
    assertMatch(log(), /code=foreign-metadata/);
  });
});

Deno.test("start does nothing where there is no network, and runs none of that file", async () => {
  const file = "/etc/sysconfig/network";
  for (
    const [text, status] of [
      ["NETWORKING=no\n", 1],
      ['NETWORKING="no" # really\n', 1],
      ["NETWORKING=yes\nNETWORKING=no\n", 1],
      ["NETWORKING=no\nNETWORKING=yes\n", 0],
      ["# NETWORKING=no\nNETWORKING=$(touch /tmp/x)no\n", 0],
      ["XNETWORKING=no\n", 0],
    ] as const
  ) {
    await play({ host: { files: { [file]: text } } }, async ({ start, host }) => {
      assertEquals([text, await start()], [text, status]);
      assertEquals(host.printed, status === 1 ? "" : DONE);
    });
  }
});

Deno.test("start leaves the work to another run, and says how that came out", async () => {
  let isLocked = false;
  const steps = {
    takeLock: () =>
      Promise.resolve(isLocked ? undefined : { [Symbol.asyncDispose]: () => Promise.resolve() }),
  };
  await play({ steps }, async ({ start, host, done, log }) => {
    isLocked = true;
    assertEquals([await start(), done], [1, []]);
    isLocked = false;
    assertEquals(await start(), 0);
    isLocked = true;
    assertEquals([await start(), host.printed], [0, DONE]);
    assertMatch(log(), /event=locked configured=true$/);
  });
});

Deno.test("start ends when it is told to, and leaves no half of anything", async () => {
  const stop = new AbortController();
  const host = { signal: stop.signal };
  await play({ host, cloud: { objects: {} } }, async ({ start, host, clock, log, files }) => {
    clock.onSleep = () => stop.abort(new Error("Stopped by SIGTERM"));
    assertEquals([await start(), host.printed], [1, FAILED]);
    assertMatch(log(), /event=stopped$/);
    assertEquals(/staging|tmp/.test(files()), false);
  });
});

Deno.test("start does with the two permissions of a smaller role", async () => {
  const denied = ["ListAttachedRolePolicies", "ListRolePolicies", "GetRolePolicy", "GetPolicy"];
  const settings = `bucket = ${BUCKET}\nkey = config-my_annex.tar.gz\n`;
  await play({ cloud: { denied }, settings }, async ({ start, aws }) => {
    assertEquals(await start(), 0);
    assertEquals(aws.calls, ["DescribeInstances", "GetObject"]);
  });
});

Deno.test("start needs no description where the metadata service shows the tag", async () => {
  const instance = { annexTag: "my_annex" };
  const cloud = { denied: ["DescribeInstances"] };
  await play({ cloud, instance }, async ({ start, host }) => {
    assertEquals(await start(), 0);
    assertEquals(JSON.parse(host.read(STATE)).nameSource, "tag");
  });
});

Deno.test("start asks all services for the one region it is in (defect 11 of HTCondor's script)", async () => {
  await play({ instance: { region: "eu-west-3" } }, async ({ start, aws }) => {
    assertEquals(await start(), 0);
    const scopes = aws.headers.map((fields) => {
      const text = fields.get("authorization")!;
      return /Credential=[^/]+\/\d+\/([^/]+\/[^/]+)\//.exec(text)?.[1];
    });
    assertEquals(new Set(scopes), new Set(["eu-west-3/ec2", "us-east-1/iam", "eu-west-3/s3"]));
    assert(aws.headers.every((fields) => fields.get("x-amz-security-token") === ROLE.token));
  });
});
