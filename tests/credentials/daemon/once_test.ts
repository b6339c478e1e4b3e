import { assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { join } from "@std/path";
import { LocalSource } from "../../../core/credentials/daemon/local_source.ts";
import { runOnce } from "../../../core/credentials/daemon/once.ts";
import { readRequest, type Request } from "../../../core/credentials/daemon/options.ts";
import { CredentialStore } from "../../../core/credentials/store/mod.ts";
import { FakeHost } from "./fakes.ts";
import { Site, until } from "./processes.ts";

/** A site with a key, and credentials that were asked for. */
async function site(...asked: readonly (readonly [string, string])[]): Promise<Site> {
  const made = new Site();
  // The first run makes the key, and finds nothing else to do.
  const { code, stderr } = await made.run(["-once", "-create-key"]);
  assertEquals([code, stderr], [0, ""]);
  for (const [user, name] of asked) made.ask(user, name);
  return made;
}

/** The credentials that have a token. */
function tokens(made: Site): string[] {
  return [...Deno.readDirSync(made.cred)].filter(({ isDirectory }) => isDirectory)
    .flatMap(({ name: user }) =>
      [...Deno.readDirSync(join(made.cred, user))].map(({ name }) => `${user}/${name}`)
    ).filter((name) => name.endsWith(".use")).toSorted();
}

Deno.test("-once makes what is due, and leaves neither pid nor CREDMON_COMPLETE", async () => {
  using made = await site(["alice", "scitokens"], ["bob", "scitokens_x"], ["bob", "unknown"]);
  for (let i = 0; i < 2; i++) {
    const { code, stdout, stderr } = await made.run(["--once"]);
    assertEquals([code, stdout, stderr], [0, "", ""]);
    assertEquals(tokens(made), ["alice/scitokens.use", "bob/scitokens_x.use"]);
  }
  assertEquals([made.has("pid"), made.has("CREDMON_COMPLETE")], [false, false]);
  const renewed = made.lines().filter((line) => line.includes("Successfully renewed"));
  assertEquals(renewed.length, 2, "the second run finds them fresh");
});

Deno.test("-once takes users and providers, and then leaves the status of all alone", async () => {
  const asked = [["alice", "scitokens"], ["alice", "other"], ["bob", "scitokens_x"]] as const;
  const cases: readonly (readonly [readonly string[], readonly string[]])[] = [
    [["-user", "alice"], ["alice/other.use", "alice/scitokens.use"]],
    [["-provider", "scitokens"], ["alice/scitokens.use", "bob/scitokens_x.use"]],
    [["-provider", "scitokens_x", "-provider", "other"], [
      "alice/other.use",
      "bob/scitokens_x.use",
    ]],
    [["-user", "bob", "-provider", "other"], []],
  ];
  for (const [words, expected] of cases) {
    using made = await site(...asked);
    made.configure("LOCAL_CREDMON_PROVIDER_NAMES = scitokens other");
    const before = made.read(".credmon-status.json");
    const { code } = await made.run(["-once", ...words]);
    assertEquals([words, code, tokens(made)], [words, 0, expected]);
    assertEquals(made.read(".credmon-status.json"), before);
  }
});

Deno.test("-once ends with 1 when a credential fails, says why, and makes the others", async () => {
  using made = await site(["alice", "scitokens"], ["alice", "bad"]);
  made.configure(
    "LOCAL_CREDMON_PROVIDER_NAMES = bad scitokens\nLOCAL_CREDMON_BAD_PRIVATE_KEY = /none/key.pem",
  );
  const { code, stderr } = await made.run(["-once"]);
  assertEquals([code, tokens(made)], [1, ["alice/scitokens.use"]]);
  assertMatch(stderr, /ERROR: LOCAL: Failed to renew SciToken for user: alice \(bad\)/);
  assertEquals(stderr.includes("Successfully"), false, "successes are for the log");
  const status = await made.run(["-status"]);
  assertEquals(status.code, 1);
  assertStringIncludes(status.stdout, "FAILED alice/bad");
});

Deno.test("-once makes no key unless it is told to", async () => {
  using made = new Site();
  made.ask("alice");
  const { code, stderr } = await made.run(["-once"]);
  assertEquals([code, tokens(made)], [99, []]);
  assertStringIncludes(stderr, "no provider is left that works");
  assertEquals((await made.run(["-once", "-create-key"])).code, 0);
  assertEquals(tokens(made), ["alice/scitokens.use"]);
});

Deno.test("-once works without a log, and then says all on standard error", async () => {
  using made = await site(["alice", "scitokens"]);
  Deno.removeSync(join(made.path, "log"), { recursive: true });
  const { code, stderr } = await made.run(["-once", "-v"]);
  assertEquals(code, 0);
  assertStringIncludes(stderr, "WARNING: Cannot open log");
  assertStringIncludes(stderr, "Successfully renewed SciToken for user: alice");
});

Deno.test("-once waits ten seconds for the lock, and gives up with 75", async () => {
  using made = await site();
  using other = CredentialStore.open(made.cred);
  using _lock = await other.lock();
  Deno.writeTextFileSync(join(made.cred, "pid"), "4711", { mode: 0o644 });
  const host = new FakeHost({ CONDOR_CONFIG: made.config });
  const request = readRequest(["-once"], () => "/") as Extract<Request, { mode: "once" }>;
  const ended = runOnce(request, host, new LocalSource());
  let status: number | undefined;
  ended.then((code) => (status = code));
  await host.clock.advance(9900);
  assertEquals(status, undefined);
  await host.clock.advance(200);
  assertEquals([await ended, host.notes.length], [75, 1]);
  assertStringIncludes(host.notes[0]!, `Cannot look after "${made.cred}": process 4711 does`);
});

Deno.test("-once that is told to stop while it waits ends at once, with 1", async () => {
  using made = await site();
  using other = CredentialStore.open(made.cred);
  using _lock = await other.lock();
  const host = new FakeHost({ CONDOR_CONFIG: made.config });
  const request = readRequest(["-once"], () => "/") as Extract<Request, { mode: "once" }>;
  const ended = runOnce(request, host, new LocalSource());
  await host.clock.advance(100);
  host.signal("SIGTERM");
  assertEquals(await ended, 1);
  assertStringIncludes(host.notes[0]!, "Got SIGTERM, terminating");
});

Deno.test("-once goes on as soon as the lock is free", async () => {
  using made = await site(["alice", "scitokens"]);
  await using daemon = await made.daemon();
  await using once = made.start(["-once"]);
  // It reads the configuration first, so it may not wait yet; both ways it has to come through.
  await daemon.end();
  assertEquals((await once.ended()).code, 0);
});

Deno.test("-stdout prints a token, and touches nothing", async () => {
  using made = await site();
  Deno.removeSync(made.cred, { recursive: true });
  const { code, stdout, stderr } = await made.run([
    ...["--user", "alice", "--provider", "scitokens", "--stdout"],
  ]);
  assertEquals([code, stderr], [0, ""]);
  const { access_token: token } = JSON.parse(stdout) as { access_token: string };
  const claims = JSON.parse(atob(token.split(".")[1]!.replaceAll("-", "+").replaceAll("_", "/")));
  assertEquals([claims.sub, claims.iss], ["alice", "https://issuer.example"]);
  assertEquals(made.has("."), false, "no directory is made");
  assertStringIncludes(await made.logged("SciToken for user: alice"), claims.jti);
  assertEquals(Deno.readTextFileSync(made.log).includes(token), false);
  made.configure("LOCAL_CREDMON_AUTHZ_TEMPLATE_EXPR = strcat(");
  const partial = await made.run(["-user", "alice", "-provider", "scitokens", "-stdout"]);
  assertEquals(partial.code, 0);
  assertMatch(partial.stderr, /^\S+ \S+ WARNING: LOCAL: .*AUTHZ_TEMPLATE_EXPR\): it is left out: /);
  const wrong = await made.run(["-user", "alice", "-provider", "none", "-stdout"]);
  assertEquals([wrong.code, wrong.stdout], [1, ""]);
});

Deno.test("-for-all-users-of asks for the credentials of a map's users, and makes them", async () => {
  using made = await site();
  const map = join(made.path, "map");
  Deno.writeTextFileSync(map, "* alice staff\n* bob staff,guests\n* ../eve staff\n");
  const first = await made.run(["-for-all-users-of", map]);
  assertEquals([first.code, first.stdout], [
    1,
    "Asked for 2 credentials, 0 were there, 1 failed\n",
  ]);
  assertEquals(tokens(made), ["alice/scitokens.use", "bob/scitokens.use"]);
  Deno.writeTextFileSync(map, "* alice staff\n* carol staff\n");
  await using daemon = await made.daemon();
  const second = await made.run(["-for-all-users-of", map]);
  assertEquals([second.code, second.stdout], [
    0,
    "Asked for 1 credentials, 1 were there, 0 failed\nThe daemon that runs makes them within a minute\n",
  ]);
  daemon.kill("SIGHUP");
  await until("a token for carol", () => made.has("carol/scitokens.use"));
  assertEquals((await daemon.end()).code, 0);
});

Deno.test("-status prints what the daemon knows, for people and for programs", async () => {
  using made = await site();
  const none = new Site();
  using _none = none;
  const nothing = await none.run(["-status"]);
  assertEquals([nothing.code, nothing.stdout], [1, ""]);
  assertMatch(
    nothing.stderr,
    /^condor_credmon_local: Cannot tell [^\n]+no daemon has run there yet\n$/,
  );
  made.ask("alice");
  made.ask("bob");
  Deno.writeTextFileSync(join(made.cred, "bob.mark"), "");
  await made.run(["-once", "-json-status", join(made.path, "copy.json")]);
  const { code, stdout } = await made.run(["-status", made.cred]);
  assertEquals(code, 0);
  assertMatch(
    stdout,
    /^2 credentials, 0 failed, by process \d+ at \S+Z, which has ended since\nok {5}alice\/scitokens \(LOCAL\), expires in 20 min, made \d+ s ago\nok {5}bob[^\n]+\nmarked bob: to be removed, for \d+ s\n$/,
  );
  const one = await made.run(["-status", "-user", "bob"]);
  assertEquals(one.stdout.includes("alice"), false);
  const json = JSON.parse((await made.run(["-status", "-json"])).stdout);
  assertEquals([json.version, json.credentials, json.list.length, json.marks.length], [1, 2, 2, 1]);
  assertEquals(json.running, false);
  const copy = Deno.readTextFileSync(join(made.path, "copy.json"));
  assertEquals(copy, made.read(".credmon-status.json"));
  assertEquals(made.mode(".credmon-status.json"), 0o640);
});

Deno.test("-status says that it cannot read a file that is none of its own", async () => {
  using made = await site();
  for (const text of ["", "{", '{"version":2}', '{"version":1,"list":[{}]}']) {
    Deno.writeTextFileSync(join(made.cred, ".credmon-status.json"), text);
    const { code, stdout, stderr } = await made.run(["-status"]);
    assertEquals([text, code, stdout, stderr.split("\n").length], [text, 1, "", 2]);
    assertStringIncludes(stderr, "Cannot read the status");
  }
});

Deno.test("-check-config says what is configured, and ends with 1 when that has faults", async () => {
  using made = await site();
  const good = await made.run(["-check-config", "-offline"]);
  assertEquals([good.code, good.stderr], [0, ""]);
  assertStringIncludes(good.stdout, `Credential directory: ${made.cred}`);
  assertStringIncludes(good.stdout, "https://issuer.example");
  Deno.chmodSync(made.cred, 0o2777);
  const open = await made.run(["-check-config", "-offline", "-json"]);
  assertEquals([open.code, JSON.parse(open.stdout).daemon.problems.length], [1, 1]);
  Deno.chmodSync(made.cred, 0o2770);
  made.configure("LOCAL_CREDMON_PRIVATE_KEY_ALGORITHM = HS256");
  const bad = await made.run(["-check-config", "-offline"]);
  assertEquals(bad.code, 1);
  made.configure("LOCAL_CREDMON_PROVIDER_NAMES = a/b");
  const fatal = await made.run(["-check-config", "-offline"]);
  assertEquals([fatal.code, fatal.stdout, fatal.stderr.split("\n").length], [99, "", 2]);
});
