import {
  assert,
  assertEquals,
  assertMatch,
  assertRejects,
  assertStringIncludes,
} from "@std/assert";
import { type ClassAd, parseAds, parseOldAd } from "../../core/classad/mod.ts";
import { UsageError } from "../../core/errors.ts";
import { runPlugin } from "../../core/transfer/plugin.ts";
import { environmentPrefix } from "../../core/transfer/plugin_definition.ts";
import { TempDir } from "./contract.ts";
import { FakeHost, START } from "./fake_host.ts";
import { bring, fail, type FakeScheme, fakeScheme, hang, silence, trickle } from "./fake_scheme.ts";
import type { Outcome } from "./fake_scheme.ts";

const RESERVED = 19_264;

/** A plug-in on a machine of its own, started as HTCondor does. */
class Bench {
  readonly dir = new TempDir();
  readonly infile = this.dir.join(".test_plugin.in");
  readonly outfile = this.dir.join(".test_plugin.out");
  readonly host: FakeHost;
  scheme: FakeScheme;

  constructor(
    script: Readonly<Record<string, readonly Outcome[]>> = {},
    env: Readonly<Record<string, string>> = {},
  ) {
    this.host = new FakeHost({ cwd: this.dir.path, env });
    this.scheme = fakeScheme(this.host.clock, script);
    Deno.writeTextFileSync(this.outfile, " ".repeat(RESERVED));
  }

  /** Starts the plug-in with these arguments. */
  start(...args: string[]): Promise<number> {
    const { scheme } = this;
    const name = "test_plugin";
    const definition = { name, version: "0.7", summary: "test", methods: scheme.methods };
    return runPlugin({ ...definition, schemes: () => [scheme] }, args, this.host);
  }

  /** Runs it to its end, as HTCondor does. */
  async batch(infile: string | Uint8Array, ...more: string[]): Promise<number> {
    return await this.host.clock.finish(this.begin(infile, ...more));
  }

  begin(infile: string | Uint8Array, ...more: string[]): Promise<number> {
    if (typeof infile === "string") Deno.writeTextFileSync(this.infile, infile);
    else Deno.writeFileSync(this.infile, infile);
    return this.start("-infile", this.infile, "-outfile", this.outfile, ...more);
  }

  /** The ads in the out file. */
  ads(): ClassAd[] {
    return [...parseAds(Deno.readFileSync(this.outfile))];
  }

  [Symbol.dispose](): void {
    this.dir[Symbol.dispose]();
    assertEquals(this.host.clock.pending, 0, "a timer was left");
    assertEquals(this.host.signal("SIGTERM"), false, "a signal is still listened to");
  }
}

const file = (url: string, name: string, more = "") =>
  `[ Url = "${url}"; LocalFileName = "${name}"; ${more} ]`;

const files = (count: number) =>
  Array.from({ length: count }, (_, i) => file(`http://h/${i}`, `f${i}`)).join("");

const verdicts = (ads: readonly ClassAd[]) =>
  ads.map((ad) => [ad.getString("TransferFileName"), ad.getBoolean("TransferSuccess")]);

const refused = fail("Specification", { retryable: -1, server: "h:80" }, "not there");

Deno.test("runPlugin() moves a batch and reports each file, the failed ones last", async () => {
  using bench = new Bench({ "http://h/1": [refused] });
  assertEquals(await bench.batch(files(4)), 1);
  assertEquals(verdicts(bench.ads()), [["f0", true], ["f2", true], ["f3", true], ["f1", false]]);
  assertEquals(Deno.statSync(bench.outfile).size, RESERVED);
  assertEquals(bench.host.printed(), "");
  assertMatch(
    bench.host.errors,
    /^\d\d\/\d\d\/\d\d \d\d:\d\d:\d\d ERROR: download http:\/\/h\/1: not there\n$/,
  );
  assertEquals(bench.scheme.closed, 1);
});

Deno.test("runPlugin() is silent and ends with 0 when all was moved", async () => {
  using bench = new Bench();
  assertEquals(await bench.batch(files(3)), 0);
  assertEquals([bench.host.printed(), bench.host.errors], ["", ""]);
});

Deno.test("runPlugin() takes its arguments in any order, and -upload anywhere", async () => {
  using bench = new Bench();
  Deno.writeTextFileSync(bench.dir.join("f0"), "12345");
  Deno.writeTextFileSync(bench.infile, files(1));
  const [i, o] = [["-infile", bench.infile], ["-outfile", bench.outfile]] as const;
  for (
    const [args, type] of [
      [[...o, ...i], "download"],
      [["-upload", ...i, ...o], "upload"],
      [[...i, "-upload", ...o], "upload"],
      [[...o, ...i, "--upload"], "upload"],
      [[`-infile=${bench.infile}`, `--outfile=${bench.outfile}`], "download"],
      [[...i, ...o, "-diagnostic"], "download"],
    ] as const
  ) {
    assertEquals(await bench.host.clock.finish(bench.start(...args)), 0);
    assertEquals(bench.ads().map((ad) => ad.getString("TransferType")), [type]);
  }
});

Deno.test("runPlugin() prints a line for each moved file with -diagnostic", async () => {
  using bench = new Bench({ "http://h/0": [fail(), bring("12")] });
  await bench.batch(files(2), "-diagnostic");
  assertStringIncludes(bench.host.errors, "download http://h/0: 2 bytes (2 attempts)\n");
  assertStringIncludes(bench.host.errors, "download http://h/1: 4 bytes\n");
});

Deno.test("runPlugin() prints the ads where there is no out file", async () => {
  using bench = new Bench({ "http://h/1": [refused] });
  Deno.writeTextFileSync(bench.infile, files(2));
  assertEquals(await bench.host.clock.finish(bench.start("-infile", bench.infile)), 1);
  const ads = [...parseAds(bench.host.printedBytes())];
  assertEquals(verdicts(ads), [["f0", true], ["f1", false]]);
});

Deno.test("runPlugin() leaves nothing in the out file of what was there before", async () => {
  using bench = new Bench();
  Deno.writeTextFileSync(bench.outfile, `[ TransferSuccess = true; Stale = 1 ]`.repeat(1000));
  await bench.batch(files(1));
  assertEquals(bench.ads().length, 1);
  assertEquals(Deno.readTextFileSync(bench.outfile).includes("Stale"), false);
});

Deno.test("runPlugin() makes an out file that is missing", async () => {
  using bench = new Bench();
  Deno.removeSync(bench.outfile);
  assertEquals(await bench.batch(files(1)), 0);
  assertEquals(bench.ads().length, 1);
});

Deno.test("runPlugin() reserves room for many ads before the first byte moves", async () => {
  using bench = new Bench({
    "http://h/0": [({ part }) => {
      assertEquals(Deno.statSync(bench.outfile).size, 101 * 1536);
      part!.write(new Uint8Array(1));
    }],
  });
  assertEquals(await bench.batch(files(100)), 0);
  assertEquals(Deno.statSync(bench.outfile).size, 101 * 1536);
});

Deno.test("runPlugin() says with an infile that cannot be read what HTCondor's own says", async () => {
  using bench = new Bench();
  const infile = bench.dir.join("absent");
  assertEquals(await bench.start("-infile", infile, "-outfile", bench.outfile), 1);
  const text = `Unable to open test_plugin input file ${infile}.`;
  assertEquals(bench.host.errors.split("\n")[0], text);
  const [ad, ...others] = bench.ads();
  assertEquals(others, []);
  assertEquals(ad!.getBoolean("TransferSuccess"), false);
  assertEquals(ad!.getString("TransferError"), text);
  assertEquals([ad!.getString("TransferUrl"), ad!.getString("TransferFileName")], ["", ""]);
  const [stanza] = ad!.getList("TransferErrorData") as ClassAd[];
  assertEquals(stanza!.getString("ErrorType"), "Parameter");
  assertEquals(stanza!.getString("PluginVersion"), "0.7");
});

Deno.test("runPlugin() says with an outfile that cannot be opened what HTCondor's own says", async () => {
  using bench = new Bench();
  const outfile = bench.dir.join("no", "out");
  Deno.writeTextFileSync(bench.infile, files(1));
  assertEquals(await bench.start("-infile", bench.infile, "-outfile", outfile), 1);
  const text = `Unable to open test_plugin output file: ${outfile}`;
  assertEquals(bench.host.errors.split("\n")[0], text);
  assertEquals(bench.scheme.calls, [], "nothing is moved that cannot be reported");
});

Deno.test("runPlugin() fails when its last word cannot be written", async () => {
  using bench = new Bench();
  Deno.writeTextFileSync(bench.infile, files(1));
  const work = bench.start("-infile", bench.infile, "-outfile", "/dev/full");
  assertEquals(await bench.host.clock.finish(work), 1);
  assertEquals(
    bench.host.errors.split("\n")[0],
    "Unable to write test_plugin output file: /dev/full",
  );
  assertMatch(bench.host.errors, /No space left on device/);
});

Deno.test("runPlugin() moves the files before a malformed ad, and reports that too", async () => {
  using bench = new Bench();
  assertEquals(await bench.batch(`${files(2)}[ Url = `), 1);
  assertEquals(verdicts(bench.ads()), [["f0", true], ["f1", true], ["", false]]);
  const last = bench.ads()[2]!;
  assertMatch(last.getString("TransferError")!, /^Cannot read the input ads: /);
  assertStringIncludes(bench.host.errors, "Cannot read the input ads: ");
});

Deno.test("runPlugin() reports an infile that holds no ad at all", async () => {
  for (const content of ["nonsense", new Uint8Array([0, 1, 2, 255]), "[", "Url = 1\n"]) {
    using bench = new Bench();
    assertEquals(await bench.batch(content), 1);
    const [ad, ...others] = bench.ads();
    assertEquals([others.length, ad!.getBoolean("TransferSuccess")], [0, false]);
    const [stanza] = ad!.getList("TransferErrorData") as ClassAd[];
    assertEquals(stanza!.getString("ErrorType"), "Parameter");
  }
});

Deno.test("runPlugin() ends well with nothing to do, and says so", async () => {
  for (const content of ["", "  \n", "[ PluginData = [ A = 1 ] ]"]) {
    using bench = new Bench();
    Deno.writeTextFileSync(bench.outfile, "[ Stale = 1 ]");
    assertEquals(await bench.batch(content), 0);
    assertEquals(bench.ads(), []);
    assertEquals(bench.host.errors, `No file to transfer is named in ${bench.infile}\n`);
  }
});

Deno.test("runPlugin() refuses a file with a bad option, and moves the others", async () => {
  using bench = new Bench();
  const bad = file("http://h/0", "f0", `PluginData = [ MaxRetries = "x" ]`);
  assertEquals(await bench.batch(bad + file("http://h/1", "f1")), 1);
  const ads = bench.ads();
  assertEquals(verdicts(ads), [["f1", true], ["f0", false]]);
  assertMatch(ads[1]!.getString("TransferError")!, /^Cannot use "MaxRetries": /);
});

Deno.test("runPlugin() moves one file by the older convention, both ways", async () => {
  using bench = new Bench();
  const target = bench.dir.join("f");
  assertEquals(await bench.host.clock.finish(bench.start("http://h/f", target)), 0);
  const ad = parseOldAd(bench.host.printed());
  assertEquals(ad.getString("TransferUrl"), "http://h/f");
  assertEquals(ad.getString("TransferFileName"), target);
  assertEquals([ad.getBoolean("TransferSuccess"), ad.getString("TransferType")], [
    true,
    "download",
  ]);
  assertEquals(Deno.readTextFileSync(target), "four");
  const up = new FakeHost({ cwd: bench.dir.path });
  const { scheme } = bench;
  const definition = { name: "x_plugin", version: "1", summary: "x", methods: ["http"] };
  const run = runPlugin({ ...definition, schemes: () => [scheme] }, [target, "http://h/up"], up);
  assertEquals(await up.clock.finish(run), 0);
  assertEquals(parseOldAd(up.printed()).getString("TransferType"), "upload");
});

Deno.test("runPlugin() reports a failure by the older convention", async () => {
  using bench = new Bench({ "http://h/f": [refused] });
  assertEquals(await bench.host.clock.finish(bench.start("http://h/f", bench.dir.join("f"))), 1);
  const ad = parseOldAd(bench.host.printed());
  assertEquals([ad.getBoolean("TransferSuccess"), ad.getString("TransferError")], [
    false,
    "not there",
  ]);
});

Deno.test("runPlugin() prints the file alone for the name -", async () => {
  using bench = new Bench();
  assertEquals(await bench.host.clock.finish(bench.start("http://h/f", "-")), 0);
  assertEquals(bench.host.printed(), "four");
});

Deno.test("runPlugin() answers a query anywhere among its arguments, in an empty environment", async () => {
  for (
    const args of [["-classad"], ["x", "-classad"], ["-classad", "-infile", "x"], ["--classad"]]
  ) {
    using bench = new Bench();
    assertEquals(await bench.start(...args), 0);
    assertEquals(bench.host.errors, "");
    const ad = parseOldAd(bench.host.printed());
    assertEquals(ad.getInteger("ProtocolVersion"), 4);
    assertEquals(bench.scheme.calls, []);
  }
});

Deno.test("runPlugin() reports a call it does not understand for each input", async () => {
  using bench = new Bench();
  Deno.writeTextFileSync(bench.infile, `${files(2)}[ broken`);
  const io = ["-infile", bench.infile, "-outfile", bench.outfile];
  for (
    const args of [[...io, "-frobnicate"], ["stray", ...io], [...io, "-upload=x"], [
      ...io,
      "-infile",
    ]]
  ) {
    const error = await assertRejects(() => bench.start(...args), UsageError);
    assertMatch(error.message, /^test_plugin: [^\n]+$/);
    assertEquals(verdicts(bench.ads()), [["f0", false], ["f1", false]]);
    assertEquals(bench.ads()[0]!.getString("TransferError"), error.message);
    Deno.writeTextFileSync(bench.outfile, " ".repeat(RESERVED));
  }
  await assertRejects(() => bench.start("-outfile", bench.outfile, "-frobnicate"), UsageError);
  assertEquals(verdicts(bench.ads()), [["", false]]);
  await assertRejects(() => bench.start("-infile", "/nonexistent", "-frobnicate"), UsageError);
  for (const args of [[], ["one"], ["neither", "nor"]]) {
    await assertRejects(() => bench.start(...args), UsageError);
  }
  const secret = "http://u:pa55@h/f?sig=5ec4e7";
  for (const args of [["-infile", bench.infile, secret], ["x", ` ${secret}`]]) {
    const { message } = await assertRejects(() => bench.start(...args), UsageError);
    assertEquals([message.includes("pa55"), message.includes("5ec4e7")], [false, false]);
  }
});

Deno.test("runPlugin() ends on a signal within a second, with an ad for each file", async () => {
  for (const name of ["SIGTERM", "SIGINT"]) {
    using bench = new Bench({
      "http://h/1": [silence],
      "http://h/2": [hang],
      "http://h/3": [hang],
    });
    const run = bench.begin(
      file("http://h/0", "f0", "MaxParallel = 2") + files(6).slice(files(1).length),
    );
    await bench.host.clock.advance(3000);
    const before = bench.host.clock.monotonic();
    assert(bench.host.signal(name));
    assertEquals(await bench.host.clock.finish(run, 1), 1);
    assert(bench.host.clock.monotonic() - before < 1000);
    const ads = bench.ads();
    assertEquals(verdicts(ads)[0], ["f0", true]);
    assertEquals(ads.length, 6);
    for (const ad of ads.slice(1)) {
      assertEquals(ad.getString("TransferError"), `Transfer interrupted by ${name}`);
    }
    const tries = ads.map((ad) => ad.getAd("DeveloperData")!.getInteger("TransferTries"));
    assertEquals(tries, [1, undefined, undefined, undefined, 1, 1], "those never begun come first");
  }
});

Deno.test("runPlugin() keeps the out file true while files are under way", async () => {
  using bench = new Bench();
  const slow = (seconds: number): Outcome => async (step) => {
    await trickle(bench.host.clock, Array(seconds).fill([1, 100]))(step);
    step.part?.write(new Uint8Array(1));
  };
  bench.scheme = fakeScheme(bench.host.clock, {
    "http://h/0": [slow(5)],
    "http://h/1": [slow(10)],
    "http://h/2": [slow(15)],
  });
  const run = bench.begin(files(3));
  const moved: number[] = [];
  for (let second = 0; second < 16; second++) {
    await bench.host.clock.advance(second === 0 ? 10 : 1000);
    const ads = bench.ads();
    assertEquals(ads.length, 3, `after ${second} s`);
    moved.push(verdicts(ads).filter(([, success]) => success).length);
    const others = ads.filter((ad) => !ad.getBoolean("TransferSuccess"));
    for (const ad of others) {
      assertEquals(ad.getString("TransferError"), "The transfer was not completed");
    }
  }
  assertEquals(await bench.host.clock.finish(run), 0);
  assertEquals(moved[0], 0);
  for (const [second, atLeast] of [[6, 1], [11, 2]] as const) assert(moved[second]! >= atLeast);
  assertEquals(moved, moved.toSorted());
});

Deno.test("runPlugin() bounds what it prints", async () => {
  using bench = new Bench();
  const content = Array.from({ length: 10_000 }, (_, i) => file("nonsense", `f${i}`)).join("");
  assertEquals(await bench.batch(content), 1);
  assert(bench.host.errors.length <= 16 * 1024, `${bench.host.errors.length} bytes`);
  assertEquals(bench.ads().length, 10_000);
});

Deno.test("runPlugin() prints no secret", async () => {
  const url = "http://user:pa55@h/f?X-Amz-Signature=5ec4e7";
  using bench = new Bench({ [url]: [fail("Authorization", { retryable: -1 }, `refused ${url}`)] });
  await bench.batch(file(url, "f"), "-diagnostic");
  const [ad] = bench.ads();
  assertEquals(ad!.getString("TransferUrl"), url, "HTCondor finds the file by it");
  const rest = Deno.readTextFileSync(bench.outfile).replace(url, "");
  for (const secret of ["pa55", "5ec4e7"]) {
    assertEquals([bench.host.errors.includes(secret), rest.includes(secret)], [false, false]);
  }
});

Deno.test("runPlugin() heeds environment, job and administrator for its limits", async () => {
  using limits = new TempDir();
  Deno.writeTextFileSync(limits.join("l.json"), `{ "MaxParallel": 4, "MaxPerHost": 64 }`);
  const FTPLUGIN_ADMIN_LIMITS = limits.join("l.json");
  const header = (data: string) => `[ PluginData = [ ${data} ] ]`;
  for (
    const [env, data, peak] of [
      [{}, "", 6],
      [{ TEST_PARALLEL: "3" }, "", 3],
      [{ TEST_PARALLEL: "3" }, header("MaxParallel = 5"), 5],
      [{ TEST_PER_HOST: "20" }, header("MaxParallel = 20"), 12],
      [{ FTPLUGIN_ADMIN_LIMITS }, header("MaxParallel = 9"), 4],
      [{ FTPLUGIN_ADMIN_LIMITS }, header("MaxParallel = 2"), 2],
    ] as const
  ) {
    using bench = new Bench({}, env);
    const wait: Outcome = async (step) => {
      await bench.host.clock.sleep(1000, step.ctx.signal);
      bring("x")(step);
    };
    const script = Array.from({ length: 12 }, (_, i) => [`http://h/${i}`, [wait]] as const);
    bench.scheme = fakeScheme(bench.host.clock, Object.fromEntries(script));
    assertEquals(await bench.batch(data + files(12)), 0);
    assertEquals([data, bench.scheme.peak.total], [data, peak]);
  }
});

Deno.test("runPlugin() ends at the job's deadline", async () => {
  using bench = new Bench();
  bench.scheme = fakeScheme(bench.host.clock, {
    "http://h/0": [trickle(bench.host.clock, Array(900).fill([1, 100]))],
  });
  assertEquals(await bench.batch(`[ PluginData = [ Deadline = 45 ] ]${files(1)}`), 1);
  assertEquals(bench.ads()[0]!.getString("TransferError"), "Deadline of 45 s reached");
  assertEquals(bench.ads()[0]!.getInteger("TransferEndTime"), START + 45);
});

Deno.test("runPlugin() warns of settings it cannot use, once", async () => {
  using bench = new Bench({}, { TEST_PARALLEL: "many", FTPLUGIN_ADMIN_LIMITS: "/dev/null" });
  assertEquals(await bench.batch(files(2)), 0);
  const lines = bench.host.errors.trimEnd().split("\n");
  assertEquals(lines.length, 2);
  assertMatch(lines[0]!, /^[\d\/]+ [\d:]+ Cannot use TEST_PARALLEL: expected an integer/);
  assertMatch(lines[1]!, /Cannot read "\/dev\/null": not a regular file/);
});

const NEAR = { retryable: -1, server: "h:80" };

for (
  const [what, script, more, requeued] of [
    ["all fail to connect", [fail("Contact", NEAR)], "", true],
    ["no resolver answers", [fail("Resolution", { ...NEAR, failureType: "PreContact" })], "", true],
    [
      "the proxy is away",
      [fail("Contact", { ...NEAR, intermediate: { server: "p", errorType: "Connection" } })],
      "",
      true,
    ],
    [
      "the name does not exist",
      [fail("Resolution", { ...NEAR, failureType: "Definitive" })],
      "",
      false,
    ],
    ["one is refused for good", [fail("Contact", NEAR)], file("http://h/gone", "g"), false],
    [
      "one is moved, one fails to connect",
      [fail("Contact", NEAR)],
      file("http://h/ok", "ok"),
      true,
    ],
    ["an ad is malformed", [fail("Contact", NEAR)], "[ broken", false],
    [
      "an ad has a bad option",
      [fail("Contact", NEAR)],
      file("http://h/x", "x", "Verify = 1"),
      false,
    ],
    ["all are moved", [bring("x")], "", false],
  ] as const
) {
  Deno.test(`runPlugin() with RequeueOnTransient leaves ${requeued ? "no" : "its"} ads when ${what}`, async () => {
    for (
      const [env, data] of [[{ TEST_REQUEUE_ON_TRANSIENT: "true" }, ""], [
        {},
        "[ PluginData = [ RequeueOnTransient = true ] ]",
      ]] as const
    ) {
      using bench = new Bench({ "http://h/0": script, "http://h/gone": [refused] }, env);
      const status = await bench.batch(data + files(1) + more);
      assertEquals(status, what === "all are moved" ? 0 : 1);
      assertEquals(bench.ads().length === 0, requeued);
      assertEquals(bench.host.errors.includes("requeued"), requeued);
      assertEquals(Deno.statSync(bench.outfile).size, RESERVED);
    }
  });
}

Deno.test("runPlugin() requeues downloads only, and only when asked to", async () => {
  using plain = new Bench({ "http://h/0": [fail("Contact", NEAR)] });
  assertEquals(await plain.batch(files(1)), 1);
  assertEquals(plain.ads().length, 1);
  using bench = new Bench({ "http://h/0": [fail("Contact", NEAR)] }, {
    TEST_REQUEUE_ON_TRANSIENT: "1",
  });
  Deno.writeTextFileSync(bench.dir.join("f0"), "x");
  assertEquals(await bench.batch(files(1), "-upload"), 1);
  assertEquals(bench.ads().length, 1);
});

Deno.test("environmentPrefix() follows HTCondor's rule", () => {
  for (
    const [name, prefix] of [
      ["curl_plugin", "CURL"],
      ["box_plugin.py", "BOX"],
      ["zkm.sh", "ZKM"],
      ["stash_plugin", "STASH"],
      ["own", "OWN"],
    ] as const
  ) assertEquals(environmentPrefix(name), prefix);
});
