import { assertEquals } from "@std/assert";
import type { Tended } from "../../../core/credentials/monitor.ts";
import { Ledger } from "../../../core/credentials/daemon/ledger.ts";
import { type QueuedLook, Runner } from "../../../core/credentials/daemon/runner.ts";
import { FakeMonitor, FakeWorld, fresh, settle } from "./fakes.ts";

/** A runner of a monitor, and looks at credentials for it. */
function scene(monitor: FakeMonitor) {
  const world = new FakeWorld();
  const { clock, log } = world;
  const ledger = new Ledger({ clock, log });
  let idles = 0;
  const runner = new Runner(monitor, {
    store: world.files.store,
    clock,
    ledger,
    onIdle: () => idles++,
    onAgain: () => {},
  });
  const look = (user: string): QueuedLook => {
    const credential = { user, name: "a", top: { size: 1, mtime: 0, inode: 1n } };
    const record = ledger.recordOf(credential, monitor, 1);
    return { credential, record, monitor, listed: clock.monotonic() };
  };
  return { runner, look, clock, ledger, idles: () => idles };
}

Deno.test("Runner has no more in work than its monitor may, in the order given", async () => {
  const gates: (() => void)[] = [];
  const monitor = new FakeMonitor("X", {
    act: (_, { now }) => new Promise((resolve) => gates.push(() => resolve(fresh(now)))),
  });
  monitor.concurrency = 2;
  const { runner, look, idles } = scene(monitor);
  runner.replace(["a", "b", "c", "d"].map(look));
  runner.first(look("new"));
  await settle();
  assertEquals([monitor.asked, runner.load], [["a/a", "b/a"], { waiting: 3, active: 2 }]);
  gates[1]!();
  await settle();
  assertEquals(monitor.asked.at(-1), "new/a");
  for (const gate of [0, 2, 3, 4]) {
    gates[gate]!();
    await settle();
  }
  assertEquals(monitor.asked.slice(3), ["c/a", "d/a"]);
  assertEquals([runner.idle, idles()], [true, 1]);
  runner.close();
});

Deno.test("Runner never has a credential in work twice, nor looks at what is older than its last look", async () => {
  let end!: (tended: Tended) => void;
  const monitor = new FakeMonitor("X", { act: () => new Promise((resolve) => (end = resolve)) });
  const { runner, look, clock } = scene(monitor);
  const [one, two, three] = [look("alice"), look("alice"), look("alice")];
  runner.replace([one, two]);
  await settle();
  assertEquals(monitor.take(), ["alice/a"]);
  await clock.advance(5);
  end(fresh(clock.now()));
  await settle();
  runner.replace([three]);
  await settle();
  assertEquals(monitor.take(), []);
  await clock.advance(5);
  runner.replace([look("alice")]);
  await settle();
  assertEquals(monitor.take(), ["alice/a"]);
  runner.close();
});

Deno.test("retire() drops what waits, and lets the rest come to its end", async () => {
  let end!: (tended: Tended) => void;
  const monitor = new FakeMonitor("X", { act: () => new Promise((resolve) => (end = resolve)) });
  monitor.concurrency = 1;
  const { runner, look, clock, ledger } = scene(monitor);
  runner.replace([look("alice"), look("bob")]);
  await settle();
  runner.retire();
  const now = clock.now();
  end({ kind: "renewed", line: "done", expires: now + 1000, next: now + 500 });
  await settle();
  assertEquals([monitor.asked, runner.idle], [["alice/a"], true]);
  const renewed = [...ledger.records].map((record) => record.renewed);
  assertEquals(renewed, [now, undefined]);
  runner.close();
});

Deno.test("Runner gives other things their turn while it works without a pause", async () => {
  const monitor = new FakeMonitor("X");
  const { runner, look, clock } = scene(monitor);
  monitor.act = (_, { now }) => {
    // Each look takes six milliseconds.
    clock.skip(6);
    return fresh(now);
  };
  let turns = 0;
  const timer = setInterval(() => turns++, 0);
  runner.replace(Array.from({ length: 20 }, (_, i) => look(`u${i}`)));
  while (!runner.idle) await new Promise((resolve) => setTimeout(resolve, 0));
  clearInterval(timer);
  assertEquals([monitor.asked.length, turns >= 3], [20, true]);
  runner.close();
});
