import { assertEquals } from "@std/assert";
import fc from "fast-check";
import { FairQueue } from "../../../core/checkpoint/tools/fair_queue.ts";

interface Item {
  readonly user: number;
  readonly name: string;
}

function queueOf(text: string): FairQueue<Item> {
  const items = text.split(" ").map((name) => ({ user: name.charCodeAt(0), name }));
  return new FairQueue(items, ({ user }) => user);
}

Deno.test("FairQueue gives each user a turn before anyone's second", () => {
  const queue = queueOf("a1 a2 a3 b1 c1 c2");
  const names = Array.from({ length: 7 }, () => queue.next()?.name);
  assertEquals(names, ["a1", "b1", "c1", "a2", "c2", "a3", undefined]);
});

Deno.test("FairQueue counts what is under way, not what was", () => {
  const queue = queueOf("a1 a2 b1 b2");
  const [, second] = [queue.next(), queue.next()];
  assertEquals(second?.name, "b1");
  queue.done(second!);
  assertEquals([queue.next()?.name, queue.next()?.name], ["b2", "a2"]);
});

Deno.test("FairQueue hands out everything once", () => {
  fc.assert(fc.property(fc.array(fc.nat(4)), (users) => {
    const items = users.map((user, index) => ({ user, index }));
    const queue = new FairQueue(items, ({ user }) => user);
    const seen: number[] = [];
    for (let one; (one = queue.next()) !== undefined;) {
      seen.push(one.index);
      if (one.index % 2 === 0) queue.done(one);
    }
    assertEquals(seen.toSorted((a, b) => a - b), items.map(({ index }) => index));
  }));
});
