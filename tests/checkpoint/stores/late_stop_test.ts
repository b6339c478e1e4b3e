import { assert, assertEquals } from "@std/assert";
import { TransferFailure } from "../../../core/errors.ts";
import { LateStop } from "../../../core/checkpoint/stores/late_stop.ts";

/** The reason for an end, once it comes. */
async function reason({ end }: LateStop): Promise<TransferFailure> {
  await new Promise((resolve) => end.addEventListener("abort", resolve));
  assert(end.reason instanceof TransferFailure);
  return end.reason;
}

Deno.test("LateStop ends a moment after it was told to", async () => {
  const outer = new AbortController();
  using stop = new LateStop(outer.signal, { grace: 5, longest: 60_000 });
  outer.abort();
  assertEquals([stop.begin.aborted, stop.end.aborted], [true, false]);
  assertEquals((await reason(stop)).message, "stopped before it answered");
});

Deno.test("LateStop ends likewise when it was told before", async () => {
  using stop = new LateStop(AbortSignal.abort(), { grace: 5 });
  assertEquals(stop.end.aborted, false);
  assert((await reason(stop)).retryable);
});

Deno.test("LateStop ends what takes too long", async () => {
  const outer = new AbortController();
  using stop = new LateStop(outer.signal, { longest: 5 });
  assertEquals((await reason(stop)).message, "no answer within 0.005 s");
});

Deno.test("LateStop holds no timer once it is disposed of", () => {
  const outer = new AbortController();
  new LateStop(outer.signal, { longest: 60_000 })[Symbol.dispose]();
  const late = new LateStop(AbortSignal.abort());
  late[Symbol.dispose]();
  outer.abort();
});
