import { assert, assertEquals, assertRejects } from "@std/assert";
import { AnnexError } from "../../core/annex/errors.ts";
import { takeLock } from "../../core/annex/lock.ts";
import { TestClock, TestHost } from "./test_host.ts";

const LOCK_FILE = "/run/condor-annex.lock";

Deno.test("takeLock() takes a lock that nobody holds, and leaves the file", async () => {
  using host = new TestHost();
  for (let i = 0; i < 2; i++) {
    await using lock = await takeLock(host);
    assert(lock);
    assertEquals(host.read(LOCK_FILE), `${Deno.pid}\n`);
  }
  assertEquals(Deno.statSync(host.root + LOCK_FILE).mode! & 0o7777, 0o600);
});

Deno.test("takeLock() does not mind what a run that was killed left", async () => {
  using host = new TestHost({ files: { [LOCK_FILE]: "999999999\nlonger than before\n" } });
  await using lock = await takeLock(host);
  assert(lock);
  assertEquals(host.read(LOCK_FILE), `${Deno.pid}\n`);
});

Deno.test("takeLock() waits for 10 s for another run", async () => {
  const clock = new TestClock();
  using host = new TestHost({ clock });
  await using held = await takeLock(host);
  assert(held);
  assertEquals(await takeLock(host), undefined);
  assertEquals(clock.monotonic(), 10_000);
});

Deno.test("takeLock() takes over when the other run ends in time", async () => {
  const clock = new TestClock();
  using host = new TestHost({ clock });
  const held = await takeLock(host);
  clock.onSleep = async (elapsed) => {
    if (elapsed === 3000) await held?.[Symbol.asyncDispose]();
  };
  await using lock = await takeLock(host);
  assert(lock);
  assertEquals(clock.monotonic(), 3000);
});

Deno.test("takeLock() ends its wait when all work is to end", async () => {
  const stop = new AbortController();
  const clock = new TestClock();
  using host = new TestHost({ clock, signal: stop.signal });
  await using held = await takeLock(host);
  assert(held);
  clock.onSleep = () => stop.abort(new Error("stopped"));
  await assertRejects(() => takeLock(host), Error, "stopped");
});

Deno.test("takeLock() follows no link", async () => {
  using host = new TestHost({ files: { "/outside": "stays" } });
  Deno.symlinkSync(`${host.root}/outside`, host.root + LOCK_FILE);
  const error = await assertRejects(() => takeLock(host), AnnexError);
  assertEquals([error.code, host.read("/outside")], ["unsafe-file", "stays"]);
});

Deno.test("takeLock() is let go of when its holder is killed", async () => {
  using host = new TestHost();
  const module = new URL("../../core/annex/lock.ts", import.meta.url);
  const code = `
    import { takeLock } from ${JSON.stringify(module.href)};
    const clock = { monotonic: () => 0, sleep: () => Promise.resolve() };
    const held = await takeLock({ root: ${JSON.stringify(host.root)}, clock });
    console.log(held === undefined ? "not held" : "held");
    setInterval(() => {}, 1000);
  `;
  const child = new Deno.Command(Deno.execPath(), {
    args: [
      "run",
      "--quiet",
      "--no-check",
      "-A",
      `data:text/typescript,${encodeURIComponent(code)}`,
    ],
    stdout: "piped",
    stderr: "inherit",
  }).spawn();
  const reader = child.stdout.pipeThrough(new TextDecoderStream()).getReader();
  assertEquals((await reader.read()).value, "held\n");
  assertEquals(await takeLock(host), undefined);
  child.kill("SIGKILL");
  await child.status;
  await reader.cancel();
  await using lock = await takeLock(host);
  assert(lock);
});
