import { assertEquals, assertRejects } from "@std/assert";
import { Turns } from "../../../core/credentials/store/turns.ts";

Deno.test("Turns lets so many run at once, in the order they came", async () => {
  const turns = new Turns(2);
  const log: string[] = [];
  const ends = Array.from({ length: 5 }, () => Promise.withResolvers<void>());
  const runs = ends.map(({ promise }, i) =>
    turns.run(async () => {
      log.push(`begin ${i}`);
      await promise;
      log.push(`end ${i}`);
      return i;
    })
  );
  const settle = () => new Promise((resolve) => setTimeout(resolve));
  await settle();
  assertEquals(log.splice(0), ["begin 0", "begin 1"]);
  ends[1]!.resolve();
  await settle();
  assertEquals(log.splice(0), ["end 1", "begin 2"]);
  for (const { resolve } of ends) resolve();
  assertEquals(await Promise.all(runs), [0, 1, 2, 3, 4]);
  assertEquals(log.filter((line) => line.startsWith("begin")), ["begin 3", "begin 4"]);
});

Deno.test("Turns goes on after what fails", async () => {
  const turns = new Turns(1);
  const fails = turns.run(() => Promise.reject(new Error("no")));
  const works = turns.run(() => Promise.resolve("yes"));
  await assertRejects(() => fails, Error, "no");
  assertEquals([await works, await turns.run(() => Promise.resolve("too"))], ["yes", "too"]);
  // Neither more nor fewer run at once by that.
  let [running, most] = [0, 0];
  await Promise.all(Array.from({ length: 9 }, () =>
    turns.run(async () => {
      most = Math.max(most, ++running);
      await Promise.resolve();
      running--;
    })));
  assertEquals(most, 1);
});
