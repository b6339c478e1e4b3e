/**
 * `condor-annex-ec2` on a machine that plays an EC2 instance: the built executable, the kernel's
 * firewall, a metadata service in another network namespace, AWS's stand-in with the default role's
 * permissions, and a real HTCondor that joins a real pool.
 */

import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import type { Machine } from "../servers/machine.ts";
import { IMDS_ADDRESSES } from "../servers/netns.ts";
import { until } from "./ads.ts";
import { type AnnexScene, missing, type SceneOptions, startScene } from "./annex_scene.ts";

const NOBODY = 65534;
const FAILED = "Configuring HTCondor to be an EC2 annex: failed!\n";
const DONE = "Configuring HTCondor to be an EC2 annex: done.\n";

function annexTest(
  name: string,
  fn: (scene: AnnexScene) => Promise<void>,
  options: SceneOptions = {},
): void {
  const ignore = missing !== "";
  Deno.test({
    name: ignore ? `${name} (ignored: ${missing})` : name,
    ignore,
    fn: async () => {
      await using scene = await startScene(options);
      await fn(scene);
    },
  });
}

/** Runs `start`, which has to go well. */
async function boot(scene: AnnexScene): Promise<string> {
  const { code, stdout, stderr } = await scene.annex("start");
  assertEquals([code, stdout], [0, DONE], stderr);
  return stderr;
}

/** What the manager's collector shows of the instance. */
async function slot(manager: Machine | undefined): Promise<Record<string, unknown> | undefined> {
  const { code, stdout } = await manager!.run(["/usr/bin/condor_status", "-json"]);
  if (code !== 0 || stdout.trim() === "") return undefined;
  return (JSON.parse(stdout) as Record<string, unknown>[])[0];
}

/** All that is configured, with modes and owners. */
function configuration({ instance }: AnnexScene): Promise<string> {
  const script = "cd /etc/condor && find . -printf '%p %m %u %g %s\\n' | sort && " +
    "find . -type f | sort | xargs sha256sum";
  return instance.must(["/bin/sh", "-c", script]);
}

/** Whether a user of the instance gets an answer from the metadata service. */
async function reaches(scene: AnnexScene, address: string, uid: number): Promise<boolean> {
  const script = `exec 3<>/dev/tcp/${address}/80`;
  const words = ["/usr/bin/timeout", "5", "/bin/bash", "-c", script];
  return (await scene.instance.run(words, { uid })).code === 0;
}

annexTest(
  "condor-annex-ec2 start makes an instance that joins its pool, and ends when it is idle",
  async (scene) => {
    const { instance, manager, cloud } = scene;
    await boot(scene);
    await scene.startCondor();
    const ad = await until("the slot", () => slot(manager), { seconds: 60 });
    assertEquals([ad["AnnexName"], ad["IsAnnex"], ad["EC2InstanceID"], ad["QuotedEC2PublicIP"]], [
      "foo_bar",
      true,
      cloud.instanceId,
      "54.214.160.173",
    ]);
    assertEquals([ad["CloudProvider"], ad["CloudPlatform"], ad["CloudInterruptible"]], [
      "AWS",
      "EC2",
      "False",
    ]);
    assertStringIncludes(String(ad["MyAddress"]), "<54.214.160.173:");
    const words = ["/usr/bin/condor_status", "-master", "-af", "EC2InstanceID"];
    const master = await until("the master", async () => {
      const { stdout } = await manager!.run([...words, "-constraint", "IsAnnex"]);
      return stdout.trim() === "" ? undefined : stdout.trim();
    });
    assertEquals(master, cloud.instanceId);

    const calls = await until("the power-off", async () => await scene.powerOffs() || undefined, {
      seconds: 60,
    });
    assertEquals(calls, "-h now\n");
    assertMatch(
      await instance.read("/var/log/started"),
      new RegExp(`^\\S+Z Instance ${cloud.instanceId} shutting down for lack of work\\.$`, "m"),
    );
  },
  { hasPool: true, idleSeconds: 10 },
);

annexTest(
  "condor-annex-ec2 asks for no credentials before the firewall stands, and then nobody else gets any",
  async (scene) => {
    const { imds, instance, network } = scene;
    let before: string | undefined;
    imds.plan.interfere = async ({ path }) => {
      if (path.includes("/iam/")) {
        before ??= await instance.must(["/usr/sbin/nft", "list", "tables"]);
      }
      return undefined;
    };
    await boot(scene);
    assertEquals(before, "table inet htcondor_annex\n");
    const seen = await Promise.all(
      [0, NOBODY].flatMap((uid) =>
        Object.values(IMDS_ADDRESSES).map((address) => reaches(scene, address, uid))
      ),
    );
    assertEquals(seen, [true, true, false, false]);
    const container = await network.run("cont", [
      ...["/usr/bin/timeout", "5", "/bin/bash", "-c"],
      `exec 3<>/dev/tcp/${IMDS_ADDRESSES.ipv4}/80`,
    ]);
    assertEquals(container.code === 0, false);
    assertEquals(
      imds.requests.some(({ token, path }) => token === "" && !/token$/.test(path)),
      false,
    );
  },
);

annexTest(
  "a job on an annex instance runs, and cannot reach the metadata service",
  async (scene) => {
    const { manager } = scene;
    await boot(scene);
    await scene.startCondor();
    const home = "/home/alice";
    await manager!.write(`${home}/job.sh`, {
      text: `#!/bin/bash
id -u
for address in ${Object.values(IMDS_ADDRESSES).join(" ")}; do
  if exec 3<>/dev/tcp/$address/80; then echo reached; else echo refused; fi
done 2>/dev/null
hostname
`,
      mode: 0o755,
    });
    await manager!.write(
      `${home}/job.sub`,
      "executable = job.sh\noutput = out\nlog = log\nshould_transfer_files = yes\n" +
        "request_memory = 1\nrequest_disk = 1\nqueue\n",
    );
    await manager!.must(["/bin/chown", "-R", "alice:", home]);
    const [uid = ""] = (await manager!.must(["/usr/bin/id", "-u", "alice"])).split("\n");
    const submit = ["/usr/bin/env", "-C", home, "/usr/bin/condor_submit", "job.sub"];
    await until("the schedd to take the job", async () => {
      return (await manager!.run(submit, { uid: Number(uid) })).code === 0 || undefined;
    }, { seconds: 30 });
    const out = await until("the job's end", async () => {
      const log = await manager!.read(`${home}/log`);
      assertEquals(/^012 /m.test(log), false, log);
      return /^005 /m.test(log) ? await manager!.read(`${home}/out`) : undefined;
    }, { seconds: 60 });
    assertEquals(out.split("\n"), [
      `${NOBODY}`,
      "refused",
      "refused",
      "ip-10-77-0-2.ec2.internal",
      "",
    ]);
  },
  { hasPool: true },
);

annexTest(
  "condor-annex-ec2 start falls back to iptables, and makes it complete",
  async (scene) => {
    assertStringIncludes(await boot(scene), "");
    const state = JSON.parse(await scene.instance.read("/var/lib/condor-annex/state.json"));
    assertEquals([state.firewall.backend, state.firewall.verified], ["iptables", true]);
    assertEquals(await reaches(scene, IMDS_ADDRESSES.ipv4, NOBODY), false);
    assertEquals(await reaches(scene, IMDS_ADDRESSES.ipv6, NOBODY), false);
  },
  { without: ["/usr/sbin/nft"] },
);

annexTest(
  "condor-annex-ec2 start fails where the firewall's tools are missing, with no credentials asked for",
  async (scene) => {
    const { code, stdout, stderr } = await scene.annex("start");
    assertEquals([code, stdout], [1, FAILED]);
    assertMatch(stderr, /code=no-tool/);
    assertEquals(scene.imds.requests.filter(({ path }) => path.includes("/iam/")), []);
    assertEquals(await scene.instance.read("/etc/condor/tokens.d/foo_bar.user@pool"), "");
    assertEquals(await scene.powerOffs(), "");
  },
  { without: ["/usr/sbin/nft", "/usr/sbin/iptables"] },
);

annexTest(
  "condor-annex-ec2 start run again changes no byte, and leaves one firewall table",
  async (scene) => {
    await boot(scene);
    const first = await configuration(scene);
    assertMatch(first, /^\.\/passwords\.d 700 root root /m);
    assertMatch(first, /^\.\/tokens\.d\/foo_bar\.user@pool 600 root root /m);
    assertMatch(first, /^\.\/config\.d\/00ec2-dynamic\.config 644 root root /m);
    for (let run = 0; run < 2; run++) await boot(scene);
    assertEquals(await configuration(scene), first);
    const tables = await scene.instance.must(["/usr/sbin/nft", "list", "tables"]);
    assertEquals(tables, "table inet htcondor_annex\n");
  },
);

annexTest(
  "condor-annex-ec2 start after a reboot keeps what is installed when the archive is gone",
  async (scene) => {
    await boot(scene);
    const first = await configuration(scene);
    await scene.cloud.putArchive(undefined);
    await scene.instance.must(["/usr/sbin/nft", "flush", "ruleset"]);
    await boot(scene);
    assertEquals(await configuration(scene), first);
    assertEquals(await reaches(scene, IMDS_ADDRESSES.ipv4, NOBODY), false);
  },
);

annexTest(
  "condor-annex-ec2 start works with IPv6 alone, and HTCondor takes the empty public address",
  async (scene) => {
    await boot(scene);
    const config = await scene.instance.read("/etc/condor/config.d/49ec2-instance.config");
    assertMatch(config, /^EC2PublicIP =\s*$/m);
    const value = ["/usr/bin/condor_config_val", "QuotedEC2PublicIP"];
    assertEquals(await scene.instance.must(value), '""\n');
    assertEquals(await reaches(scene, IMDS_ADDRESSES.ipv6, 0), true);
    assertEquals(await reaches(scene, IMDS_ADDRESSES.ipv6, NOBODY), false);
  },
  { network: { ipv4: false }, publicIp: "" },
);

annexTest(
  "systemctl restart condor does not switch the instance off",
  async (scene) => {
    const { instance, manager } = scene;
    await boot(scene);
    await instance.write("/usr/bin/systemctl", {
      text: `#!/bin/sh
case $1 in
is-system-running) echo running ;;
list-jobs) echo "  812 condor.service restart running" ;;
esac
`,
      mode: 0o755,
    });
    await scene.startCondor();
    await until("the slot", () => slot(manager), { seconds: 60 });
    await instance.must(["/bin/sh", "-c", "kill -TERM $(pidof condor_master)"]);
    const said = await until("the master's last words", async () => {
      const text = await instance.read("/var/log/started");
      return text.includes("stays up") ? text : undefined;
    }, { seconds: 60 });
    assertStringIncludes(said, scene.cloud.instanceId);
    assertEquals(await scene.powerOffs(), "");
  },
  { hasPool: true },
);

annexTest(
  "condor-annex-ec2 spot-watch drains HTCondor when an interruption is announced, and restores the firewall",
  async (scene) => {
    const { instance, manager, imds } = scene;
    await boot(scene);
    await scene.startCondor();
    await until("the slot", () => slot(manager), { seconds: 60 });
    await instance.must(["/usr/sbin/nft", "flush", "ruleset"]);
    const time = new Date(Date.now() + 120_000).toISOString().replace(/\.\d+/, "");
    imds.plan.items["meta-data/spot/instance-action"] = JSON.stringify({
      action: "terminate",
      time,
    });
    imds.expireTokens();
    await instance.start(["/usr/libexec/condor/condor-annex-ec2", "spot-watch"]);
    const note = await until("the note of the interruption", async () => {
      const text = await instance.read("/run/condor-annex.interrupt");
      return text.includes('"by"') ? JSON.parse(text) : undefined;
    }, { seconds: 30 });
    assertEquals([note.action, note.by], ["terminate", "condor_drain"]);
    const log = await until("the end of the startd", async () => {
      const text = await instance.read("/var/log/condor/StartLog");
      return /EXITING WITH STATUS/.test(text) ? text : undefined;
    }, { seconds: 30 });
    assertStringIncludes(log, "Initiating graceful draining");
    assertEquals(await reaches(scene, IMDS_ADDRESSES.ipv4, NOBODY), false);
    assert(imds.requests.every(({ path, token }) => token !== "" || /token$/.test(path)));
  },
  { hasPool: true },
);
