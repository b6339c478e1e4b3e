import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { join } from "@std/path";
import { Site, until } from "./processes.ts";

Deno.test("the daemon issues what was asked for, says so, and ends in order", async () => {
  using site = new Site();
  site.ask("alice");
  site.ask("bob", "scitokens_read");
  await using daemon = await site.daemon();
  assertEquals([site.read("pid"), site.mode("pid")], [`${daemon.pid}`, 0o644]);
  assertEquals([site.read("CREDMON_COMPLETE"), site.mode("CREDMON_COMPLETE")], ["", 0o644]);
  for (const name of ["alice/scitokens.use", "bob/scitokens_read.use"]) {
    assertEquals(site.mode(name), 0o400);
    assertMatch(site.read(name), /^\{"access_token": "eyJ[^"]+", "expires_in": 1200\}$/);
  }
  await site.logged("Sleeping for");
  const lines = site.lines();
  assertMatch(lines[0]!, /^Starting condor_credmon_local \d\S* as CREDMON_OAUTH$/);
  assertMatch(lines[1]!, /^LOCAL: Created ES256 key at /);
  const renewed = lines.filter((line) =>
    line.startsWith("LOCAL: Successfully renewed SciToken for")
  );
  assertEquals(renewed.length, 2);
  assertEquals(lines.at(-1), "Sleeping for 60 seconds unless interrupted");
  const { code, stdout, stderr } = await daemon.end();
  assertEquals([code, stdout, stderr], [0, "", ""]);
  assertEquals([site.has("pid"), site.lines().at(-1)], [false, "Got SIGTERM, terminating"]);
});

Deno.test("no secret is in the log, in the status or on a stream", async () => {
  using site = new Site();
  site.ask("alice");
  await using daemon = await site.daemon(["-d", "-v"]);
  site.ask("carol");
  daemon.kill("SIGHUP");
  await until("a token for carol", () => site.has("carol/scitokens.use"));
  const { stderr, stdout } = await daemon.end();
  const key = Deno.readTextFileSync(join(site.path, "key.pem")).split("\n")[1]!;
  const tokens = ["alice", "carol"].map((user) =>
    (JSON.parse(site.read(`${user}/scitokens.use`)) as { access_token: string }).access_token
  );
  const shown = [
    stdout,
    stderr,
    Deno.readTextFileSync(site.log),
    site.read(".credmon-status.json"),
  ].join("\n");
  for (const secret of [key, ...tokens.flatMap((token) => [token, ...token.split(".")])]) {
    assert(secret.length > 20);
    assertEquals(shown.includes(secret), false);
  }
  assertStringIncludes(stderr, "Successfully renewed SciToken for user: carol");
});

Deno.test("a signal has a new user served at once", async () => {
  using site = new Site();
  await using daemon = await site.daemon();
  for (let i = 0; i < 5; i++) {
    site.ask(`user${i}`);
    const before = performance.now();
    daemon.kill("SIGHUP");
    await until(`a token for user${i}`, () => site.has(`user${i}/scitokens.use`));
    const took = performance.now() - before;
    assert(took < 1000, `${took} ms`);
  }
});

Deno.test("200 signals are at most three scans", async () => {
  using site = new Site();
  site.ask("alice");
  await using daemon = await site.daemon([], { fake: "publish" });
  await site.logged("Sleeping for");
  const before = site.scans();
  for (let i = 0; i < 200; i++) daemon.kill("SIGHUP");
  site.ask("zoe");
  daemon.kill("SIGHUP");
  await until("a file for zoe", () => site.has("zoe/scitokens.use"));
  await daemon.end();
  const scans = site.scans() - before;
  assert(scans >= 1 && scans <= 3, `${scans} scans`);
});

for (const signal of ["SIGTERM", "SIGINT", "SIGQUIT"] as const) {
  Deno.test(`${signal} ends the daemon within two seconds, whatever hangs`, async () => {
    using site = new Site();
    site.ask("alice");
    await using daemon = await site.daemon([], { fake: "hang" });
    await until("a scan", () => site.scans() > 0);
    const before = performance.now();
    const { code, signal: by } = await daemon.end(signal);
    const took = performance.now() - before;
    assertEquals([code, by, site.has("pid")], [0, null, false]);
    assert(took < 2000, `${took} ms`);
  });
}

Deno.test("the daemon takes signals also when it is born with all of them blocked", async () => {
  using site = new Site();
  for (const how of ["--block-signal", "--ignore-signal=HUP --block-signal=HUP,TERM"]) {
    const before = ["env", ...how.split(" ")];
    await using daemon = await site.daemon([], { fake: "publish", before });
    site.ask("alice");
    daemon.kill("SIGHUP");
    await until("a file for alice", () => site.has("alice/scitokens.use"));
    const { code } = await daemon.end();
    assertEquals([how, code], [how, 0]);
    Deno.removeSync(join(site.cred, "alice"), { recursive: true });
  }
});

Deno.test("a killed daemon can be followed at once, and what it left half written goes", async () => {
  using site = new Site();
  site.ask("alice");
  await using first = await site.daemon([], { fake: "publish" });
  await first.end("SIGKILL");
  const left = `.scitokens.use.${"0".repeat(16)}.tmp`;
  Deno.writeTextFileSync(join(site.cred, "alice", left), "half");
  assertEquals(site.read("pid"), `${first.pid}`);
  Deno.removeSync(join(site.cred, "alice/scitokens.use"));
  await using second = await site.daemon([], { fake: "publish" });
  await until("a file for alice", () => site.has("alice/scitokens.use"));
  assertEquals([site.read("pid"), (await second.end()).code], [`${second.pid}`, 0]);
  assertEquals([...Deno.readDirSync(join(site.cred, "alice"))].map(({ name }) => name).toSorted(), [
    "scitokens.top",
    "scitokens.use",
  ]);
});

Deno.test("a second daemon is refused with a clear line, and leaves the first alone", async () => {
  using site = new Site();
  await using first = await site.daemon();
  const { code, stderr } = await site.run([]);
  assertEquals(code, 1);
  assertMatch(
    stderr,
    /^condor_credmon_local: Cannot look after "[^"]+": process \d+ does; [^\n]+\n$/,
  );
  assertEquals(site.read("pid"), `${first.pid}`);
  assertEquals((await first.end()).code, 0);
});

Deno.test("what was planted in the directory is replaced, and leads nowhere", async () => {
  using site = new Site();
  const victim = join(site.path, "victim");
  Deno.writeTextFileSync(victim, "precious");
  site.ask("alice");
  for (const name of ["pid", "CREDMON_COMPLETE", ".credmon-status.json", "alice/scitokens.use"]) {
    Deno.symlinkSync(victim, join(site.cred, name));
  }
  await using daemon = await site.daemon();
  await until("a token", () => Deno.lstatSync(join(site.cred, "alice/scitokens.use")).isFile);
  await until("a status", () => Deno.lstatSync(join(site.cred, ".credmon-status.json")).isFile);
  await daemon.end();
  assertEquals(Deno.readTextFileSync(victim), "precious");
});

Deno.test("pid comes back where it was taken away, and nobody waits while it cannot be there", async () => {
  using site = new Site();
  site.ask("alice");
  Deno.mkdirSync(join(site.cred, "pid"));
  await using daemon = site.start();
  await until("a token", () => site.has("alice/scitokens.use"), daemon);
  await site.logged('ERROR: Cannot write "pid": Is a directory');
  Deno.removeSync(join(site.cred, "pid"));
  for (const wrong of ["", "1", undefined]) {
    if (wrong !== undefined) Deno.writeTextFileSync(join(site.cred, "pid"), wrong);
    daemon.kill("SIGHUP");
    await until("pid", () => site.has("pid") && site.read("pid") === `${daemon.pid}`);
    assertEquals(site.mode("pid"), 0o644);
    Deno.removeSync(join(site.cred, "pid"));
  }
  assertEquals(site.lines().filter((line) => line.includes('"pid"')).length, 1);
  assertEquals((await daemon.end()).code, 0);
});

Deno.test("a log that is a link ends the daemon with 44, unless there is another place", async () => {
  using site = new Site();
  const victim = join(site.path, "victim");
  Deno.writeTextFileSync(victim, "precious");
  Deno.symlinkSync(victim, site.log);
  const { code, stderr } = await site.run([]);
  assertEquals(code, 44);
  assertMatch(stderr, /^condor_credmon_local: Cannot open log "[^"]+": a symbolic link [^\n]+\n$/);
  await using daemon = await site.daemon(["--verbose"]);
  const ended = await daemon.end();
  assertEquals(ended.code, 0);
  assertStringIncludes(ended.stderr, "WARNING: Cannot open log");
  assertEquals(Deno.readTextFileSync(victim), "precious");
});

const FAILURES: readonly (readonly [number, string, RegExp, readonly string[]])[] = [
  [99, "LOCAL_CREDMON_PROVIDER_NAMES = a/b", /LOCAL_CREDMON_PROVIDER_NAMES/, []],
  [99, "MAX_CREDMON_OAUTH_LOG = much", /MAX_CREDMON_OAUTH_LOG/, []],
  [99, "LOCAL_CREDMON_PRIVATE_KEY_ALGORITHM = HS256", /no provider is left that works/, []],
  [99, "if true", /endif/, []],
  [1, "SEC_CREDENTIAL_DIRECTORY_OAUTH =", /set SEC_CREDENTIAL_DIRECTORY_OAUTH/, []],
  [2, "", /unknown option "--no-such"/, ["--no-such"]],
  [2, "", /-offline needs -check-config/, ["-offline"]],
];

Deno.test("the exit status says to condor_master what is wrong", async () => {
  for (const [status, lines, pattern, args] of FAILURES) {
    using site = new Site();
    site.configure(lines);
    const { code, stderr, stdout } = await site.run(args);
    assertEquals([lines, args, code, stdout], [lines, args, status, ""]);
    assertMatch(stderr, /^condor_credmon_local: [^\n]+\n$/);
    assertMatch(stderr, pattern);
    assertEquals(site.has("pid"), false);
  }
});

Deno.test("a directory that others may use is refused", async () => {
  using site = new Site();
  Deno.chmodSync(site.cred, 0o2775);
  const { code, stderr } = await site.run([]);
  assertEquals([code, stderr.split("\n").length], [1, 2]);
  assertStringIncludes(stderr, site.cred);
});

Deno.test("a provider is added without a restart; what cannot be used is said once", async () => {
  using site = new Site();
  site.ask("alice");
  site.ask("alice", "other");
  await using daemon = await site.daemon();
  assertEquals(site.has("alice/other.use"), false);
  site.configure("LOCAL_CREDMON_PROVIDER_NAMES = other/x");
  daemon.kill("SIGHUP");
  await site.logged("Keeping the configuration as it was");
  site.ask("bob");
  daemon.kill("SIGHUP");
  await until("a token for bob", () => site.has("bob/scitokens.use"));
  site.configure("LOCAL_CREDMON_PROVIDER_NAMES = scitokens other");
  daemon.kill("SIGHUP");
  await until("a token of the other provider", () => site.has("alice/other.use"));
  site.configure("LOCAL_CREDMON_AUTHZ_TEMPLATE = read:/{typo}");
  daemon.kill("SIGHUP");
  await site.logged('ERROR: LOCAL: Provider "scitokens" stays as it was: ');
  site.ask("carol");
  daemon.kill("SIGHUP");
  await until("a token for carol", () => site.has("carol/scitokens.use"));
  await daemon.end();
  const kept = site.lines().filter((line) => line.includes("Keeping the configuration"));
  assertEquals(kept.length, 1);
});

Deno.test("-status tells a daemon that has nothing to do from one that has ended", async () => {
  using site = new Site();
  await using daemon = await site.daemon();
  const idle = await site.run(["-status"]);
  assertEquals(idle.code, 0);
  assertMatch(idle.stdout, /^0 credentials, 0 failed, by process \d+ at \S+Z\n$/);
  await daemon.end();
  const ended = await site.run(["-status"]);
  assertMatch(ended.stdout, /^0 credentials, 0 failed, by process \d+ at \S+Z, which has ended/);
});

Deno.test("a provider without a key stops no other", async () => {
  using site = new Site();
  site.configure(
    `LOCAL_CREDMON_PROVIDER_NAMES = bad scitokens\nLOCAL_CREDMON_BAD_PRIVATE_KEY = /none/key.pem`,
  );
  site.ask("alice");
  site.ask("alice", "bad");
  await using daemon = await site.daemon();
  assertEquals([site.has("alice/scitokens.use"), site.has("alice/bad.use")], [true, false]);
  await daemon.end();
  const status = await site.run(["-status"]);
  assertEquals(status.code, 1);
  assertMatch(status.stdout, /^2 credentials, 1 failed, [^\n]+\nFAILED alice\/bad .*\nok {5}alice/);
});

Deno.test("a daemon whose directory was replaced ends, for it looks after nothing any more", async () => {
  using site = new Site();
  await using daemon = await site.daemon();
  Deno.renameSync(site.cred, `${site.cred}.old`);
  Deno.mkdirSync(site.cred);
  Deno.chmodSync(site.cred, 0o2770);
  daemon.kill("SIGHUP");
  const { code, stderr } = await daemon.ended();
  assertEquals([code, stderr.split("\n").length], [1, 2]);
  assertStringIncludes(stderr, site.cred);
});

Deno.test("a signal ends the daemon also while HTCondor's tool hangs", async () => {
  using site = new Site();
  const bin = join(site.path, "bin");
  Deno.mkdirSync(bin);
  const tool = join(bin, "condor_config_val");
  Deno.writeTextFileSync(tool, `#!/bin/sh\necho $$ > ${site.path}/tool\nexec sleep 60\n`, {
    mode: 0o755,
  });
  await using daemon = site.start([], { environment: { PATH: `${bin}:/usr/bin:/bin` } });
  await until("the tool", () => exists(join(site.path, "tool")), daemon);
  const before = performance.now();
  const ended = daemon.status();
  daemon.kill("SIGTERM");
  assertEquals((await ended).code, 0);
  const took = performance.now() - before;
  Deno.kill(Number(Deno.readTextFileSync(join(site.path, "tool"))), "SIGKILL");
  assert(took < 2500, `${took} ms`);
});

Deno.test("the daemon answers to HTCondor's tool where it is installed", async () => {
  using site = new Site();
  const bin = join(site.path, "bin");
  Deno.mkdirSync(bin);
  // It knows one thing more than the file: the log's categories.
  const settings = Deno.readTextFileSync(site.config).trim().split("\n").map((line) =>
    `echo '${line}'; echo ' # at: ${site.config}, line 1'`
  );
  const script = `#!/bin/sh\n[ "$1 $2" = "-subsystem CREDMON_OAUTH" ] || exit 1
if [ "$3" = -config ]; then printf '\\t%s\\n' ${site.config}; exit; fi
${settings.join("\n")}\necho 'CREDMON_OAUTH_DEBUG = D_CAT'; echo ' # at: <Environment>'\n`;
  Deno.writeTextFileSync(join(bin, "condor_config_val"), script, { mode: 0o755 });
  site.ask("alice");
  await using daemon = await site.daemon([], { environment: { PATH: `${bin}:/usr/bin:/bin` } });
  assertEquals(site.has("alice/scitokens.use"), true);
  await daemon.end();
  assertMatch(site.lines()[0]!, /^\(D_ALWAYS\) Starting condor_credmon_local/);
});

Deno.test("the log is set aside by its size, and made anew after it was moved", async () => {
  using site = new Site();
  site.configure("MAX_CREDMON_OAUTH_LOG = 2 Kb");
  await using daemon = await site.daemon([], { fake: "publish" });
  for (let i = 0; !exists(`${site.log}.old`); i++) {
    site.ask(`user${i}`);
    daemon.kill("SIGHUP");
    await until(`a file for user${i}`, () => site.has(`user${i}/scitokens.use`));
    assert(i < 200);
  }
  Deno.renameSync(site.log, `${site.log}.moved`);
  site.ask("zoe");
  daemon.kill("SIGHUP");
  await site.logged("Renewed for zoe");
  await daemon.end();
});

function exists(path: string): boolean {
  try {
    Deno.lstatSync(path);
    return true;
  } catch {
    return false;
  }
}
