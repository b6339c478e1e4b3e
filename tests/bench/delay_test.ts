import { assert, assertEquals } from "@std/assert";
import { startDelay } from "../../scripts/bench/delay.ts";
import { startFault } from "../servers/fault.ts";

Deno.test("startDelay() adds a round trip to connect and one to each request", async () => {
  await using fault = await startFault({ "/a": { body: "far" } });
  await using far = await startDelay({ port: fault.port, delayMs: 10 });
  for (const atLeast of [40, 20]) {
    const began = performance.now();
    assertEquals(await (await fetch(`${far.origin}/a`)).text(), "far");
    const took = performance.now() - began;
    assert(took >= atLeast - 1, `${took} ms`);
  }
  assertEquals(far.connections, 1);
});

Deno.test("startDelay() keeps the bytes, their order and the end", async () => {
  const body = crypto.getRandomValues(new Uint8Array(60_000));
  const whole = new Uint8Array(3_000_000).map((_, index) => body[index % body.length] ?? 0);
  await using fault = await startFault({ "/": { body: whole, framing: "close" } });
  await using far = await startDelay({ port: fault.port, delayMs: 2 });
  const replies = Array.from({ length: 5 }, async () => (await fetch(far.origin)).bytes());
  for (const bytes of await Promise.all(replies)) assertEquals(bytes, whole);
  assertEquals(far.connections, 5);
});

Deno.test("startDelay() ends open connections when disposed", async () => {
  await using fault = await startFault({ "/": { silence: new Promise(() => undefined) } });
  let reply = Promise.resolve("");
  {
    await using far = await startDelay({ port: fault.port, delayMs: 1 });
    reply = fetch(far.origin).then(() => "answered", () => "ended");
    await fault.arrived(1);
  }
  assertEquals(await reply, "ended");
});
