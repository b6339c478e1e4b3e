/**
 * The units of `condor-annex-ec2` under a real systemd: nothing in the environment is believed, AWS is
 * reached by its own names over TLS, and HTCondor is started and stopped by its package's unit.
 */

import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { type Machine, STARTED_LOG } from "../servers/machine.ts";
import { until } from "./ads.ts";
import { type AnnexScene, missing, type SceneOptions, startScene } from "./annex_scene.ts";

const SYSTEMCTL = "/usr/bin/systemctl";
const FIREWALL = "condor-annex-firewall.service";
const BOOT = "condor-annex-ec2.service";
const WATCHER = "condor-annex-spot-watch.service";
const CONDOR = "condor.service";

function systemdTest(
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
      await scene.instance.must([SYSTEMCTL, "enable", FIREWALL, BOOT, CONDOR]);
      await fn(scene);
    },
  });
}

/** Properties of a unit. */
async function show(machine: Machine, unit: string, ...names: string[]): Promise<string[]> {
  const text = await machine.must([SYSTEMCTL, "show", unit, ...names.map((one) => `-p${one}`)]);
  const found = new Map(
    text.trim().split("\n").map((line) => line.split("=", 2) as [string, string]),
  );
  return names.map((name) => found.get(name) ?? "");
}

/** When units began to be active, in microseconds. */
async function began(machine: Machine, units: readonly string[]): Promise<number[]> {
  return await Promise.all(units.map(async (unit) => {
    const [time] = await show(machine, unit, "ActiveEnterTimestampMonotonic");
    return Number(time);
  }));
}

/** The machine's ad at the manager, and since when its startd runs. */
async function startd({ manager }: AnnexScene): Promise<number | undefined> {
  const words = ["/usr/bin/condor_status", "-af", "DaemonStartTime"];
  const { stdout } = await manager!.run(words);
  return stdout.trim() === "" ? undefined : Number(stdout.trim().split("\n")[0]);
}

systemdTest(
  "the units boot an instance, whose HTCondor can be restarted and whose end is HTCondor's",
  async (scene) => {
    const { instance, cloud } = scene;
    await instance.startSystemd();
    const times = await began(instance, [FIREWALL, BOOT, CONDOR]);
    assertEquals(times, times.toSorted((a, b) => a - b));
    assert(times.every((time) => time > 0));
    const first = await until("the startd", () => startd(scene), { seconds: 60 });
    const state = JSON.parse(await instance.read("/var/lib/condor-annex/state.json"));
    assertEquals([state.annexName, state.instanceId], ["foo_bar", cloud.instanceId]);

    await instance.must([SYSTEMCTL, "restart", CONDOR], { seconds: 60 });
    assertStringIncludes(await instance.read(STARTED_LOG), `Instance ${cloud.instanceId} stays up`);
    await until("another startd", async () => {
      const time = await startd(scene);
      return time !== undefined && time > first ? time : undefined;
    }, { seconds: 60 });
    assertEquals(await scene.powerOffs(), "");

    await instance.must(["/usr/sbin/condor_off", "-fast", "-master"]);
    await until("the power-off", async () => await scene.powerOffs() || undefined, { seconds: 60 });
    assertEquals(await scene.powerOffs(), "-h now\n");
    assertMatch(
      await instance.read(STARTED_LOG),
      /Z Instance i-\w+ shutting down for lack of work\.$/m,
    );
  },
  { hasPool: true },
);

systemdTest(
  "a machine that is switched off needs no second order to do so",
  async ({ instance, cloud }) => {
    await instance.startSystemd();
    // A master that has started nothing yet does not end in good order.
    await until("HTCondor's daemons", async () => {
      const text = await instance.read("/var/log/condor/MasterLog");
      return text.includes("all daemons were started") || undefined;
    }, { seconds: 60 });
    await instance.run([SYSTEMCTL, "poweroff", "--no-block"]);
    const said = await until("the master's last words", async () => {
      const text = await instance.remains(STARTED_LOG);
      return /Z Instance /.test(text) ? text : undefined;
    }, { seconds: 60 });
    assertStringIncludes(
      said,
      `Instance ${cloud.instanceId} shutting down because instance is being terminated.\n`,
    );
    assertEquals(await instance.remains("/var/log/power-off"), "");
  },
);

systemdTest(
  "HTCondor does not start on an instance without a firewall",
  async ({ instance, imds }) => {
    await instance.startSystemd({ mayFail: true });
    assertEquals(await show(instance, FIREWALL, "ActiveState", "Result"), ["failed", "exit-code"]);
    assertEquals(await show(instance, CONDOR, "ActiveState"), ["inactive"]);
    assertEquals(await show(instance, BOOT, "ActiveState"), ["inactive"]);
    assertEquals(imds.requests, []);
  },
  { without: ["/usr/sbin/nft", "/usr/sbin/iptables"] },
);

systemdTest(
  "elsewhere than on EC2 the units do nothing, and HTCondor starts",
  async ({ instance, imds }) => {
    await instance.startSystemd();
    assertEquals(await show(instance, CONDOR, "ActiveState"), ["active"]);
    assertEquals(await show(instance, FIREWALL, "ActiveState"), ["active"]);
    // Skipped is not failed (systemd.service(5), "ExecCondition=").
    assertEquals(await show(instance, BOOT, "ActiveState", "Result"), [
      "inactive",
      "exec-condition",
    ]);
    const tables = await instance.must(["/usr/sbin/nft", "list", "tables"]);
    assertEquals([tables.includes("htcondor_annex"), imds.requests], [false, []]);
  },
  { isEc2: false },
);

systemdTest(
  "the watcher's unit drains HTCondor when an interruption is announced",
  async (scene) => {
    const { instance, imds } = scene;
    await instance.must([SYSTEMCTL, "enable", WATCHER]);
    await instance.startSystemd();
    await until("the startd", () => startd(scene), { seconds: 60 });
    const time = new Date(Date.now() + 120_000).toISOString().replace(/\.\d+/, "");
    imds.plan.items["meta-data/spot/instance-action"] = JSON.stringify({ action: "stop", time });
    const log = await until("the end of the startd", async () => {
      const text = await instance.read("/var/log/condor/StartLog");
      return /EXITING WITH STATUS/.test(text) ? text : undefined;
    }, { seconds: 60 });
    assertStringIncludes(log, "Initiating graceful draining");
    const note = JSON.parse(await instance.read("/run/condor-annex.interrupt"));
    assertEquals([note.action, note.by], ["stop", "condor_drain"]);
    assertEquals(await show(instance, WATCHER, "ActiveState"), ["active"]);
    await instance.must([SYSTEMCTL, "stop", WATCHER]);
    assertEquals(await show(instance, WATCHER, "ActiveState", "Result"), ["inactive", "success"]);
  },
  { hasPool: true },
);
