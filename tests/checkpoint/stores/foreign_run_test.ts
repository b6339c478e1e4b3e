import { assert, assertEquals, assertRejects } from "@std/assert";
import { PosixError } from "../../../core/posix/error.ts";
import { OUTPUT_LIMIT } from "../../../core/checkpoint/stores/foreign_output.ts";
import { type PluginRun, runPlugin } from "../../../core/checkpoint/stores/foreign_run.ts";
import { ended, isAlive } from "../../posix/alive.ts";
import { FakeClock } from "../../transfer/fake_host.ts";
import { never, Workshop } from "./foreign_plugins.ts";

/** Starts a shell script as a plug-in. */
function start(script: string, options: Partial<PluginRun> = {}) {
  const clock = new FakeClock();
  const encoder = new TextEncoder();
  const end = runPlugin({
    argv: ["/bin/sh", "-c", script].map((word) => encoder.encode(word)),
    environment: { PATH: "/usr/bin:/bin" },
    timeout: 20,
    clock,
    signal: never(),
    ...options,
  });
  return { clock, end };
}

Deno.test("runPlugin() tells the wait status and what was said, and leaves no timer", async () => {
  const { clock, end } = start("echo out; echo err >&2; exit 3");
  assertEquals(await end, { how: "ended", status: 768, output: "out\nerr\n" });
  assertEquals([clock.slept, clock.pending], [[20_000], 0]);
});

Deno.test("runPlugin() gives a plug-in nothing to read", async () => {
  assertEquals(await start("cat; exit 0").end, { how: "ended", status: 0, output: "" });
});

Deno.test("runPlugin() kills a plug-in and its children after the time-out", async () => {
  await using shop = new Workshop();
  const ready = await shop.fifo("ready");
  const { clock, end } = start(
    `trap '' TERM INT HUP; sleep 60 & echo partial; echo $! > ${shop.path}/ready; wait`,
    { timeout: 2 },
  );
  const child = Number(await ready());
  await clock.advance(1999);
  assert(isAlive(child));
  await clock.advance(1);
  assertEquals(await end, { how: "timed out", output: "partial\n" });
  await ended(child);
  assertEquals(clock.pending, 0);
});

Deno.test("runPlugin() takes a plug-in for ended that leaves a child with its outputs", async () => {
  const { clock, end } = start("sleep 60 & echo $!");
  const how = await end;
  assert(how.how === "ended" && how.status === 0);
  assertEquals(clock.pending, 0);
  Deno.kill(Number(how.output), "SIGKILL");
});

Deno.test("runPlugin() starts nothing with a time-out of 0", async () => {
  await using shop = new Workshop();
  const { end } = start(`echo > ${shop.path}/started`, { timeout: 0 });
  assertEquals(await end, { how: "timed out", output: "" });
  assertEquals(shop.read("started"), "");
});

Deno.test("runPlugin() does not take a long time-out for a short one", async () => {
  const { clock, end } = start("exit 0", { timeout: 1e9 });
  await end;
  assertEquals(clock.slept, [2 ** 31 - 1]);
});

Deno.test("runPlugin() keeps the beginning of a gigabyte of output", async () => {
  const before = Deno.memoryUsage().rss;
  const { end } = start("head -c 1000000000 /dev/zero; exit 1");
  const how = await end;
  assert(how.how === "ended");
  assertEquals([how.status, how.output.length], [256, OUTPUT_LIMIT + 3]);
  assert(Deno.memoryUsage().rss - before < 100_000_000);
});

Deno.test("runPlugin() gives a plug-in one second when the clean-up is stopped", async () => {
  await using shop = new Workshop();
  const ready = await shop.fifo("ready");
  const stop = new AbortController();
  const { clock, end } = start(`echo $$ > ${shop.path}/ready; exec sleep 60`, {
    signal: stop.signal,
  });
  const pid = Number(await ready());
  stop.abort();
  await clock.advance(999);
  assert(isAlive(pid));
  await clock.advance(1);
  assertEquals(await end, { how: "abandoned" });
  await ended(pid);
  assertEquals(clock.pending, 0);
});

Deno.test("runPlugin() tells how a plug-in ended in the second after the stop", async () => {
  await using shop = new Workshop();
  const ready = await shop.fifo("ready");
  const go = await shop.fifo("go");
  assert(go);
  const stop = new AbortController();
  const { clock, end } = start(`cd ${shop.path}; echo > ready; read x < go; exit 5`, {
    signal: stop.signal,
  });
  await ready();
  stop.abort();
  await clock.advance(500);
  await Deno.writeTextFile(`${shop.path}/go`, "x\n");
  assertEquals(await end, { how: "ended", status: 5 << 8, output: "" });
  assertEquals(clock.pending, 0);
});

Deno.test("runPlugin() throws the error of what cannot be started", async () => {
  const argv = [new TextEncoder().encode("/nonexistent/plugin")];
  const error = await assertRejects(() => start("", { argv }).end, PosixError);
  assertEquals(error.code, "ENOENT");
});
