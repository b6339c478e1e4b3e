import { assert, assertEquals, assertRejects } from "@std/assert";
import { type Tended, TendFailure } from "../../../core/credentials/monitor.ts";
import { StoreError } from "../../../core/credentials/store/mod.ts";
import { FakeMonitor, FakeWorld, fresh, settle } from "./fakes.ts";

const HANGING = () => new Promise<Tended>(() => {});

Deno.test("run() looks at every credential at once, then sleeps and says so", async () => {
  await using world = new FakeWorld();
  world.files.add("alice/a");
  world.files.add("bob/a", { use: true });
  const monitor = new FakeMonitor("OAUTH");
  await world.start([monitor]);
  assertEquals([monitor.take(), world.completed, world.rests], [["alice/a", "bob/a"], [0], 1]);
  assertEquals(world.take(), ["Sleeping for 60 seconds unless interrupted"]);
  await world.clock.advance(59_999);
  assertEquals(monitor.take(), []);
  await world.clock.advance(1);
  assertEquals(monitor.take(), ["alice/a", "bob/a"]);
  assertEquals([monitor.begins, world.loop.scans], [2, 2]);
});

Deno.test("run() leaves alone what is no monitor's", async () => {
  await using world = new FakeWorld();
  world.files.add("alice/a");
  world.files.add("alice/z");
  const monitor = new FakeMonitor("OAUTH", { provider: "a" });
  await world.start([monitor]);
  assertEquals([monitor.asked, world.ledger.size], [["alice/a"], 1]);
});

Deno.test("run() begins with credentials without a file, then with what is most urgent", async () => {
  await using world = new FakeWorld();
  const monitor = new FakeMonitor("OAUTH");
  monitor.concurrency = 1;
  const due: Record<string, number> = { "a/x": 50_000, "b/x": 40_000, "c/x": 59_000 };
  monitor.act = (key, { now }) => fresh(now, world.clock.offset + (due[key] ?? 90_000));
  for (const key of Object.keys(due)) world.files.add(key, { use: true });
  await world.start([monitor]);
  assertEquals(world.take(), ["Sleeping for 40 seconds unless interrupted"]);
  monitor.take();
  world.files.add("z/new");
  await world.wake();
  assertEquals(monitor.take(), ["z/new", "b/x", "a/x", "c/x"]);
});

Deno.test("run() wakes at the earliest moment that a monitor names, but not all the time", async () => {
  await using world = new FakeWorld();
  world.files.add("alice/a", { use: true });
  let next = 7300;
  const monitor = new FakeMonitor("OAUTH", { act: (_, { now }) => fresh(now, now + next) });
  await world.start([monitor]);
  assertEquals(world.take(), ["Sleeping for 8 seconds unless interrupted"]);
  next = -5000;
  await world.clock.advance(7299);
  assertEquals(world.loop.scans, 1);
  await world.clock.advance(1);
  assertEquals(world.loop.scans, 2);
  await world.clock.advance(999);
  assertEquals(world.loop.scans, 2);
  await world.clock.advance(1);
  assertEquals(world.loop.scans, 3);
});

Deno.test("200 signals at once are at most three scans, and none is late", async () => {
  await using world = new FakeWorld();
  const monitor = new FakeMonitor("LOCAL", { local: true });
  await world.start([monitor]);
  await world.clock.advance(1000);
  for (let i = 0; i < 200; i++) world.loop.wake();
  await settle();
  assertEquals(world.loop.scans, 2, "the first begins at once");
  for (let i = 0; i < 200; i++) world.loop.wake();
  await world.clock.advance(44);
  assertEquals(world.loop.scans, 2);
  world.files.add("new/user");
  world.loop.wake();
  await world.clock.advance(1);
  assertEquals([world.loop.scans, monitor.asked], [3, ["new/user"]]);
  await world.clock.advance(1000);
  assertEquals(world.loop.scans, 3);
});

Deno.test("a new user is served at once while a long round goes on", async () => {
  await using world = new FakeWorld();
  for (let i = 0; i < 20; i++) world.files.add(`user${i}/a`, { use: true });
  const monitor = new FakeMonitor("OAUTH");
  monitor.concurrency = 2;
  const gates: (() => void)[] = [];
  monitor.act = (_, { now }) => new Promise((resolve) => gates.push(() => resolve(fresh(now))));
  await world.start([monitor]);
  assertEquals(monitor.take().length, 2);
  world.files.add("zoe/a");
  await world.wake();
  assertEquals(monitor.take(), [], "both places are taken");
  gates[0]!();
  await settle();
  assertEquals(monitor.take(), ["zoe/a"]);
  for (let i = 1; i < 21; i++) {
    gates[i]!();
    await settle();
  }
  assertEquals(monitor.take().length, 18, "each of the others once");
  assertEquals(world.loop.idle, true);
});

Deno.test("a monitor that hangs delays no other, and its credentials time out one by one", async () => {
  await using world = new FakeWorld();
  world.files.add("alice/net");
  world.files.add("alice/local");
  const network = new FakeMonitor("OAUTH", { provider: "net", act: HANGING });
  const local = new FakeMonitor("LOCAL", { provider: "local", local: true });
  await world.start([network, local]);
  assertEquals([local.take(), network.take()], [["alice/local"], ["alice/net"]]);
  for (let i = 0; i < 3; i++) {
    world.files.add(`user${i}/local`);
    await world.wake();
    assertEquals(local.take().includes(`user${i}/local`), true);
  }
  assertEquals(world.completed, []);
  await world.clock.advance(10_000);
  assertEquals(world.completed.length, 1, "CREDMON_COMPLETE comes after ten seconds");
  await world.clock.advance(10_000);
  assertEquals(world.lines.filter((line) => line.includes("ERROR")), [
    'ERROR: OAUTH: Failed to renew "alice/net": nothing came of it within 20 seconds',
  ]);
  assertEquals(network.take(), [], "it still hangs: not begun a second time");
  await world.clock.advance(300_000);
  assertEquals(network.take(), []);
});

Deno.test("what ends after its deadline counts after all", async () => {
  await using world = new FakeWorld();
  world.files.add("alice/a");
  let end!: (tended: Tended) => void;
  const monitor = new FakeMonitor("OAUTH", {
    act: () => new Promise((resolve) => (end = resolve)),
  });
  await world.start([monitor]);
  await world.clock.advance(20_000);
  const [record] = [...world.ledger.records];
  assertEquals(record!.failure?.code, "timeout");
  const now = world.clock.now();
  end({ kind: "renewed", line: "Late", next: now + 60_000, expires: now + 120_000 });
  await settle();
  assertEquals([record!.failure, record!.renewed], [undefined, now]);
  assert(world.lines.includes("OAUTH: Late"));
});

Deno.test("a deadline aborts the signal that the monitor was given", async () => {
  await using world = new FakeWorld();
  world.files.add("alice/a");
  const monitor = new FakeMonitor("OAUTH");
  monitor.act = (_, { signal }) =>
    new Promise((_, reject) => signal.addEventListener("abort", () => reject(signal.reason)));
  await world.start([monitor]);
  await world.clock.advance(20_000);
  const failures = world.take().filter((line) => line.startsWith("ERROR"));
  assertEquals([failures.length, world.loop.idle], [1, true]);
});

Deno.test("whatever one credential throws, the others are looked at", async () => {
  await using world = new FakeWorld();
  const thrown: readonly unknown[] = [
    new TendFailure("no-audience", "Failed to renew SciToken for user: u0: no audience"),
    new TypeError("x is undefined"),
    "a text",
    undefined,
    new StoreError("full", 'Cannot write "u4/a.use": No space left on device'),
  ];
  for (let i = 0; i < 20; i++) world.files.add(`u${i}/a`);
  const monitor = new FakeMonitor("OAUTH");
  monitor.act = (key, { now }) => {
    const i = Number(/\d+/.exec(key));
    if (i < thrown.length) throw thrown[i];
    return fresh(now);
  };
  await world.start([monitor]);
  assertEquals(monitor.take().length, 20);
  const records = [...world.ledger.records];
  assertEquals(records.filter(({ failure }) => failure === undefined).length, 15);
  assertEquals(
    records.flatMap(({ failure }) => failure === undefined ? [] : [failure.code]).toSorted(),
    ["full", "no-audience", "unexpected", "unexpected", "unexpected"],
  );
  assertEquals(world.lines.filter((line) => line.startsWith("ERROR: OAUTH: ")).toSorted(), [
    'ERROR: OAUTH: Cannot look after "u1/a": x is undefined',
    'ERROR: OAUTH: Cannot look after "u2/a": a text',
    'ERROR: OAUTH: Cannot look after "u3/a": undefined',
    'ERROR: OAUTH: Cannot write "u4/a.use": No space left on device',
    "ERROR: OAUTH: Failed to renew SciToken for user: u0: no audience",
  ]);
});

Deno.test("secrets in what is thrown reach neither the log nor what is remembered", async () => {
  await using world = new FakeWorld(["D_FULLDEBUG"]);
  const token = "eyJhbGciOiJFUzI1NiJ9.eyJzdWIiOiJhbGljZSJ9.c2lnbmF0dXJl";
  world.files.add("alice/a");
  world.files.add("bob/a");
  const monitor = new FakeMonitor("OAUTH", {
    act: (key) => {
      const text = `Server said ${token}\nrefresh_token=canary1234 ${"x".repeat(1000)}`;
      throw key === "bob/a" ? new TendFailure("server", text) : new Error(text);
    },
  });
  await world.start([monitor]);
  const kept = [...world.ledger.records].map(({ failure }) => failure!.text);
  const all = [...world.lines, ...kept].join("|");
  assertEquals([all.includes(token.slice(0, 20)), all.includes("canary")], [false, false]);
  for (const text of kept) assert(text.length < 600 && !text.includes("\n"));
});

Deno.test("what failed is left alone for a while, unless its files change", async () => {
  await using world = new FakeWorld();
  world.files.add("alice/a");
  const monitor = new FakeMonitor("OAUTH", {
    act: () => {
      throw new TendFailure("x", "Failed");
    },
  });
  await world.start([monitor]);
  await world.wake();
  assertEquals(monitor.take().length, 1, "within the first minute not again");
  await world.clock.advance(60_000);
  assertEquals(monitor.take().length, 1);
  await world.clock.advance(119_000);
  assertEquals(monitor.take().length, 0, "two minutes after the second failure");
  await world.clock.advance(2000);
  assertEquals(monitor.take().length, 1);
  world.files.add("alice/a");
  await world.wake();
  assertEquals(monitor.take().length, 1, "a new .top");
  assertEquals(world.lines.filter((line) => line.startsWith("ERROR")).length, 4, "each is said");
});

Deno.test("a failure that names the next try is tried then", async () => {
  await using world = new FakeWorld();
  world.files.add("alice/a");
  const monitor = new FakeMonitor("OAUTH");
  monitor.act = (_, { now }) => {
    throw new TendFailure("x", "Failed", { next: now + 5000 });
  };
  await world.start([monitor]);
  monitor.take();
  await world.clock.advance(4999);
  assertEquals(monitor.take(), []);
  await world.clock.advance(1);
  assertEquals(monitor.take(), ["alice/a"]);
});

Deno.test("a local failure is tried at each scan, but said when it changes, or once an hour", async () => {
  await using world = new FakeWorld();
  world.files.add("alice/a");
  let text = "No key";
  const monitor = new FakeMonitor("LOCAL", {
    local: true,
    act: () => {
      throw new TendFailure("no-key", text);
    },
  });
  await world.start([monitor]);
  await world.wake();
  await world.clock.advance(59 * 60_000);
  const said = () => world.take().filter((line) => line.startsWith("ERROR"));
  assertEquals([said(), monitor.take().length > 50], [["ERROR: LOCAL: No key"], true]);
  await world.clock.advance(2 * 60_000);
  assertEquals(said(), ["ERROR: LOCAL: No key"]);
  text = "No audience";
  await world.clock.advance(60_000);
  assertEquals(said(), ["ERROR: LOCAL: No audience"]);
});

Deno.test("a jump of the clock is said, and everything is looked at again", async () => {
  for (
    const [jump, words] of [[3_600_000, "forward by 3600"], [-7200_000, "back by 7200"]] as const
  ) {
    await using world = new FakeWorld();
    world.files.add("alice/a");
    const monitor = new FakeMonitor("OAUTH", {
      act: () => {
        throw new TendFailure("x", "Failed", { next: Infinity });
      },
    });
    await world.start([monitor]);
    await world.clock.advance(120_000);
    assertEquals(monitor.take().length, 1);
    world.clock.offset += jump;
    await world.clock.advance(60_000);
    assertEquals(monitor.take().length, 1);
    const warning = world.lines.filter((line) => line.startsWith("WARNING"));
    assertEquals(warning, [
      `WARNING: The clock jumped ${words} seconds; looking at every credential again`,
    ]);
  }
});

Deno.test("a credential that changes while it is in work is looked at once more", async () => {
  await using world = new FakeWorld();
  world.files.add("alice/a");
  const gates: (() => void)[] = [];
  const monitor = new FakeMonitor("OAUTH");
  monitor.act = (_, { now }) => new Promise((resolve) => gates.push(() => resolve(fresh(now))));
  await world.start([monitor]);
  world.files.add("alice/a");
  await world.wake();
  assertEquals(monitor.take().length, 1);
  gates[0]!();
  await world.clock.advance(50);
  assertEquals(monitor.take().length, 1);
  gates[1]!();
  await world.clock.advance(1000);
  assertEquals(monitor.take().length, 0);
});

Deno.test("a credential that went away is forgotten", async () => {
  await using world = new FakeWorld();
  world.files.add("alice/a");
  world.files.add("bob/a");
  const monitor = new FakeMonitor("OAUTH", { act: () => ({ kind: "gone" }) });
  await world.start([monitor]);
  world.files.files.delete("alice/a");
  await world.wake();
  assertEquals([...world.ledger.records].map(({ user }) => user), ["bob"]);
});

Deno.test("a directory that cannot be listed is listed again, and nothing is forgotten", async () => {
  await using world = new FakeWorld();
  world.files.add("alice/a", { use: true });
  const monitor = new FakeMonitor("OAUTH");
  await world.start([monitor]);
  world.files.failure = new StoreError("failed", "Cannot list: Input/output error");
  await world.wake();
  assertEquals([world.ledger.size, world.lines.at(-2)], [
    1,
    "ERROR: Cannot list credentials: Cannot list: Input/output error",
  ]);
  world.files.failure = undefined;
  await world.clock.advance(60_000);
  assertEquals(monitor.take().length, 2);
});

Deno.test("run() ends when the directory was replaced", async () => {
  await using world = new FakeWorld();
  world.files.add("alice/a");
  world.files.failure = new StoreError("replaced", "Another directory");
  await world.start([new FakeMonitor("OAUTH")]);
  await assertRejects(() => world.running, StoreError, "Another directory");
});

Deno.test("a signal serves first, then reads the configuration, then scans anew", async () => {
  await using world = new FakeWorld();
  world.files.add("alice/old");
  const steps: string[] = [];
  const seen = (label: string, provider: string) =>
    new FakeMonitor(label, {
      local: true,
      provider,
      act: (key, { now }) => {
        steps.push(`${label} ${key}`);
        return fresh(now);
      },
    });
  let loads = 0;
  await world.start([seen("ONE", "old")], {
    reload: () => {
      steps.push("reload");
      return Promise.resolve(++loads === 1 ? [seen("TWO", "")] : undefined);
    },
  });
  assertEquals(steps.splice(0), ["ONE alice/old"], "nothing is read without a signal");
  world.files.add("bob/new");
  await world.wake();
  await world.clock.advance(50);
  assertEquals(steps.splice(0), ["ONE alice/old", "reload", "TWO alice/old", "TWO bob/new"]);
  await world.wake();
  assertEquals(steps.splice(0), ["TWO alice/old", "TWO bob/new", "reload"]);
});

Deno.test("the configuration is not read before whoever the signal is for was served", async () => {
  await using world = new FakeWorld();
  world.files.add("alice/net");
  let end!: (tended: Tended) => void;
  const network = new FakeMonitor("OAUTH", {
    provider: "net",
    act: () => new Promise((resolve) => (end = resolve)),
  });
  const local = new FakeMonitor("LOCAL", { provider: "local", local: true });
  const steps: unknown[] = [];
  await world.start([network, local], {
    reload: () => {
      steps.push(local.take());
      return Promise.resolve(undefined);
    },
  });
  await world.clock.advance(10);
  world.files.add("bob/local");
  world.loop.wake();
  end(fresh(world.clock.now()));
  await settle();
  assertEquals(steps, [], "the scan is due in a moment");
  await world.clock.advance(50);
  assertEquals(steps, [["bob/local"]]);
});

Deno.test("signals while the configuration is read are served, and have it read once more", async () => {
  await using world = new FakeWorld();
  const monitor = new FakeMonitor("LOCAL", { local: true });
  const gates: (() => void)[] = [];
  await world.start([monitor], {
    reload: () => new Promise((resolve) => gates.push(() => resolve(undefined))),
  });
  await world.wake();
  assertEquals(gates.length, 1);
  world.files.add("alice/a");
  await world.wake();
  assertEquals([gates.length, monitor.take()], [1, ["alice/a"]]);
  gates[0]!();
  await settle();
  assertEquals(gates.length, 2);
  gates[1]!();
  await world.clock.advance(1000);
  assertEquals(gates.length, 2);
});

Deno.test("a reload that throws is said, and the old monitors go on", async () => {
  await using world = new FakeWorld();
  world.files.add("alice/a");
  const monitor = new FakeMonitor("LOCAL", { local: true });
  await world.start([monitor], { reload: () => Promise.reject(new Error("Bad line")) });
  await world.wake();
  await world.wake();
  assertEquals(monitor.take().length, 3);
  assert(world.lines.includes("ERROR: Cannot read the configuration again: Bad line"));
});

Deno.test("a long round gives a sign of life", async () => {
  await using world = new FakeWorld();
  for (let i = 0; i < 9; i++) world.files.add(`u${i}/a`);
  const monitor = new FakeMonitor("OAUTH", { act: HANGING });
  monitor.deadline = 600_000;
  await world.start([monitor]);
  await world.clock.advance(130_000);
  const signs = world.take().filter((line) => line.startsWith("Still"));
  const sign = "Still at work: 4 credentials in work, 5 waiting";
  assertEquals(signs, [sign, sign]);
});

Deno.test("stopping aborts what is in work, begins nothing more, and leaves no timer", async () => {
  const world = new FakeWorld();
  for (let i = 0; i < 9; i++) world.files.add(`u${i}/a`);
  const monitor = new FakeMonitor("OAUTH");
  const reasons: unknown[] = [];
  monitor.act = (_, { signal }) =>
    new Promise((_, reject) =>
      signal.addEventListener("abort", () => {
        reasons.push(signal.reason);
        reject(signal.reason);
      })
    );
  await world.start([monitor]);
  world.stop.abort();
  await world.running;
  assertEquals(await world.loop.drain(1500), true);
  assertEquals([monitor.asked.length, reasons.length, world.clock.timers], [4, 4, 0]);
  assertEquals(world.lines, [], "a stop is no failure");
});

Deno.test("drain() waits no longer than it is told to for what hangs", async () => {
  const world = new FakeWorld();
  world.files.add("alice/a");
  await world.start([new FakeMonitor("OAUTH", { act: HANGING })]);
  world.stop.abort();
  await world.running;
  const drained = world.loop.drain(1500);
  await world.clock.advance(1500);
  assertEquals([await drained, world.clock.timers], [false, 0]);
});

Deno.test("10,000 credentials of which none is due are one quick scan", async () => {
  await using world = new FakeWorld();
  for (let i = 0; i < 10_000; i++) world.files.add(`u${i}/a`, { use: true });
  const monitor = new FakeMonitor("LOCAL", { local: true });
  monitor.concurrency = 16;
  await world.start([monitor]);
  monitor.asked = [];
  const before = performance.now();
  await world.wake();
  const took = performance.now() - before;
  assertEquals(monitor.asked.length, 10_000);
  assert(took < 2000, `${took} ms`);
});

Deno.test("run() looks every second for as long as signals may be lost, and says nothing of it", async () => {
  await using world = new FakeWorld();
  const monitor = new FakeMonitor("LOCAL", { local: true });
  await world.start([monitor], { settling: 25_000 });
  assertEquals(world.take(), ["Sleeping for 60 seconds unless interrupted"]);
  await world.clock.advance(3500);
  assertEquals([world.loop.scans, world.take()], [4, []]);
  // A user for whom no signal comes.
  world.files.add("new/user");
  await world.clock.advance(500);
  assertEquals(monitor.take(), ["new/user"]);
  world.loop.wake();
  await world.clock.advance(50);
  assertEquals(world.take().at(-1), "Sleeping for 60 seconds unless interrupted");
  await world.clock.advance(25_000);
  const { scans } = world.loop;
  // The last of these looks is the first of the usual ones.
  assertEquals(world.take(), ["Sleeping for 60 seconds unless interrupted"]);
  await world.clock.advance(55_000);
  assertEquals(world.loop.scans, scans);
  await world.clock.advance(6000);
  assertEquals(world.loop.scans, scans + 1);
  assertEquals(world.take(), ["Sleeping for 60 seconds unless interrupted"]);
});
