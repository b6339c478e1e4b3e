import { assert, assertEquals, assertRejects } from "@std/assert";
import { SYSTEM_CLOCK } from "../core/clock.ts";

Deno.test("SYSTEM_CLOCK.sleep() ends by itself or with its signal's reason, and leaves no timer", async () => {
  const abort = new AbortController();
  await SYSTEM_CLOCK.sleep(0, abort.signal);
  const sleeping = SYSTEM_CLOCK.sleep(1e6, abort.signal);
  const reason = new RangeError("enough");
  abort.abort(reason);
  await assertRejects(() => sleeping, RangeError, "enough");
  await assertRejects(() => SYSTEM_CLOCK.sleep(0, abort.signal), RangeError, "enough");
});

Deno.test("SYSTEM_CLOCK.every() calls until it is stopped", async () => {
  let ticks = 0;
  await new Promise<void>((resolve) => {
    const stop = SYSTEM_CLOCK.every(0, () => {
      if (++ticks < 3) return;
      stop();
      resolve();
    });
  });
  assertEquals(ticks, 3);
});

Deno.test("SYSTEM_CLOCK tells time and chance within their bounds", () => {
  const before = SYSTEM_CLOCK.monotonic();
  assert(SYSTEM_CLOCK.monotonic() >= before);
  assert(Math.abs(SYSTEM_CLOCK.now() - Date.now()) < 60_000);
  const chance = SYSTEM_CLOCK.random();
  assert(chance >= 0 && chance < 1);
});

Deno.test("SYSTEM_CLOCK.sleep() takes times that are too long for one timer", async () => {
  const { setTimeout } = globalThis;
  const asked: number[] = [];
  globalThis.setTimeout = ((tick: () => void, ms: number) => {
    asked.push(ms);
    queueMicrotask(tick);
    return 0;
  }) as unknown as typeof setTimeout;
  try {
    await SYSTEM_CLOCK.sleep(2 ** 32, new AbortController().signal);
  } finally {
    globalThis.setTimeout = setTimeout;
  }
  assertEquals(asked, [2 ** 31 - 1, 2 ** 31 - 1, 2]);
});
