import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { Slots } from "../../core/transfer/slots.ts";

/** Lets whoever was given a slot go on. */
const turn = () => new Promise<void>((resolve) => queueMicrotask(() => queueMicrotask(resolve)));

/** Takes a slot and notes when it was given. */
function take(slots: Slots, started: number[], [name, order]: readonly [string, number]): void {
  const wait = slots.acquire(name, order);
  if (wait === undefined) started.push(order);
  else wait.then(() => started.push(order));
}

Deno.test("Slots gives slots at once until all are taken, then in the order of the files", async () => {
  const slots = new Slots(2, 2);
  const started: number[] = [];
  for (const order of [0, 1, 2, 3]) take(slots, started, ["a", order]);
  assertEquals(started, [0, 1]);
  slots.release("a");
  await turn();
  assertEquals(started, [0, 1, 2]);
  slots.release("a");
  await turn();
  assertEquals(started, [0, 1, 2, 3]);
});

Deno.test("Slots lets files of other servers pass a full one", async () => {
  const slots = new Slots(3, 1);
  const started: number[] = [];
  for (const [order, name] of ["a", "a", "a", "b", "c", "d"].entries()) {
    take(slots, started, [name, order]);
  }
  assertEquals(started, [0, 3, 4]);
  slots.release("b");
  await turn();
  assertEquals(started, [0, 3, 4, 5], "d takes the place of b, for a is full");
  slots.release("a");
  await turn();
  assertEquals(started, [0, 3, 4, 5, 1]);
});

Deno.test("Slots starts a file that returns before those that were never tried", async () => {
  const slots = new Slots(1, 1);
  const started: number[] = [];
  for (const order of [5, 6, 7]) take(slots, started, ["a", order]);
  take(slots, started, ["a", 0]);
  take(slots, started, ["b", 1]);
  for (const name of ["a", "a", "b", "a"]) {
    slots.release(name);
    await turn();
  }
  assertEquals(started, [5, 0, 1, 6, 7]);
});

Deno.test("Slots.open() lets everybody through, now and later", async () => {
  const slots = new Slots(1, 1);
  const started: number[] = [];
  for (const order of [0, 1, 2]) take(slots, started, [order === 2 ? "b" : "a", order]);
  slots.open();
  await turn();
  take(slots, started, ["a", 3]);
  assertEquals(started, [0, 1, 2, 3]);
  for (const name of ["a", "a", "b", "a"]) slots.release(name);
});

Deno.test("Slots never exceeds its limits, serves all, and idles no slot that can be used", async () => {
  const file = fc.record({
    server: fc.integer({ min: 0, max: 4 }),
    length: fc.integer({ min: 1, max: 5 }),
    returns: fc.integer({ min: 0, max: 2 }),
  });
  await fc.assert(fc.asyncProperty(
    fc.array(file, { maxLength: 60 }),
    fc.integer({ min: 1, max: 6 }),
    fc.integer({ min: 1, max: 6 }),
    async (files, total, perServer) => {
      const slots = new Slots(total, perServer);
      const running: { order: number; server: string; left: number }[] = [];
      const waiting = new Map<number, string>();
      const returns = files.map((each) => each.returns);
      const ask = (order: number) => {
        const server = `s${files[order]!.server}`;
        const begin = () => {
          waiting.delete(order);
          running.push({ order, server, left: files[order]!.length });
        };
        waiting.set(order, server);
        const wait = slots.acquire(server, order);
        if (wait === undefined) begin();
        else wait.then(begin);
      };
      files.forEach((_, order) => ask(order));
      for (let steps = 0; running.length + waiting.size > 0; steps++) {
        assert(steps < 5000, "some file is never served");
        await turn();
        assert(running.length <= total);
        const active = (server: string) => running.filter((one) => one.server === server).length;
        for (const { server } of running) assert(active(server) <= perServer);
        for (const server of waiting.values()) {
          assert(running.length === total || active(server) === perServer, "an idle slot");
        }
        for (const one of [...running]) {
          if (--one.left > 0) continue;
          running.splice(running.indexOf(one), 1);
          slots.release(one.server);
          if (returns[one.order]!-- > 0) ask(one.order);
        }
      }
    },
  ));
});

Deno.test("Slots serves 10,000 files of one server, and of as many servers", async () => {
  for (const servers of [1, 10_000]) {
    const slots = new Slots(8, 6);
    const started: number[] = [];
    for (let order = 0; order < 10_000; order++) {
      take(slots, started, [`s${order % servers}`, order]);
    }
    for (let done = 0; done < 10_000; done++) {
      if (started.length <= done) await turn();
      slots.release(`s${started[done]! % servers}`);
    }
    await turn();
    assertEquals(started, Array.from({ length: 10_000 }, (_, i) => i));
  }
});
