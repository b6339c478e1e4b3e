import { assert, assertEquals, assertStrictEquals } from "@std/assert";
import { Attempt, type AttemptSubject } from "../../core/transfer/attempt.ts";
import { PartFile } from "../../core/transfer/part_file.ts";
import { TempDir } from "./contract.ts";
import { FakeHost, settled } from "./fake_host.ts";
import { aborted, failure, request } from "./fake_scheme.ts";

function begin(subject: Partial<AttemptSubject> = {}) {
  const host = new FakeHost();
  const attempt = new Attempt({
    request: request("http://h/f", "f"),
    method: "http",
    credential: undefined,
    number: 1,
    server: "h:80",
    part: undefined,
    size: 0,
    facts: {},
    ...subject,
  }, host);
  const { clock } = host;
  /** Lets `seconds` pass, with a look in each. */
  const pass = async (seconds: number) => {
    for (let i = 0; i < seconds; i++) {
      await clock.advance(1000);
      attempt.look(clock.monotonic());
      await settled();
    }
  };
  return { attempt, clock, pass };
}

/** What an attempt's work ended with. */
async function outcome(work: Promise<void>): Promise<unknown> {
  return await work.then(() => "done", (error) => error);
}

Deno.test("Attempt does not stall before its server is reached", async () => {
  const { attempt, pass } = begin();
  await pass(300);
  assertEquals(attempt.signal.aborted, false);
  assertEquals(attempt.connectionSeconds(), 0);
});

Deno.test("Attempt counts a method without servers as reached", async () => {
  const { attempt, pass } = begin({ method: "zkm", server: undefined });
  await pass(29);
  assertEquals(attempt.signal.aborted, false);
  await pass(1);
  assertEquals(attempt.signal.reason.message, "Aborted due to lack of progress");
});

Deno.test("Attempt probes a slow server once, after ten seconds, and then counts it as reached", async () => {
  const { attempt, pass } = begin();
  let probes = 0;
  attempt.whenSlow(() => {
    probes++;
    return Promise.resolve();
  });
  await pass(9);
  assertEquals(probes, 0);
  await pass(1);
  assertEquals(probes, 1);
  await pass(19);
  assertEquals([probes, attempt.signal.aborted, attempt.connectionSeconds()], [1, false, 19]);
  await pass(1);
  assertEquals(attempt.signal.reason.facts.failureType, "TooSlow");
});

Deno.test("Attempt ends with the failure of its probe", async () => {
  const { attempt, pass } = begin();
  const refused = failure("Contact", {}, "refused");
  attempt.whenSlow(() => Promise.reject(refused));
  const work = outcome(attempt.run(aborted(attempt.signal)));
  await pass(10);
  assertStrictEquals(await work, refused);
});

Deno.test("Attempt does not probe a server that was reached", async () => {
  const { attempt, pass } = begin();
  attempt.whenSlow(() => Promise.reject(failure("Contact")));
  attempt.connected();
  attempt.moved(1000);
  await pass(20);
  assertEquals(attempt.signal.aborted, false);
});

Deno.test("Attempt ignores a probe that fails after the transfer got through", async () => {
  const { attempt, pass } = begin();
  const probe = Promise.withResolvers<void>();
  attempt.whenSlow(() => probe.promise);
  await pass(10);
  attempt.connected();
  probe.reject(failure("Contact"));
  await pass(1);
  assertEquals(attempt.signal.aborted, false);
});

Deno.test("Attempt ignores a probe that fails after the attempt", async () => {
  const { attempt, clock, pass } = begin();
  const probe = Promise.withResolvers<void>();
  const work = Promise.withResolvers<void>();
  attempt.whenSlow(() => probe.promise);
  const end = outcome(attempt.run(work.promise));
  await pass(10);
  const own = failure("Contact", {}, "its own");
  work.reject(own);
  assertStrictEquals(await end, own);
  probe.reject(failure("Contact"));
  await settled();
  assertEquals([attempt.signal.aborted, clock.pending, attempt.abandoned], [false, 0, false]);
});

Deno.test("Attempt looks for progress from when it was reached, if that took an interval", async () => {
  const { attempt, pass } = begin();
  await pass(45);
  attempt.connected();
  await pass(29);
  assertEquals(attempt.signal.aborted, false);
  await pass(1);
  assert(attempt.signal.aborted);
});

Deno.test("Attempt wants a byte in each interval even where no rate is asked for", async () => {
  const options = { stallBytesPerSecond: 0, stallSeconds: 60 };
  const { attempt, pass } = begin({ request: request("http://h/f", "f", options) });
  attempt.connected();
  attempt.moved(1);
  await pass(119);
  assertEquals(attempt.signal.aborted, false);
  await pass(1);
  assertEquals(attempt.signal.aborted, true);
});

Deno.test("Attempt does not stall once the bytes are here, and counts no time from then on", async () => {
  const { attempt, pass } = begin();
  attempt.connected();
  await pass(20);
  attempt.moved(100);
  attempt.arrived();
  await pass(500);
  assertEquals([attempt.signal.aborted, attempt.connectionSeconds()], [false, 20]);
});

Deno.test("Attempt lets a scheme that heeds its signal end by itself", async () => {
  const { attempt, clock } = begin();
  const work = outcome(attempt.run(aborted(attempt.signal)));
  const stop = failure();
  attempt.end(stop);
  attempt.end(failure("Transfer", {}, "a second time"));
  assertStrictEquals(await work, stop);
  assertEquals([attempt.abandoned, clock.pending], [false, 0]);
});

Deno.test("Attempt abandons a scheme that ignores its signal, within a second", async () => {
  const { attempt, clock } = begin();
  const work = outcome(attempt.run(new Promise(() => {})));
  const stop = failure();
  attempt.end(stop);
  await clock.advance(999);
  assertStrictEquals(await work, stop);
  assert(attempt.abandoned);
});

Deno.test("Attempt blames the abort for what a scheme throws after it", () => {
  const { attempt } = begin();
  assertEquals(attempt.failure(new Error("before")).message.includes("before"), true);
  const stop = failure();
  attempt.end(stop);
  assertStrictEquals(attempt.failure(new Error("socket closed")), stop);
});

Deno.test("Attempt survives a part file that cannot be looked at", async () => {
  using dir = new TempDir();
  Deno.writeTextFileSync(dir.join("file"), "");
  const part = new PartFile(dir.join("file", "below")); // ENOTDIR
  const { attempt, pass } = begin({ method: "zkm", part });
  await pass(5);
  assertEquals(attempt.signal.aborted, false);
});

Deno.test("Attempt counts only bytes that make sense", () => {
  const { attempt } = begin();
  for (const bytes of [NaN, -5, Infinity, 10.7, 5]) attempt.moved(bytes);
  assertEquals(attempt.bytes, 15);
});
