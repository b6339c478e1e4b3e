import { assertEquals, assertRejects } from "@std/assert";
import { inParallel } from "../../../core/checkpoint/stores/parallel.ts";

const turn = () => new Promise<void>((resolve) => setTimeout(resolve));

Deno.test("inParallel() takes items as their turn comes, so many at a time", async () => {
  let [now, most, taken] = [0, 0, 0];
  const items = function* () {
    for (; taken < 50; taken++) yield taken;
  };
  await inParallel(items(), { limit: 4 }, async () => {
    most = Math.max(most, ++now);
    await turn();
    now--;
  });
  assertEquals([most, taken], [4, 50]);
});

Deno.test("inParallel() waits for what is under way before it throws the first error", async () => {
  const ended: number[] = [];
  const work = async (item: number) => {
    if (item === 1) throw new Error("first");
    await turn();
    ended.push(item);
    if (item === 2) throw new Error("second");
  };
  await assertRejects(() => inParallel([0, 1, 2, 3].values(), { limit: 3 }, work), Error, "first");
  assertEquals(ended, [0, 2]);
});

Deno.test("inParallel() waits as well when there is no next item to be had", async () => {
  let ended = 0;
  const items = function* () {
    yield 0;
    throw new Error("no more");
  };
  const work = async () => {
    await turn();
    ended++;
  };
  await assertRejects(() => inParallel(items(), { limit: 2 }, work), Error, "no more");
  assertEquals(ended, 1);
});

Deno.test("inParallel() takes nothing any more once it is told to stop", async () => {
  const stop = new AbortController();
  const begun: number[] = [];
  await inParallel([0, 1, 2].values(), { limit: 1, signal: stop.signal }, (item) => {
    begun.push(item);
    stop.abort();
    return Promise.resolve();
  });
  assertEquals(begun, [0]);
});
