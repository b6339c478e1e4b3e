import { assert, assertEquals } from "@std/assert";
import { join } from "@std/path";
import { lockDirectory } from "../../../core/checkpoint/clean/lock.ts";
import { SYSTEM_CLOCK } from "../../../core/clock.ts";

/** A clock that lets all time pass at once, and says how much it was. */
function patientClock() {
  let waited = 0;
  const clock = {
    ...SYSTEM_CLOCK,
    sleep: (ms: number) => {
      waited += ms;
      return Promise.resolve();
    },
  };
  return { clock, waited: () => waited };
}

async function withDirectory(test: (path: string) => Promise<void>): Promise<void> {
  const path = await Deno.makeTempDir({ prefix: "pinion-lock-" });
  try {
    await test(path);
  } finally {
    await Deno.remove(path, { recursive: true });
  }
}

for (const withAd of [true, false]) {
  Deno.test(`lockDirectory() lets one in at a time, ${withAd ? "by the ad" : "without ad"}`, () =>
    withDirectory(async (path) => {
      if (withAd) await Deno.writeTextFile(join(path, ".job.ad"), "");
      const { clock, waited } = patientClock();
      {
        using first = await lockDirectory(path, { wait: 1000, clock });
        assert(first);
        assertEquals(await lockDirectory(path, { wait: 1000, clock }), undefined);
        assertEquals(waited(), 1000);
      }
      using again = await lockDirectory(path, { wait: 0, clock });
      assert(again);
    }));
}

Deno.test("lockDirectory() goes on as soon as the other is done", () =>
  withDirectory(async (path) => {
    const first = await lockDirectory(path, { wait: 0, clock: SYSTEM_CLOCK });
    const clock = {
      ...SYSTEM_CLOCK,
      sleep: () => {
        first?.[Symbol.dispose]();
        return Promise.resolve();
      },
    };
    using second = await lockDirectory(path, { wait: 1000, clock });
    assert(second);
  }));

Deno.test("lockDirectory() has nothing to lock where there is no directory", async () => {
  using lock = await lockDirectory("/nonexistent/x", { wait: 0, clock: SYSTEM_CLOCK });
  assert(lock);
});

Deno.test("lockDirectory() does not open what a FIFO or a link in the ad's place leads to", () =>
  withDirectory(async (path) => {
    await new Deno.Command("mkfifo", { args: [join(path, ".job.ad")] }).output();
    using lock = await lockDirectory(path, { wait: 0, clock: SYSTEM_CLOCK });
    assert(lock);
  }));
