import { assertEquals, assertRejects, assertStrictEquals } from "@std/assert";
import { CleanupFailure } from "../../core/checkpoint/failure.ts";
import { baseOf } from "../../core/checkpoint/location.ts";
import { removeWithRetries } from "../../core/checkpoint/retry.ts";
import type { Batch, RemoveOptions, Store } from "../../core/checkpoint/store.ts";
import { FakeClock } from "../transfer/fake_host.ts";

/** What a file meets at each attempt: nothing when it goes. */
type Fate = CleanupFailure | undefined;

const transient = (retryAfter?: number) =>
  new CleanupFailure("Transient", "Busy", retryAfter === undefined ? {} : { retryAfter });

/** A store that deals out fates, and notes which names it was asked for. */
class FatefulStore implements Store {
  readonly asked: string[][] = [];
  readonly #fates: ReadonlyMap<string, Fate[]>;
  readonly #thrown: Fate[];

  constructor(fates: Record<string, Fate[]>, thrown: Fate[] = []) {
    this.#fates = new Map(Object.entries(fates));
    this.#thrown = [...thrown];
  }

  remove(batch: Batch, { signal, done }: RemoveOptions): Promise<void> {
    const names = Array.from(
      { length: batch.count },
      (_, i) => new TextDecoder().decode(batch.name(i)),
    );
    this.asked.push(names);
    const thrown = this.#thrown.shift();
    for (const [i, name] of names.entries()) {
      if (signal.aborted) break;
      // What is thrown leaves the files after the first unsaid.
      if (thrown !== undefined && i > 0) return Promise.reject(thrown);
      done(i, this.#fates.get(name)?.shift());
    }
    return Promise.resolve();
  }

  async [Symbol.asyncDispose]() {}
}

function start(
  store: Store,
  names: readonly string[],
  options: { retries?: number; deadline?: number; signal?: AbortSignal; clock?: FakeClock } = {},
) {
  const clock = options.clock ?? new FakeClock();
  const outcome: Record<string, string> = {};
  const batch: Batch = {
    base: baseOf({ destination: "x://h", gid: "g" }, "0000"),
    ignoreMissing: true,
    count: names.length,
    name: (index) => new TextEncoder().encode(names[index]),
  };
  const ended = removeWithRetries(store, batch, {
    signal: options.signal ?? new AbortController().signal,
    retries: options.retries ?? 3,
    ...(options.deadline === undefined ? {} : { deadline: options.deadline }),
    clock,
    done(index, failure) {
      assertEquals(outcome[names[index]!], undefined, "reported once");
      outcome[names[index]!] = failure?.kind ?? "gone";
    },
  });
  return { clock, outcome, ended };
}

/** Lets the fake clock run until the removal is over. */
async function toEnd({ clock, ended }: { clock: FakeClock; ended: Promise<void> }): Promise<void> {
  let over = false;
  const watched = ended.finally(() => over = true);
  watched.catch(() => {});
  for (let i = 0; !over && i < 1000; i++) await clock.advance(1000);
  await watched;
  assertEquals(clock.pending, 0);
}

Deno.test("removeWithRetries() asks once when all goes well", async () => {
  const store = new FatefulStore({});
  const run = start(store, ["a", "b"]);
  await toEnd(run);
  assertEquals(store.asked, [["a", "b"]]);
  assertEquals(run.outcome, { a: "gone", b: "gone" });
  assertEquals(run.clock.slept, []);
});

Deno.test("removeWithRetries() tries only the transient ones again, with doubled waits", async () => {
  const store = new FatefulStore({
    b: [transient(), transient()],
    c: [new CleanupFailure("NotDeleted", "No")],
    d: [transient(), new CleanupFailure("Unsafe", "No")],
  });
  const run = start(store, ["a", "b", "c", "d"]);
  await toEnd(run);
  assertEquals(store.asked, [["a", "b", "c", "d"], ["b", "d"], ["b"]]);
  assertEquals(run.outcome, { a: "gone", b: "gone", c: "NotDeleted", d: "Unsafe" });
  assertEquals(run.clock.slept, [500, 1000]);
});

Deno.test("removeWithRetries() reports what is still transient after the last attempt", async () => {
  const store = new FatefulStore({ a: Array(9).fill(transient()) });
  const run = start(store, ["a", "b"], { retries: 2 });
  await toEnd(run);
  assertEquals(store.asked.length, 3);
  assertEquals(run.outcome, { a: "Transient", b: "gone" });
});

Deno.test("removeWithRetries() waits as long as the store asks", async () => {
  const store = new FatefulStore({ a: [transient(7)], b: [transient(12)] });
  const run = start(store, ["a", "b"]);
  await toEnd(run);
  assertEquals(run.clock.slept, [12_000]);
  assertEquals(run.outcome, { a: "gone", b: "gone" });
});

Deno.test("removeWithRetries() waits an hour at most, whatever the store asks", async () => {
  const run = start(new FatefulStore({ a: [transient(1e12)] }), ["a"]);
  await run.clock.advance(3_600_000);
  await toEnd(run);
  assertEquals(run.clock.slept, [3_600_000]);
});

Deno.test("removeWithRetries() spreads its waits, which end growing at half a minute", async () => {
  const randoms = [0, 0.999, 0.5, 0.5, 0.5, 0.5, 0.5, 0.5];
  const clock = new FakeClock(() => randoms.shift()!);
  const store = new FatefulStore({ a: Array(9).fill(transient()) });
  await toEnd(start(store, ["a"], { retries: 8, clock }));
  assertEquals(clock.slept, [250, 1499, 2000, 4000, 8000, 16_000, 30_000, 30_000]);
});

Deno.test("removeWithRetries() does not begin a wait that ends after the deadline", async () => {
  const store = new FatefulStore({ a: [transient(), transient(60)] });
  const run = start(store, ["a"], { deadline: 18_000 });
  await toEnd(run);
  assertEquals(run.clock.slept, [500]);
  assertEquals(run.outcome, { a: "Transient" });
});

Deno.test("removeWithRetries() tries all unreported files again when the store throws", async () => {
  const store = new FatefulStore({}, [transient(3), undefined]);
  const run = start(store, ["a", "b", "c"]);
  await toEnd(run);
  assertEquals(store.asked, [["a", "b", "c"], ["b", "c"]]);
  assertEquals(run.outcome, { a: "gone", b: "gone", c: "gone" });
  assertEquals(run.clock.slept, [3000]);
});

for (
  const [what, failure] of [
    ["that is not transient", new CleanupFailure("Credentials", "No")],
    ["at the last attempt", transient()],
  ] as const
) {
  Deno.test(`removeWithRetries() throws what the store throws ${what}`, async () => {
    const store = new FatefulStore({ a: [transient()] }, [failure]);
    const run = start(store, ["a", "b"], { retries: failure.kind === "Transient" ? 0 : 3 });
    assertStrictEquals(await assertRejects(() => toEnd(run)), failure);
    assertEquals(store.asked.length, 1);
    assertEquals(run.outcome, { a: "Transient" });
  });
}

Deno.test("removeWithRetries() does not ask for each file a store that does not answer", async () => {
  let [asked, now] = [0, 0];
  const clock = Object.assign(new FakeClock(), { monotonic: () => now });
  const store: Store = {
    async remove({ count }, { signal, done }) {
      for (let index = 0; index < count && !signal.aborted; index++) {
        asked++;
        // Each question ends with a time-out.
        now += 20_000;
        await Promise.resolve();
        done(index, transient());
      }
    },
    async [Symbol.asyncDispose]() {},
  };
  const names = Array.from({ length: 1000 }, (_, i) => `${i}`);
  const { outcome, ended } = start(store, names, { retries: 0, clock });
  await assertRejects(() => ended, CleanupFailure, "Busy");
  assertEquals(asked, 3);
  assertEquals(outcome, { 0: "Transient", 1: "Transient", 2: "Transient" });
});

Deno.test("removeWithRetries() throws what is no failure of a clean-up at once", async () => {
  const store = new FatefulStore({});
  store.remove = () => Promise.reject(new RangeError("bug"));
  await assertRejects(() => toEnd(start(store, ["a"])), RangeError, "bug");
});

Deno.test("removeWithRetries() ends at once when it is stopped while waiting", async () => {
  const stop = new AbortController();
  const store = new FatefulStore({ a: [transient(1000)] });
  const run = start(store, ["a", "b"], { signal: stop.signal });
  await run.clock.advance(10);
  stop.abort();
  await run.ended;
  assertEquals(store.asked.length, 1);
  assertEquals(run.outcome, { a: "Transient", b: "gone" });
  assertEquals(run.clock.pending, 0);
});
