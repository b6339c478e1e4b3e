import { assert, assertEquals, assertNotEquals, assertStringIncludes } from "@std/assert";
import { Run, type RunOptions } from "../../core/transfer/engine.ts";
import type { FileRequest } from "../../core/transfer/in_file.ts";
import type { FileResult } from "../../core/transfer/result.ts";
import type { DownloadContext, Scheme } from "../../core/transfer/scheme.ts";
import { available, missing, mountFullDisk } from "../servers/full_disk.ts";
import { TempDir } from "./contract.ts";
import { FakeHost, settled } from "./fake_host.ts";
import {
  aborted,
  bring,
  fail,
  failure,
  fakeScheme,
  hang,
  type Outcome,
  request,
  silence,
  trickle,
} from "./fake_scheme.ts";

/** A machine with a directory of its own, and runs on it. */
class Bench {
  readonly dir = new TempDir();
  readonly host = new FakeHost({ cwd: this.dir.path });
  readonly clock = this.host.clock;
  readonly heard: number[] = [];
  ticks = 0;

  run(scheme: Scheme, options: Partial<RunOptions> = {}): Run {
    return new Run({
      direction: "download",
      schemes: [scheme],
      host: this.host,
      maxParallel: 8,
      maxPerHost: 6,
      deadline: 1_000_000,
      onResult: (_, index) => void this.heard.push(index),
      onTick: () => void this.ticks++,
      ...options,
    });
  }

  transfer(
    scheme: Scheme,
    requests: readonly FileRequest[],
    options: Partial<RunOptions> = {},
  ): Promise<FileResult[]> {
    return this.clock.finish(this.run(scheme, options).transfer(requests));
  }

  /** Moves one file by this script of its attempts. */
  async one(
    script: readonly Outcome[],
    options: FileRequest["options"] | Partial<FileRequest["options"]> = {},
  ): Promise<FileResult> {
    const url = "http://h/f";
    const scheme = fakeScheme(this.clock, { [url]: script });
    const [result] = await this.transfer(scheme, [request(url, "f", options)]);
    return result!;
  }

  [Symbol.dispose](): void {
    this.dir[Symbol.dispose]();
    assertEquals(this.clock.pending, 0, "a timer was left");
  }
}

const texts = (result: FileResult) => result.failures.map(({ failure }) => failure.message);

Deno.test("Run moves files and tells of each result at once", async () => {
  using bench = new Bench();
  const names = ["a", "b", "c"];
  const scheme = fakeScheme(bench.clock, {
    "http://h/b": [fail("Specification", { retryable: -1 })],
  });
  const requests = names.map((name) => request(`http://h/${name}`, name));
  const results = await bench.transfer(scheme, requests);
  assertEquals(results.map(({ success }) => success), [true, false, true]);
  assertEquals(results.map(({ url }) => url), requests.map(({ url }) => url));
  assertEquals(results.map(({ bytes }) => bytes), [4, 0, 4]);
  assertEquals(bench.heard.toSorted(), [0, 1, 2]);
  assertEquals(bench.dir.names(), ["a", "c"]);
  assertEquals(Deno.readTextFileSync(bench.dir.join("a")), "four");
  assertEquals(scheme.closed, 1);
});

Deno.test("Run moves nothing when nothing is asked", async () => {
  using bench = new Bench();
  assertEquals(await bench.transfer(fakeScheme(bench.clock), []), []);
});

Deno.test("Run begins files in input order within its limits", async () => {
  using bench = new Bench();
  const wait: Outcome = trickle(bench.clock, [[1, 10]]);
  const urls = Array.from({ length: 30 }, (_, i) => `http://h${i % 2}/${i}`);
  const scheme = fakeScheme(bench.clock, Object.fromEntries(urls.map((url) => [url, [wait]])));
  const requests = urls.map((url, i) => request(url, `f${i}`));
  await bench.transfer(scheme, requests, { maxParallel: 5, maxPerHost: 3 });
  assertEquals(scheme.peak, { total: 5, perServer: 3 });
  assertEquals(scheme.calls.map(({ url }) => url), urls);
});

Deno.test("Run tries again after a failure that may pass, in the same record", async () => {
  using bench = new Bench();
  const result = await bench.one([
    fail("Contact", {}, "refused"),
    fail("Transfer", { retryable: 7 }, "busy"),
    bring("whole"),
  ]);
  assert(result.success);
  assertEquals(result.tries, 3);
  assertEquals(texts(result), ["refused", "busy"]);
  assertEquals(result.failures.map(({ attempt }) => attempt), [1, 2]);
  assertEquals(bench.clock.slept, [500, 7000]);
  assertEquals(result.endTime - result.startTime, 7);
  assertEquals(result.failures[1]!.failure.facts.retryable, 7);
});

Deno.test("Run stops trying at the limits", async () => {
  const cases: [string, readonly Outcome[], Parameters<Bench["one"]>[1], number][] = [
    ["not retryable", [fail("Specification", { retryable: -1 })], {}, 1],
    ["no retries", [fail()], { maxRetries: 0 }, 1],
    ["two retries", [fail()], { maxRetries: 2 }, 3],
    ["the default", [fail()], {}, 21],
    // 0.5 + 1 + 2 + 4 = 7.5 seconds: the wait of 8 seconds does not fit.
    ["time", [fail()], { retryMaxTime: 10 }, 5],
    ["Retry-After beyond the budget", [fail("Transfer", { retryable: 601 })], {}, 1],
    ["too slow", [fail("Transfer", { failureType: "TooSlow" })], {}, 1],
  ];
  for (const [what, script, options, tries] of cases) {
    using bench = new Bench();
    const result = await bench.one(script, options);
    assertEquals([what, result.success, result.tries], [what, false, tries]);
    assertEquals(result.failures.length, tries);
    assertEquals(bench.dir.names(), [], what);
  }
});

Deno.test("Run gives a file that is tried again its turn before files never tried", async () => {
  using bench = new Bench();
  const wait: Outcome = trickle(bench.clock, [[1, 10]]);
  const urls = Array.from({ length: 9 }, (_, i) => `http://h/${i}`);
  const scheme = fakeScheme(bench.clock, {
    ...Object.fromEntries(urls.map((url) => [url, [wait]])),
    "http://h/0": [fail(), bring("late")],
  });
  const requests = urls.map((url, i) => request(url, `f${i}`));
  await bench.transfer(scheme, requests, { maxParallel: 1 });
  assertEquals(scheme.calls.slice(0, 4).map(({ url }) => url.at(-1)), ["0", "1", "0", "2"]);
});

Deno.test("Run turns to a mirror at once, and never back to a place that refused for good", async () => {
  using bench = new Bench();
  const scheme = fakeScheme(bench.clock, {
    "http://a/f": [fail("Specification", { retryable: -1 }, "not here")],
    "http://b/f": [bring("mirrored")],
  });
  const [result] = await bench.transfer(scheme, [
    request("http://a/f", "f", { mirrors: ["http://b/f", "http://c/f"] }),
  ]);
  assertEquals(scheme.calls.map(({ url, at }) => [url, at]), [["http://a/f", 0], [
    "http://b/f",
    0,
  ]]);
  assert(result!.success);
  assertEquals(result!.url, "http://a/f");
  assertEquals(texts(result!), ["not here"]);
  assertEquals(Deno.readTextFileSync(bench.dir.join("f")), "mirrored");
});

Deno.test("Run goes round the mirrors, each with its own wait", async () => {
  using bench = new Bench();
  const scheme = fakeScheme(bench.clock, {
    "http://a/f": [fail("Transfer", { retryable: 60 })],
    "http://b/f": [fail("Transfer", { failureType: "TooSlow" })],
    "http://c/f": [fail(), fail("Specification", { retryable: -1 })],
  });
  const [result] = await bench.transfer(scheme, [
    request("http://a/f", "f", { mirrors: ["http://b/f", "http://c/f"], maxRetries: 2 }),
  ]);
  assert(!result!.success);
  assertEquals(scheme.calls.map(({ url, at }) => [url[7], at]), [
    ["a", 0],
    ["b", 0],
    ["c", 0],
    ["c", 0.5],
    ["a", 60],
    ["a", 120],
  ]);
});

Deno.test("Run tries each mirror once without retries, also a URL that cannot be used", async () => {
  using bench = new Bench();
  const scheme = fakeScheme(bench.clock, { "http://a/f": [fail()], "http://b/f": [fail()] });
  const mirrors = ["nonsense", "http://b/f", "other://c/f", "http://d/f"];
  const [result] = await bench.transfer(scheme, [
    request("http://a/f", "f", { mirrors, maxRetries: 0 }),
  ]);
  assert(result!.success);
  assertEquals(result!.tries, 3);
  assertEquals(texts(result!), [
    "went wrong",
    "URL rejected: Bad scheme",
    "went wrong",
    'Protocol "other" not supported',
  ]);
});

Deno.test("Run asks the mirrors of a URL that cannot be used", async () => {
  using bench = new Bench();
  for (const url of ["nonsense", "http://", "http://[::/f"]) {
    const mirrored = request(url, "f", { mirrors: ["http://b/f"], headers: ["X-Secret: 1"] });
    const scheme = fakeScheme(bench.clock, {
      "http://b/f": [(step) => {
        assertEquals(step.ctx.options.headers, []);
        return bring("mirrored")(step);
      }],
    });
    const [result] = await bench.transfer(scheme, [mirrored]);
    assertEquals([url, result!.success, result!.tries], [url, true, 1]);
  }
});

Deno.test("Run asks no mirror when this machine has no room", async () => {
  using bench = new Bench();
  const scheme = fakeScheme(bench.clock, {
    "http://a/f": [({ part }) => {
      part!.write(new Uint8Array(10));
      throw failure("Transfer", { failureType: "NoSpace", retryable: -1, server: "ep7" });
    }],
  });
  await bench.transfer(scheme, [request("http://a/f", "f", { mirrors: ["http://b/f"] })]);
  assertEquals(scheme.calls.length, 1);
  assertEquals(bench.dir.names().length, 1, "the part file tells who filled the disk");
  assert(bench.dir.names()[0]!.startsWith(".f.part-"));
});

Deno.test("Run uploads to no mirror", async () => {
  using bench = new Bench();
  Deno.writeTextFileSync(bench.dir.join("f"), "12345");
  const scheme = fakeScheme(bench.clock, { "http://a/f": [fail("Contact", { retryable: -1 })] });
  const [result] = await bench.transfer(scheme, [
    request("http://a/f", "f", { mirrors: ["http://b/f"] }),
  ], { direction: "upload" });
  assert(!result!.success);
  assertEquals(scheme.calls.length, 1);
});

Deno.test("Run refuses what cannot be begun, with one failure each", async () => {
  using bench = new Bench();
  Deno.mkdirSync(bench.dir.join("dir"));
  new Deno.Command("mkfifo", { args: [bench.dir.join("pipe")] }).outputSync();
  const scheme: Scheme = { methods: ["down"], download: () => Promise.resolve() };
  const cases: [direction: "download" | "upload", FileRequest, string][] = [
    ["download", request("foo://h/x", "x"), 'Protocol "foo" not supported'],
    ["upload", request("down://h/x", "/etc/hostname"), "down cannot upload"],
    ["download", request("down://", "x"), "URL rejected: No host part in the URL"],
    ["download", request("", "x"), "URL rejected: Malformed input to a URL function"],
    ["download", request("http://h/a b", "x"), "URL rejected: Malformed input to a URL function"],
    ["download", request("down://h/x", "dir"), 'Cannot write "dir": is a directory'],
    [
      "upload",
      request("down://h/x", "absent"),
      "could not open local file absent, error 2 (No such file or directory)",
    ],
    ["upload", request("down://h/x", "dir"), "local file dir is a directory"],
    ["upload", request("down://h/x", "pipe"), "local file pipe is not a regular file"],
    ["upload", request("down://h/x", "/dev/null"), "local file /dev/null is not a regular file"],
    [
      "download",
      {
        ...request("down://h/x", "x"),
        refusal: failure("Parameter", { retryable: -1 }, "refused"),
      },
      "refused",
    ],
  ];
  for (const [direction, wanted, text] of cases) {
    const [result] = await bench.transfer(scheme, [wanted], { direction });
    assertEquals(texts(result!), [text]);
    assertEquals(result!.failures[0]!.failure.kind, "Parameter");
    assertEquals([result!.success, result!.tries], [false, 0]);
  }
});

Deno.test("Run reports whatever a scheme throws", async () => {
  const cases: [unknown, string][] = [
    [new TypeError("x is not a function"), "x is not a function"],
    ["a string", "a string"],
    [undefined, "undefined"],
  ];
  for (const [thrown, text] of cases) {
    using bench = new Bench();
    const result = await bench.one([() => {
      throw thrown;
    }]);
    assertEquals(result.success, false);
    assertStringIncludes(texts(result)[0]!, text);
  }
});

Deno.test("Run reports a download that left no file", async () => {
  using bench = new Bench();
  const result = await bench.one([() => {}]);
  assertEquals([result.success, result.tries], [false, 1]);
});

Deno.test("Run keeps its results when a scheme cannot be closed", async () => {
  using bench = new Bench();
  const scheme = fakeScheme(bench.clock);
  scheme.close = () => {
    throw new Error("cannot close");
  };
  const [result] = await bench.transfer(scheme, [request("http://h/f", "f")]);
  assert(result!.success);
});

Deno.test("Run gives a scheme that cannot resume a clean place for each attempt", async () => {
  using bench = new Bench();
  const createNew: Outcome = ({ path, ctx }) => {
    Deno.writeTextFileSync(path, "content", { createNew: true });
    if (ctx.attempt < 3) throw failure();
  };
  assert((await bench.one([createNew])).success);
  assertEquals(bench.dir.names(), ["f"]);
});

Deno.test("Run leaves a scheme what it can resume", async () => {
  using bench = new Bench();
  const resuming: Outcome = ({ ctx, url, part }) => {
    const have = part!.identity === undefined ? 0 : part!.size();
    using file = part!.open(have);
    part!.identity = { url, total: 9 };
    file.writeSync(new TextEncoder().encode("abcdefghi".slice(have, have + 3)));
    ctx.moved(3);
    if (have < 6) throw failure();
  };
  const result = await bench.one([resuming]);
  assertEquals([result.success, result.tries, result.bytes, result.totalBytes], [true, 3, 9, 9]);
  assertEquals(Deno.readTextFileSync(bench.dir.join("f")), "abcdefghi");
});

Deno.test("Run checks digests, throws wrong bytes away, and tries again", async () => {
  using bench = new Bench();
  const md5 = "098f6bcd4621d373cade4e832627b4f6"; // of "test"
  const sent = (content: string): Outcome => (step) => {
    (step.ctx as DownloadContext).offer({ algorithm: "md5", value: md5 });
    return bring(content)(step);
  };
  const result = await bench.one([sent("tset"), sent("test")]);
  assertEquals([result.success, result.tries], [true, 2]);
  assertEquals(result.failures[0]!.failure.facts.failureType, "Checksum");
  const off = await bench.one([sent("tset")], { verify: "off" });
  assert(off.success);
  const required = await bench.one([bring("test")], { verify: "required" });
  assertEquals([required.success, required.tries], [false, 1]);
});

Deno.test("Run resumes no bytes that are known to be wrong", async () => {
  using bench = new Bench();
  const left: unknown[] = [];
  const checksums = [{ algorithm: "md5", value: "0".repeat(32), subject: undefined }];
  await bench.one([({ part, url }) => {
    left.push([part!.size(), part!.identity]);
    part!.open().close();
    part!.identity = { url, etag: '"1"' };
  }], { checksums, maxRetries: 1 });
  assertEquals(left, [[0, undefined], [0, undefined]]);
});

Deno.test("Run finds the digests that the job states by URL, name or path", async () => {
  const value = "098f6bcd4621d373cade4e832627b4f6";
  const other = { algorithm: "md5", value: "0".repeat(32), subject: "http://h/other" };
  for (const subject of [undefined, "http://h/f", "f"]) {
    using bench = new Bench();
    const checksums = [other, { algorithm: "md5", value, subject }];
    assert((await bench.one([bring("test")], { checksums })).success);
    const bad = await bench.one([bring("tset")], { checksums, maxRetries: 0 });
    assertEquals(bad.success, false);
  }
});

Deno.test("Run ends at the deadline, with each file in its result", async () => {
  using bench = new Bench();
  const scheme = fakeScheme(bench.clock, {
    "http://h/0": [bring("quick")],
    "http://h/1": [trickle(bench.clock, Array(1000).fill([1, 100]))],
    "http://h/2": [fail("Transfer", { retryable: 100 }, "busy")],
  });
  const requests = Array.from({ length: 5 }, (_, i) => request(`http://h/${i}`, `f${i}`));
  const results = await bench.transfer(scheme, requests, { maxParallel: 1, deadline: 50 });
  assert(bench.clock.monotonic() < 51_000);
  assertEquals(results.map(({ success, tries }) => [success, tries]), [
    [true, 1],
    [false, 1],
    [false, 0],
    [false, 0],
    [false, 0],
  ]);
  for (const result of results.slice(1)) {
    assertEquals(texts(result), ["Deadline of 50 s reached"]);
    const { facts } = result.failures[0]!.failure;
    assertEquals([facts.failureType, facts.errorCode], ["TimedOut", 28]);
  }
  assertEquals(results[1]!.totalBytes > 4000, true);
});

Deno.test("Run ends a wait between attempts at the deadline", async () => {
  using bench = new Bench();
  const scheme = fakeScheme(bench.clock, { "http://h/f": [fail("Transfer", { retryable: 100 })] });
  const [result] = await bench.transfer(scheme, [request("http://h/f", "f")], { deadline: 20 });
  assertEquals(bench.clock.monotonic(), 20_000);
  assertEquals(texts(result!), ["went wrong"]);
});

Deno.test("stop() ends everything within a second, also what ignores its signal", async () => {
  using bench = new Bench();
  const scheme = fakeScheme(bench.clock, {
    "http://h/0": [silence],
    "http://h/1": [hang],
    "http://h/2": [async ({ ctx }) => {
      await aborted(ctx.signal).catch(() => {}); // and goes on as if nothing had happened
    }],
  });
  const requests = Array.from({ length: 6 }, (_, i) => request(`http://h/${i}`, `f${i}`));
  const run = bench.run(scheme, { maxParallel: 3 });
  const work = run.transfer(requests);
  await bench.clock.advance(5000);
  const stop = failure("Transfer", {}, "interrupted");
  run.stop(stop);
  run.stop(failure("Transfer", {}, "a second time"));
  await settled();
  assertEquals(bench.heard.toSorted(), [0, 2, 3, 4, 5], "only what ignores its signal takes time");
  const results = await bench.clock.finish(work, 1);
  assertEquals(results.map((result) => [result.success, result.tries, ...texts(result)]), [
    [false, 1, "interrupted"],
    [false, 1, "interrupted"],
    [false, 1, "interrupted"],
    [false, 0, "interrupted"],
    [false, 0, "interrupted"],
    [false, 0, "interrupted"],
  ]);
  assertEquals(bench.dir.names(), []);
  assertEquals(bench.heard.length, 6);
  assertEquals(scheme.calls.length, 3);
});

Deno.test("stop() keeps what comes too late out of the target", async () => {
  using bench = new Bench();
  const gate = Promise.withResolvers<void>();
  const scheme = fakeScheme(bench.clock, {
    "http://h/f": [async (step) => {
      await gate.promise;
      await bring("late")(step);
    }],
  });
  Deno.writeTextFileSync(bench.dir.join("f"), "old");
  const run = bench.run(scheme);
  const work = run.transfer([request("http://h/f", "f")]);
  await bench.clock.advance(1000);
  run.stop(failure());
  const [result] = await bench.clock.finish(work);
  assertEquals(result!.success, false);
  gate.resolve();
  await bench.clock.advance(5000);
  assertEquals(Deno.readTextFileSync(bench.dir.join("f")), "old");
});

// HTCondor's own plug-in, measured: what it calls stalled and what not.
for (
  const [what, plan, stalls] of [
    ["1 KB, then 28 s silence, then the rest", [[0.1, 1000], [28, 5000]], false],
    ["62 s silence in the middle", [[0.1, 1000], [62, 5000]], true],
    ["32 s before the first byte", [[32, 1000]], true],
    ["20 bytes, then 32 s silence", [[0.1, 20], [32, 1000]], true],
    ["2 B/s for an hour", Array(3600).fill([1, 2]), false],
    ["1 B every 2 s", Array(100).fill([2, 1]), true],
  ] as const
) {
  Deno.test(`stall rule, in the second file of a batch: ${what}`, async () => {
    using bench = new Bench();
    const plenty = trickle(bench.clock, Array(70).fill([1, 1_000_000]));
    const scheme = fakeScheme(bench.clock, {
      "http://h/0": [plenty],
      "http://h/1": [trickle(bench.clock, plan)],
      "http://h/2": [plenty],
    });
    const requests = [0, 1, 2].map((i) => request(`http://h/${i}`, `f${i}`));
    for (const maxParallel of [1, 3]) {
      const results = await bench.transfer(scheme, requests, { maxParallel });
      assertEquals(results.map(({ success }) => success), [true, !stalls, true]);
      if (!stalls) continue;
      assertEquals(results[1]!.tries, 1);
      const { message, facts } = results[1]!.failures[0]!.failure;
      assertEquals(message, "Aborted due to lack of progress");
      assertEquals([facts.failureType, facts.errorCode, facts.server], ["TooSlow", 42, "h:80"]);
    }
  });
}

Deno.test("stall rule: uploads count too, and a stall is not tried again but goes to a mirror", async () => {
  using bench = new Bench();
  Deno.writeTextFileSync(bench.dir.join("up"), "12345");
  const scheme = fakeScheme(bench.clock, { "http://h/up": [silence], "http://h/down": [silence] });
  const up = request("http://h/up", "up");
  const [sent] = await bench.transfer(scheme, [up], { direction: "upload" });
  assertEquals([sent!.success, sent!.tries], [false, 1]);
  assertEquals(bench.clock.monotonic(), 30_000);
  const down = request("http://h/down", "down", { mirrors: ["http://i/down"] });
  const [brought] = await bench.transfer(scheme, [down]);
  assertEquals([brought!.success, brought!.tries], [true, 2]);
});

Deno.test("stall rule: a scheme that ignores its end may hold the file, so no mirror is asked", async () => {
  using bench = new Bench();
  const scheme = fakeScheme(bench.clock, { "http://h/f": [hang] });
  const [result] = await bench.transfer(scheme, [
    request("http://h/f", "f", { mirrors: ["http://i/f"] }),
  ]);
  assertEquals([result!.success, scheme.calls.length], [false, 1]);
  assertEquals(bench.clock.monotonic(), 30_700);
});

Deno.test("stall rule: waiting for a slot and between attempts is no stall", async () => {
  using bench = new Bench();
  const slow = trickle(bench.clock, Array(100).fill([1, 1000]));
  const scheme = fakeScheme(bench.clock, {
    "http://h/0": [slow],
    "http://h/1": [fail("Transfer", { retryable: 200 }), slow],
  });
  const requests = [0, 1].map((i) => request(`http://h/${i}`, `f${i}`));
  const results = await bench.transfer(scheme, requests, { maxParallel: 1 });
  assertEquals(results.map(({ success }) => success), [true, true]);
});

Deno.test("stall rule: a file that grows is progress, whatever lay there before", async () => {
  using bench = new Bench();
  const growing =
    (seconds: number, perSecond: number): Outcome => async ({ path, part, url, ctx }) => {
      ctx.connected();
      using file = Deno.openSync(path, { write: true, create: true, truncate: true });
      for (let i = 0; i < seconds; i++) {
        await bench.clock.sleep(1000, ctx.signal);
        file.writeSync(new Uint8Array(perSecond));
      }
      part!.identity = { url };
      if (ctx.attempt === 1) throw failure();
    };
  assert((await bench.one([growing(100, 50_000), growing(100, 10)])).success);
});

Deno.test("stall rule: bytes that are reported and written count once", async () => {
  using bench = new Bench();
  const result = await bench.one([async ({ part, ctx }) => {
    ctx.connected();
    using file = part!.open();
    for (let i = 0; i < 100; i++) {
      file.writeSync(new Uint8Array(6));
      ctx.moved(6);
      await bench.clock.sleep(10_000, ctx.signal);
    }
  }]);
  assertEquals(texts(result), ["Aborted due to lack of progress"]);
});

Deno.test("stall rule: what an earlier attempt left is no progress", async () => {
  using bench = new Bench();
  const result = await bench.one([({ ctx, url, part }) => {
    using file = part!.open();
    file.writeSync(new Uint8Array(1_000_000));
    part!.identity = { url };
    ctx.moved(1_000_000);
    throw failure();
  }, silence]);
  assertEquals(texts(result), ["went wrong", "Aborted due to lack of progress"]);
  // Half a second until the second attempt; the looks are a second apart.
  assertEquals(bench.clock.monotonic(), 31_000);
});

Deno.test("stall rule: a file begun anew where another was resumed does not count as shrinking", async () => {
  using bench = new Bench();
  const result = await bench.one([({ url, part }) => {
    using file = part!.open();
    file.writeSync(new Uint8Array(1_000_000));
    part!.identity = { url };
    throw failure();
  }, async ({ ctx, part }) => {
    ctx.connected();
    await bench.clock.sleep(25_000, ctx.signal);
    using file = part!.open();
    for (let i = 0; i < 50; i++) {
      file.writeSync(new Uint8Array(1000));
      ctx.moved(1000);
      await bench.clock.sleep(1000, ctx.signal);
    }
  }]);
  assertEquals([result.success, result.bytes], [true, 50_000]);
});

Deno.test("Run counts bytes and connected time over all attempts", async () => {
  using bench = new Bench();
  const result = await bench.one([
    async (step) => {
      await trickle(bench.clock, [[3, 1000]])(step);
      throw failure();
    },
    trickle(bench.clock, [[2, 500]]),
  ]);
  assertEquals([result.totalBytes, result.bytes, result.connectionSeconds], [1500, 0, 5]);
  assertNotEquals(result.startTime, result.endTime);
});

Deno.test({
  name: `Run keeps the old file and the part file when the disk is full${
    available ? "" : ` (needs ${missing})`
  }`,
  ignore: !available,
  fn: async () => {
    await using disk = await mountFullDisk({ size: 65_536, filled: 40_960 });
    const host = new FakeHost({ cwd: disk.path });
    Deno.writeTextFileSync(`${disk.path}/f`, "old");
    const scheme = fakeScheme(host.clock, { "http://h/f": [bring(new Uint8Array(30_000))] });
    const run = new Run({
      direction: "download",
      schemes: [scheme],
      host,
      maxParallel: 1,
      maxPerHost: 1,
      deadline: 1000,
      onResult: () => {},
      onTick: () => {},
    });
    const [result] = await host.clock.finish(run.transfer([request("http://h/f", "f")]));
    assertEquals([result!.success, result!.tries], [false, 1]);
    const { message, facts } = result!.failures[0]!.failure;
    assertStringIncludes(message, "No space left on device writing ");
    assertEquals([facts.failureType, facts.server, facts.retryable], ["NoSpace", "ep7", -1]);
    assertEquals(Deno.readTextFileSync(`${disk.path}/f`), "old");
    const names = [...Deno.readDirSync(disk.path)].map(({ name }) => name);
    assertEquals(names.filter((name) => name.startsWith(".f.part-")).length, 1);
  },
});
