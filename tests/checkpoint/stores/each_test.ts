import { assertEquals, assertRejects, assertStrictEquals } from "@std/assert";
import { CleanupFailure, type CleanupFailureKind } from "../../../core/checkpoint/failure.ts";
import { baseOf } from "../../../core/checkpoint/location.ts";
import { eachOf } from "../../../core/checkpoint/stores/each.ts";
import type { Batch } from "../../../core/checkpoint/store.ts";

function batchOf(count: number): Batch {
  return {
    base: baseOf({ destination: "x://h", gid: "g" }, "0000"),
    ignoreMissing: false,
    count,
    name: (index) => Uint8Array.of(index),
  };
}

/** Runs it, and notes what was reported. */
function start(
  count: number,
  { parallel = 4, signal = new AbortController().signal },
  removeOne: (index: number) => Promise<void>,
) {
  const outcome: (CleanupFailureKind | "gone")[] = [];
  const ended = eachOf(
    batchOf(count),
    { parallel, signal, done: (index, failure) => outcome[index] = failure?.kind ?? "gone" },
    (name, index) => {
      assertEquals([...name], [index]);
      return removeOne(index);
    },
  );
  return { outcome, ended };
}

Deno.test("eachOf() works on as many files at a time as it may", async () => {
  let [now, most] = [0, 0];
  const { outcome, ended } = start(20, { parallel: 4 }, async () => {
    most = Math.max(most, ++now);
    await new Promise((resolve) => setTimeout(resolve));
    now--;
  });
  await ended;
  assertEquals(most, 4);
  assertEquals(outcome, Array(20).fill("gone"));
});

Deno.test("eachOf() reports a file's failure and goes on", async () => {
  const { outcome, ended } = start(4, { parallel: 2 }, (index) => {
    const kinds = ["NotDeleted", "Unsafe", "Transient"] as const;
    const kind = kinds[index];
    return kind ? Promise.reject(new CleanupFailure(kind, "No")) : Promise.resolve();
  });
  await ended;
  assertEquals(outcome, ["NotDeleted", "Unsafe", "Transient", "gone"]);
});

for (const kind of ["StoreUnavailable", "Credentials"] as const) {
  Deno.test(`eachOf() begins no file after ${kind}, and throws it`, async () => {
    const failure = new CleanupFailure(kind, "No");
    let begun = 0;
    const { outcome, ended } = start(100, { parallel: 2 }, async (index) => {
      begun++;
      await Promise.resolve();
      if (index === 3) throw failure;
    });
    assertStrictEquals(await assertRejects(() => ended), failure);
    assertEquals(begun <= 6, true);
    assertEquals(outcome[3], undefined);
    assertEquals(outcome[0], "gone");
  });
}

Deno.test("eachOf() throws what is no failure of a clean-up", async () => {
  const { ended } = start(3, {}, () => Promise.reject(new RangeError("bug")));
  await assertRejects(() => ended, RangeError, "bug");
});

Deno.test("eachOf() begins nothing after it is stopped, and blames no file for that", async () => {
  const stop = new AbortController();
  const { outcome, ended } = start(100, { parallel: 3, signal: stop.signal }, (index) => {
    if (index < 2) return Promise.resolve();
    stop.abort();
    return Promise.reject(new CleanupFailure("Transient", "Cut short"));
  });
  await ended;
  assertEquals(outcome.filter((one) => one !== undefined), ["gone", "gone"]);
});
