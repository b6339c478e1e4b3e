import { assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { AnnexError } from "../../../core/annex/errors.ts";
import { DEFAULT_SETTINGS } from "../../../core/annex/settings.ts";
import { SpotWatch } from "../../../core/annex/spot/watch.ts";
import type { Tool } from "../../../core/annex/tools.ts";
import { ends, type FakeTool, TestClock, TestHost, type TestHostOptions } from "../test_host.ts";

const ACTION = "meta-data/spot/instance-action";
const REBALANCE = "meta-data/events/recommendations/rebalance";
const INTERRUPT = "/run/condor-annex.interrupt";
const CONFIG = "/etc/condor/config.d/49ec2-rebalance.config";
const START = Date.UTC(2026, 10, 1);
const DRAIN =
  "condor_drain -graceful -exit-on-completion -reason spot interruption -start False ip-10-0-0-7";
const GRACEFUL = "condor_off -graceful -startd";
const OFF = "condor_off -fast -startd";

interface Scene extends Disposable {
  readonly host: TestHost;
  readonly clock: TestClock;
  readonly watch: SpotWatch;
  /** What the metadata service has; an error for one that does not answer. */
  items: Record<string, string> | Error;
  /** What the firewall does when it is looked after. */
  firewall: () => Promise<boolean>;
  readonly control: AbortController;
  /** Programs of HTCondor that were started. */
  commands(): string[];
  /** Looks for so many seconds. */
  pass(seconds: number): Promise<void>;
}

function makeScene(options: TestHostOptions & { advertise?: boolean } = {}): Scene {
  const clock = new TestClock(START);
  const control = new AbortController();
  const condor: Partial<Record<Tool, FakeTool>> = {
    condor_drain: ends(0),
    condor_off: ends(0),
    condor_reconfig: ends(0),
  };
  const host = new TestHost({
    clock,
    signal: control.signal,
    ...options,
    tools: { ...condor, ...options.tools },
    files: { "/proc/sys/kernel/hostname": "ip-10-0-0-7\n", ...options.files },
  });
  const scene: Scene = {
    host,
    clock,
    control,
    items: {} as Scene["items"],
    firewall: () => Promise.resolve(false),
    watch: new SpotWatch(host, {
      settings: { ...DEFAULT_SETTINGS, advertise_cloud_attributes: options.advertise ?? true },
      metadata: {
        get: (path) =>
          scene.items instanceof Error
            ? Promise.reject(scene.items)
            : Promise.resolve(scene.items[path]),
      },
      firewall: { check: () => scene.firewall() },
    }),
    commands: () => host.started.map(({ tool, args }) => [tool, ...args].join(" ")),
    async pass(seconds: number) {
      for (let passed = 0; passed < seconds; passed += 5) {
        await scene.watch.look();
        clock.time += 5000;
      }
    },
    [Symbol.dispose]: () => host[Symbol.dispose](),
  };
  return scene;
}

function notice(seconds: number, action = "terminate"): Record<string, string> {
  const time = new Date(START + seconds * 1000).toISOString().replace(".000", "");
  return { [ACTION]: JSON.stringify({ action, time }) };
}

Deno.test("SpotWatch does nothing as long as nothing is announced", async () => {
  using scene = makeScene();
  await scene.pass(600);
  assertEquals([scene.commands(), scene.host.notes], [[], []]);
});

Deno.test("SpotWatch drains the machine once when an interruption is announced", async () => {
  for (const action of ["terminate", "stop", "hibernate"]) {
    using scene = makeScene();
    scene.items = notice(120, action);
    await scene.pass(60);
    assertEquals(scene.commands(), [DRAIN]);
    assertEquals(JSON.parse(scene.host.read(INTERRUPT)), {
      action,
      time: "2026-11-01T00:02:00.000Z",
      by: "condor_drain",
    });
  }
});

Deno.test("SpotWatch writes the notice down before it vacates", async () => {
  let seen: unknown;
  using scene = makeScene({
    tools: {
      condor_drain: () => {
        seen = JSON.parse(scene.host.read(INTERRUPT));
        return { code: 0, stdout: "", stderr: "" };
      },
    },
  });
  scene.items = notice(120);
  await scene.watch.look();
  assertEquals(seen, { action: "terminate", time: "2026-11-01T00:02:00.000Z" });
});

Deno.test("SpotWatch evicts at once where less than 30 seconds are left", async () => {
  for (const [seconds, command] of [[30, DRAIN], [29, OFF], [0, OFF], [-60, OFF]] as const) {
    using scene = makeScene();
    scene.items = notice(seconds);
    await scene.pass(20);
    assertEquals([seconds, scene.commands()], [seconds, [command]]);
  }
});

Deno.test("SpotWatch tries again while draining fails, and evicts when time runs out", async () => {
  const fails = ends(1, "", "Failed to\nconnect");
  const condor_off: FakeTool = (options) =>
    options.args[0] === "-fast" ? { code: 0, stdout: "", stderr: "" } : fails(options);
  using scene = makeScene({ tools: { condor_drain: fails, condor_off } });
  scene.items = notice(40);
  await scene.pass(60);
  assertEquals(scene.commands(), [DRAIN, GRACEFUL, DRAIN, GRACEFUL, DRAIN, GRACEFUL, OFF]);
  assertStringIncludes(scene.host.notes.join("\n"), 'said="Failed to connect"');
});

Deno.test("SpotWatch gives HTCondor's commands no more than a third of the time that is left", async () => {
  for (const [left, limit] of [[120, 20_000], [45, 15_000], [10, 5000], [-60, 5000]] as const) {
    using scene = makeScene();
    scene.items = notice(left);
    await scene.watch.look();
    assertEquals(scene.host.started.map(({ timeoutMs }) => timeoutMs), [limit]);
  }
});

Deno.test("SpotWatch takes a notice without a time for two minutes", async () => {
  using scene = makeScene({ tools: { condor_drain: ends(1), condor_off: ends(1) } });
  scene.items = { [ACTION]: "{}" };
  await scene.pass(150);
  assertEquals(scene.commands().filter((command) => command === DRAIN).length, 19);
  assertEquals(scene.commands().at(-1), OFF);
});

Deno.test("SpotWatch vacates by the local master where draining fails or the machine has no name", async () => {
  using scene = makeScene({ tools: { condor_drain: ends(1, "", "ERROR: unknown host ip") } });
  scene.items = notice(120);
  await scene.pass(60);
  assertEquals(scene.commands(), [DRAIN, GRACEFUL]);
  assertEquals(JSON.parse(scene.host.read(INTERRUPT)).by, "condor_off");

  for (const name of ["", "-x", "a b", `${"x".repeat(300)}`]) {
    using scene = makeScene({ files: { "/proc/sys/kernel/hostname": name } });
    scene.items = notice(120);
    await scene.pass(10);
    assertEquals(scene.commands(), [GRACEFUL]);
  }
});

Deno.test("SpotWatch does not drain again after it was restarted", async () => {
  using scene = makeScene();
  scene.items = notice(120);
  await scene.watch.look();
  using next = makeScene({ files: { [INTERRUPT]: scene.host.read(INTERRUPT) } });
  next.items = scene.items;
  await next.pass(20);
  assertEquals(next.commands(), []);
  // Another notice is another matter.
  next.items = notice(300, "stop");
  await next.pass(20);
  assertEquals(next.commands(), [DRAIN]);
});

Deno.test("SpotWatch drains though the note of the last time is broken, unsafe or cannot be written", async (t) => {
  const write = (host: TestHost) => host.write(INTERRUPT, "{}", 0o666);
  const cases: Record<string, (host: TestHost) => void> = {
    "no JSON": (host) => host.write(INTERRUPT, "{"),
    "null": (host) => host.write(INTERRUPT, "null"),
    "writable by others": write,
    "a directory": (host) => host.makeDir(`${INTERRUPT}/below`),
    "no directory for it": (host) => Deno.removeSync(`${host.root}/run`),
  };
  for (const [name, prepare] of Object.entries(cases)) {
    await t.step(name, async () => {
      using scene = makeScene();
      prepare(scene.host);
      scene.items = notice(120);
      await scene.pass(20);
      assertEquals(scene.commands(), [DRAIN]);
    });
  }
});

Deno.test("SpotWatch advertises a recommendation and takes it back", async () => {
  using scene = makeScene();
  scene.items = { [REBALANCE]: '{"noticeTime": "2026-11-01T00:00:00Z"}' };
  await scene.pass(60);
  assertEquals(scene.commands(), ["condor_reconfig -startd"]);
  assertMatch(
    scene.host.read(CONFIG),
    new RegExp(
      "^# Written by condor-annex-ec2 [^\\n]*\\n" +
        "CloudRebalanceRecommended = True\\n" +
        `CloudRebalanceTime = ${START / 1000}\\n` +
        "STARTD_ATTRS = \\$\\(STARTD_ATTRS\\) CloudRebalanceRecommended CloudRebalanceTime\\n$",
    ),
  );
  scene.items = {};
  await scene.pass(60);
  assertEquals(scene.commands().length, 2);
  assertEquals(await Deno.stat(scene.host.root + CONFIG).catch(() => "gone"), "gone");
});

Deno.test("SpotWatch takes no recommendation for an interruption, and none where nothing is advertised", async () => {
  using scene = makeScene({ advertise: false });
  scene.items = { [REBALANCE]: "{}" };
  await scene.pass(60);
  assertEquals(scene.commands(), []);
  using careless = makeScene({ tools: { condor_reconfig: ends(1) } });
  careless.items = { [REBALANCE]: "{}" };
  await careless.pass(30);
  assertEquals(careless.commands(), ["condor_reconfig -startd"]);
  assertStringIncludes(careless.host.read(CONFIG), "STARTD_ATTRS) CloudRebalanceRecommended\n");
});

Deno.test("SpotWatch looks after the firewall every minute, and first of all", async () => {
  using scene = makeScene();
  const at: number[] = [];
  scene.firewall = () => {
    at.push(scene.clock.monotonic() / 1000);
    return Promise.resolve(false);
  };
  await scene.pass(185);
  assertEquals(at, [0, 60, 120, 180]);
});

Deno.test("SpotWatch sees interruptions though the firewall fails, and says once what fails", async () => {
  using scene = makeScene();
  scene.firewall = () =>
    Promise.reject(new AnnexError("Cannot keep jobs out", { code: "firewall-leak" }));
  scene.items = notice(600);
  await scene.pass(300);
  assertEquals(scene.commands(), [DRAIN]);
  const about = () => scene.host.notes.filter((note) => note.includes("the firewall"));
  assertEquals(about(), ['Cannot look after the firewall reason="Cannot keep jobs out"']);
  scene.firewall = () => Promise.resolve(true);
  await scene.pass(60);
  assertEquals(about().at(-1), "Looking after the firewall again");
});

Deno.test("SpotWatch goes on when the metadata service does not answer", async () => {
  using scene = makeScene();
  scene.items = new Error("no answer");
  await scene.pass(60);
  assertEquals(scene.host.notes.length, 2);
  scene.items = notice(180);
  await scene.pass(20);
  assertEquals(scene.commands(), [DRAIN]);
});

Deno.test("SpotWatch.run() looks every five seconds until it is told to stop", async () => {
  using scene = makeScene();
  scene.clock.onSleep = (elapsed) => {
    if (elapsed >= 30_000) scene.control.abort(new Error("stopped"));
  };
  assertEquals(await scene.watch.run(), 0);
  assertEquals(scene.clock.sleeps, [5000, 5000, 5000, 5000, 5000, 5000]);
});
