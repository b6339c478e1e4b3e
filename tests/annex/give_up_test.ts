import { assertEquals, assertRejects } from "@std/assert";
import fc from "fast-check";
import { ImdsError } from "../../core/aws/mod.ts";
import { AnnexError } from "../../core/annex/errors.ts";
import {
  FAILURE_PAUSES,
  GiveUpClock,
  METADATA_PAUSES,
  TAG_PAUSES,
} from "../../core/annex/give_up.ts";
import { TestClock, TestHost } from "./test_host.ts";

const later = (code = "later", retryAfter = 0) =>
  new AnnexError("Cannot x: not yet", { code, retryable: true, retryAfter });
const fail = (error: Error) => () => Promise.reject(error);
const seconds = (clock: TestClock) => clock.sleeps.map((ms) => ms / 1000);

Deno.test("retry() gives up when the time is over and never sleeps past its end", async () => {
  const clock = new TestClock();
  clock.chance = 1;
  using host = new TestHost({ clock });
  const time = new GiveUpClock(host, 3000);
  let count = 0;
  const attempt = () => {
    count++;
    return Promise.reject(later());
  };
  const error = await assertRejects(() => time.retry(attempt, { action: "a" }), AnnexError);
  assertEquals(error.code, "later");
  assertEquals([time.isOver, clock.monotonic()], [true, 3_000_000]);
  assertEquals(seconds(clock).slice(0, 8), [1, 2, 4, 8, 16, 30, 30, 30]);
  assertEquals(count, clock.sleeps.length + 1);
});

Deno.test("retry() draws each pause between half and the whole", async () => {
  for (const [chance, drawn] of [[0, [0.5, 1, 2, 4]], [0.5, [0.75, 1.5, 3, 6]]] as const) {
    const clock = new TestClock();
    clock.chance = chance;
    using host = new TestHost({ clock });
    const run = () => new GiveUpClock(host, 3000).retry(fail(later()), { action: "", attempts: 5 });
    await assertRejects(run, AnnexError);
    assertEquals(seconds(clock), drawn as unknown as number[]);
  }
});

Deno.test("retry() waits for tags and for the metadata service in their own ways", async () => {
  for (
    const [pauses, expected] of [
      [TAG_PAUSES, [5, 10, 20, 30, 30]],
      [METADATA_PAUSES, [0.2, 0.4, 0.8, 1.6, 3.2, 5, 5]],
      [() => FAILURE_PAUSES, [1, 2, 4]],
    ] as const
  ) {
    const clock = new TestClock();
    clock.chance = 1;
    using host = new TestHost({ clock });
    const attempts = expected.length + 1;
    const run = () =>
      new GiveUpClock(host, 3000).retry(fail(later()), { action: "", pauses, attempts });
    await assertRejects(run, AnnexError);
    assertEquals(seconds(clock), expected as unknown as number[]);
  }
});

Deno.test("the time is one for all steps", async () => {
  const clock = new TestClock();
  using host = new TestHost({ clock });
  const time = new GiveUpClock(host, 100);
  clock.time += 99_000;
  let count = 0;
  const run = () =>
    time.retry(() => {
      count++;
      return Promise.reject(later());
    }, { action: "" });
  await assertRejects(run, AnnexError);
  assertEquals(clock.monotonic(), 100_000);
  assertEquals(count, clock.sleeps.length + 1);
  await assertRejects(run, AnnexError);
  assertEquals(clock.monotonic(), 100_000);
});

Deno.test("shorten() ends the time earlier, and never later", async () => {
  const clock = new TestClock();
  using host = new TestHost({ clock });
  const time = new GiveUpClock(host, 100);
  clock.time += 10_000;
  time.shorten(20);
  time.shorten(70);
  await assertRejects(() => time.retry(fail(later()), { action: "" }), AnnexError);
  assertEquals([clock.monotonic(), time.isOver], [30_000, true]);
});

Deno.test("retry() ends an attempt that goes on when the time is over", async () => {
  const clock = new TestClock();
  using host = new TestHost({ clock });
  const time = new GiveUpClock(host, 0.02, { leastMs: 0 });
  const stuck = (signal: AbortSignal) =>
    new Promise<never>((_, reject) => {
      signal.addEventListener("abort", () => {
        clock.time += 20;
        reject(signal.reason);
      });
    });
  const error = await assertRejects(
    () => time.retry(stuck, { action: "Cannot x" }),
    AnnexError,
    "Cannot x: it was not done when the time was over",
  );
  assertEquals([error.code, error.retryable, time.isOver], ["no-answer", true, true]);
});

Deno.test("retry() leaves a service alone for as long as it wants, within the time", async () => {
  const clock = new TestClock();
  using host = new TestHost({ clock });
  const run = () =>
    new GiveUpClock(host, 100).retry(fail(later("x", 70)), { action: "", attempts: 3 });
  await assertRejects(run, AnnexError);
  assertEquals(seconds(clock), [70, 30]);
});

Deno.test("retry() passes on at once what is final, and what it does not know", async () => {
  for (const error of [new AnnexError("x", { code: "final" }), new TypeError("x")]) {
    const clock = new TestClock();
    using host = new TestHost({ clock });
    await assertRejects(
      () => new GiveUpClock(host, 3000).retry(fail(error), { action: "" }),
      error.constructor as typeof Error,
    );
    assertEquals(clock.sleeps, []);
  }
});

Deno.test("retry() returns what an attempt gives, and logs each failure before", async () => {
  const clock = new TestClock();
  using host = new TestHost({ clock });
  let count = 0;
  const value = await new GiveUpClock(host, 3000).retry(() => {
    if (++count < 3) return Promise.reject(new ImdsError("unavailable", "Cannot get x: 503"));
    return Promise.resolve("value");
  }, { action: "Cannot x" });
  assertEquals(value, "value");
  assertEquals(host.notes, [
    "Cannot get x: 503 event=retry code=imds-unavailable attempt=1 elapsed=0 pause=0.8",
    "Cannot get x: 503 event=retry code=imds-unavailable attempt=2 elapsed=1 pause=1.5",
  ]);
});

Deno.test("retry() ends with the host's signal, also in a pause", async () => {
  const stop = new AbortController();
  const clock = new TestClock();
  clock.onSleep = () => stop.abort(new Error("stopped"));
  using host = new TestHost({ clock, signal: stop.signal });
  const run = () => new GiveUpClock(host, 3000).retry(fail(later()), { action: "" });
  await assertRejects(run, Error, "stopped");
});

Deno.test("retry() takes no longer than it may, whatever chance and services say", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.integer({ min: 0, max: 5000 }),
      fc.double({ min: 0, max: 0.999, noNaN: true }),
      fc.integer({ min: 0, max: 4000 }),
      async (limit, chance, retryAfter) => {
        const clock = new TestClock();
        clock.chance = chance;
        using host = new TestHost({ clock });
        const run = () =>
          new GiveUpClock(host, limit).retry(fail(later("x", retryAfter)), { action: "" });
        await assertRejects(run, AnnexError);
        assertEquals(Math.abs(clock.monotonic() - limit * 1000) < 1, true);
      },
    ),
    { numRuns: 20 },
  );
});
