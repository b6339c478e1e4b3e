import { assert, assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import type { LocalMonitor } from "../../../core/credentials/local/monitor.ts";
import { BUILD_TIME } from "../../../core/credentials/local/build_date.ts";
import { type Tended, TendFailure } from "../../../core/credentials/monitor.ts";
import { redact } from "../../../core/log/mod.ts";
import { decodeToken, Desk, NOW, sample, SAMPLE_CONFIG, tokenOf } from "./desk.ts";

const REQUIRED = [...SAMPLE_CONFIG, "LOCAL_CREDMON_AUTHZ_GROUP_REQUIREMENT = projectA"];

function claimsOf(desk: Desk, user: string, name = "scitokens"): Record<string, unknown> {
  return decodeToken(tokenOf(desk.use(user, name))).claims;
}

function reasonOf(tended: Tended): string {
  if (tended.kind !== "renewed") return tended.kind;
  return /, ([^,()]+)\)$/.exec(tended.line)?.[1] ?? tended.line;
}

async function failure(promise: Promise<unknown>): Promise<string> {
  const { code, message } = await assertRejects(() => promise, TendFailure);
  assert(!/[\n\r]/.test(message));
  return `${code}: ${message}`;
}

Deno.test("the line of a renewal says which token it was, and the log shows all of it", async () => {
  using desk = Desk.make();
  const { providers } = await desk.open(SAMPLE_CONFIG);
  const { LocalMonitor } = await import("../../../core/credentials/local/monitor.ts");
  const id = "0b4e4d9c-6c1a-4c2a-9b1e-5a1d0c7a1f00";
  const monitor = new LocalMonitor({
    providers,
    specialCharacters: false,
    note: (line) => desk.notes.push(line),
    id: () => id,
  });
  desk.ask("alice", "scitokens");
  const tended = await desk.look(monitor, "alice", "scitokens");
  assert(tended.kind === "renewed");
  // The digits are what sha256sum(1) says of the scope.
  assertEquals(
    tended.line,
    `Successfully renewed SciToken for user: alice (scitokens, jti ${id}, sub alice, ` +
      "aud https://example.com https://anotherserver.edu, scope sha256 e5ec2cd6fc54, " +
      "expires 2026-11-26T12:20:00Z, there was none)",
  );
  assertEquals(redact(tended.line), tended.line);
});

Deno.test("the log shows all of what a renewal and a failure say, whatever the settings are", async () => {
  using desk = Desk.make();
  const lines = [
    "LOCAL_CREDMON_TOKEN_AUDIENCE = ANY",
    "LOCAL_CREDMON_TOKEN_AUDIENCE = https://h.example:8443 urn:x https://h.example/",
    "LOCAL_CREDMON_TOKEN_VERSION = scitokens:2.0\nLOCAL_CREDMON_TOKEN_AUDIENCE =",
    "LOCAL_CREDMON_SUB_TEMPLATE = {username}@{uid_domain}",
    "LOCAL_CREDMON_AUTHZ_GROUP_REQUIREMENT = projectA",
    "LOCAL_CREDMON_TOKEN_AUDIENCE =",
    "LOCAL_CREDMON_PRIVATE_KEY = @DIR@/none.pem",
    "LOCAL_CREDMON_AUTHZ_TEMPLATE = {nobody}",
    "LOCAL_CREDMON_AUTHZ_GROUP_REQUIREMENT = projectA\nLOCAL_CREDMON_AUTHZ_GROUP_MAPFILE = /none",
    'LOCAL_CREDMON_AUTHZ_TEMPLATE_EXPR = "a\\"b"',
  ];
  desk.ask("alice", "scitokens");
  for (const line of lines) {
    const { monitor, warnings, problems } = await desk.open([
      ...SAMPLE_CONFIG,
      ...line.split("\n"),
    ]);
    const said = await desk.look(monitor, "alice", "scitokens").then(
      (tended) => tended.kind === "renewed" ? tended.line : tended.kind,
      (error) => error.message as string,
    );
    for (const text of [said, ...warnings, ...problems.map(({ text }) => text), ...desk.notes]) {
      assertEquals(redact(text), text);
    }
  }
});

Deno.test("whoever is not in the required group has an empty token, until that changes", async () => {
  using desk = Desk.make();
  const { monitor } = await desk.open(REQUIRED);
  desk.ask("alice", "scitokens");
  desk.ask("bob", "scitokens");
  const look = (user: string, seconds: number) =>
    desk.look(monitor, user, "scitokens", { now: NOW + seconds * 1000 });
  const denied = await look("alice", 0);
  assert(denied.kind === "renewed" && denied.expires === undefined);
  assertEquals(
    denied.line,
    'User alice is not in group "projectA", which is required: an empty token was issued ' +
      "(scitokens, there was none)",
  );
  assertEquals(desk.use("alice", "scitokens"), sample("denied-by-group-requirement.use"));
  assertEquals(reasonOf(await look("bob", 0)), "there was none");
  for (const seconds of [1, 2, 10_000]) {
    const again = await look("alice", seconds);
    assertEquals(again, { kind: "fresh", next: NOW + (seconds + 60) * 1000 });
  }
  // Both change their places, at once.
  desk.write("group_map", "* alice projectA\n* bob projectB\n");
  assertEquals(reasonOf(await look("alice", 20)), "it was empty");
  assertEquals(
    claimsOf(desk, "alice").scope,
    "read:/user/alice write:/user/alice " +
      "read:/groups/projectA write:/groups/projectA",
  );
  assertEquals(reasonOf(await look("bob", 20)), "membership was lost");
  assertEquals(desk.use("bob", "scitokens"), sample("denied-by-group-requirement.use"));
  assertEquals((await look("alice", 21)).kind, "fresh");
  assertEquals((await look("bob", 21)).kind, "fresh");
});

Deno.test("an empty token of the bare form is an empty line", async () => {
  using desk = Desk.make();
  const { monitor } = await desk.open([...REQUIRED, "LOCAL_CREDMON_TOKEN_USE_JSON = false"]);
  desk.ask("alice", "scitokens");
  await desk.look(monitor, "alice", "scitokens");
  assertEquals(desk.use("alice", "scitokens"), "\n");
  assertEquals((await desk.look(monitor, "alice", "scitokens")).kind, "fresh");
});

Deno.test("without the map a required group lets nobody in, and takes nothing away at once", async () => {
  using desk = Desk.make();
  const { monitor } = await desk.open(REQUIRED);
  desk.ask("bob", "scitokens");
  const look = (seconds: number) =>
    desk.look(monitor, "bob", "scitokens", { now: NOW + seconds * 1000 });
  await look(0);
  await look(1);
  const before = desk.use("bob", "scitokens");
  Deno.removeSync(desk.at("group_map"));
  // An editor that writes a new map must not take tokens from ten thousand users.
  assertEquals((await look(2)).kind, "fresh");
  assertEquals(
    await failure(look(601)),
    "no-map: Failed to renew SciToken for user: bob (scitokens): membership of " +
      '"projectA" is required: No such file or directory',
  );
  assertEquals(desk.use("bob", "scitokens"), before);
  const noted = `Cannot read group map "${desk.at("group_map")}": No such file or directory`;
  assertEquals(desk.notes, [noted]);
});

Deno.test("without the map tokens have no scopes of groups", async () => {
  using desk = Desk.make();
  const { monitor } = await desk.open(SAMPLE_CONFIG);
  desk.ask("bob", "scitokens");
  Deno.removeSync(desk.at("group_map"));
  await desk.look(monitor, "bob", "scitokens");
  assertEquals(claimsOf(desk, "bob").scope, "read:/user/bob write:/user/bob");
  desk.write("group_map", sample("group_map"));
  assertEquals(reasonOf(await desk.look(monitor, "bob", "scitokens")), "it had another scope");
});

Deno.test("a changed map makes new tokens for those whom it concerns", async () => {
  using desk = Desk.make();
  const { monitor } = await desk.open(SAMPLE_CONFIG);
  const users = ["alice", "bob", "carol"];
  for (const user of users) desk.ask(user, "scitokens");
  const look = (seconds: number) =>
    Promise.all(
      users.map(async (user) =>
        (await desk.look(monitor, user, "scitokens", { now: NOW + seconds * 1000 })).kind
      ),
    );
  assertEquals(await look(0), ["renewed", "renewed", "renewed"]);
  assertEquals(await look(1), ["fresh", "fresh", "fresh"]);
  desk.write("group_map", `${sample("group_map")}* carol projectC\n`);
  assertEquals(await look(2), ["fresh", "fresh", "renewed"]);
  assertEquals(await look(3), ["fresh", "fresh", "fresh"]);
});

/** What a `.top` asks for, and the scope and audience that are granted, or why nothing is. */
const REQUESTS: readonly (readonly [unknown, unknown])[] = [
  [{ scopes: "read:/user/alice/data" }, ["read:/user/alice/data", 2]],
  [{ scopes: "read:/user/alice,write:/user/bob" }, ["read:/user/alice", 2]],
  [{ scopes: "read:/" }, ["read:/user/alice read:/groups/projectB", 2]],
  [{ scopes: "write:/groups/projectB/x", audience: "https://example.com" }, [
    "write:/groups/projectB/x",
    1,
  ]],
  [{ audience: "https://example.com https://evil.example" }, ["all", 1]],
  [{ scopes: "", audience: "" }, ["all", 2]],
  [{ unrelated: true }, ["all", 2]],
  [{ scopes: "read:/user/bob" }, "no-scope: nothing of the scope asked for is allowed"],
  [{ scopes: "read:/user/alice/../bob" }, "no-scope: nothing of the scope asked for is allowed"],
  [
    { audience: "https://evil.example" },
    "no-audience: nothing of the audience asked for is allowed",
  ],
  [{ scopes: 5 }, 'request: cannot use what was asked for: its "scopes" is no text'],
];
for (const [request, granted] of REQUESTS) {
  Deno.test(`a handle that asks for ${JSON.stringify(request)} gets no more than that`, async () => {
    using desk = Desk.make();
    const { monitor } = await desk.open(SAMPLE_CONFIG);
    desk.ask("alice", "scitokens_h", JSON.stringify(request, undefined, 2));
    const look = desk.look(monitor, "alice", "scitokens_h");
    if (typeof granted === "string") {
      const [code, state] = granted.split(/: (.*)/s);
      assertEquals(
        await failure(look),
        `${code}: Failed to renew SciToken for user: alice (scitokens_h): ${state}`,
      );
      assertEquals([...Deno.readDirSync(desk.at("creds/alice"))].length, 1);
      return;
    }
    assertEquals((await look).kind, "renewed");
    const { scope, aud } = claimsOf(desk, "alice", "scitokens_h");
    const all = "read:/user/alice write:/user/alice read:/groups/projectB write:/groups/projectB";
    assertEquals([scope === all ? "all" : scope, (aud as string[]).length], granted as unknown[]);
  });
}

Deno.test("a changed wish makes a new token at once", async () => {
  using desk = Desk.make();
  const { monitor } = await desk.open(SAMPLE_CONFIG);
  desk.ask("alice", "scitokens_h", '{"scopes": "read:/user/alice/a"}');
  await desk.look(monitor, "alice", "scitokens_h");
  assertEquals((await desk.look(monitor, "alice", "scitokens_h")).kind, "fresh");
  desk.ask("alice", "scitokens_h", '{"scopes": "read:/user/alice/bb"}');
  assertEquals(reasonOf(await desk.look(monitor, "alice", "scitokens_h")), "it had another scope");
});

Deno.test("a .top of any content gives a token, or says why not", async () => {
  using desk = Desk.make();
  const { monitor } = await desk.open(SAMPLE_CONFIG);
  const tops: readonly (readonly [string | Uint8Array, string])[] = [
    ["", "renewed"],
    [crypto.getRandomValues(new Uint8Array(60_000)).fill(0x41, 0, 1), "renewed"],
    ["[".repeat(200_000), "renewed"],
    [`{${'"a":{'.repeat(40_000)}`, "request"],
    [`{"scopes":${"[".repeat(120_000)}${"]".repeat(120_000)}}`, "request"],
  ];
  for (const [top, result] of tops) {
    desk.ask("alice", "scitokens_h", top);
    const found = await desk.look(monitor, "alice", "scitokens_h").then(
      ({ kind }) => kind === "fresh" ? "renewed" : kind,
      (error) => (error as TendFailure).code,
    );
    assertEquals(found, result);
  }
});

Deno.test("a name that ends in _ is skipped with a warning, names of others without", async () => {
  using desk = Desk.make();
  const { monitor } = await desk.open(SAMPLE_CONFIG);
  for (const name of ["scitokens_", "other_", "box", "scitokens_h"]) desk.ask("alice", name);
  const owned = [...desk.store.list()].filter((one) => monitor.owns(one)).map(({ name }) => name);
  for (const one of desk.store.list()) monitor.owns(one);
  assertEquals(owned, ["scitokens_h"]);
  assertEquals(desk.notes, ['Credential "scitokens_" of user "alice" is skipped: it ends in "_"']);
});

Deno.test("with special characters a name is a provider's as a whole", async () => {
  using desk = Desk.make();
  const { monitor } = await desk.open([
    ...SAMPLE_CONFIG,
    "CREDMON_ALLOW_SPECIAL_CHAR_NAMES = true",
    "LOCAL_CREDMON_PROVIDER_NAMES = my_tok",
    "LOCAL_CREDMON_my_tok_KEY_ID = mine",
  ]);
  for (const name of ["my", "my_tok", "my_tok_h"]) desk.ask("alice", name);
  const owned = [...desk.store.list()].filter((one) => monitor.owns(one)).map(({ name }) => name);
  assertEquals(owned, ["my_tok"]);
  await desk.look(monitor, "alice", "my_tok");
  assertEquals(decodeToken(tokenOf(desk.use("alice", "my_tok"))).header.kid, "mine");
});

Deno.test("a provider that is switched off says so for each of its credentials", async () => {
  using desk = Desk.make();
  const { monitor } = await desk.open([
    ...SAMPLE_CONFIG,
    "LOCAL_CREDMON_PROVIDER_NAMES = scitokens tokb",
    "LOCAL_CREDMON_tokb_KEY_ID = a b",
  ]);
  desk.ask("alice", "scitokens");
  desk.ask("alice", "tokb");
  assertStringIncludes(
    await failure(desk.look(monitor, "alice", "tokb")),
    'disabled: Failed to renew SciToken for user: alice (tokb): provider "tokb" is switched off: ',
  );
  assertEquals((await desk.look(monitor, "alice", "scitokens")).kind, "renewed");
});

Deno.test("an expression that does not work is left out, and said once", async () => {
  using desk = Desk.make();
  const table: readonly (readonly [string, string])[] = [
    ["1 + 1", "it is no string"],
    ["Nobody", "it is no string"],
    ["error", "it is no string"],
    ['"a\\"b"', "it has a character that scopes have not"],
    ['ifThenElse(Username == "alice", "x:/y", error)', "x:/y"],
    ['Username =?= "bob" ? "b" : "z"', "z"],
    [
      'regexp("^al", toLower(Username)) && member("alice", {"alice"}) ? substr("abcdef", 2) : ""',
      "cdef",
    ],
    ['""', ""],
  ];
  for (const [expression, result] of table) {
    desk.notes.length = 0;
    const { monitor } = await desk.open([
      ...SAMPLE_CONFIG.slice(0, -2),
      "LOCAL_CREDMON_AUTHZ_TEMPLATE = read:/{username}",
      `LOCAL_CREDMON_AUTHZ_TEMPLATE_EXPR = ${expression}`,
    ]);
    desk.ask("alice", "scitokens");
    await desk.look(monitor, "alice", "scitokens");
    desk.ask("alice", "scitokens_2");
    await desk.look(monitor, "alice", "scitokens_2");
    const { scope } = claimsOf(desk, "alice");
    if (result.startsWith("it ")) {
      assertEquals(scope, "read:/alice");
      assertEquals(desk.notes, [
        `For provider "scitokens", LOCAL_CREDMON_AUTHZ_TEMPLATE_EXPR is left out for user alice: ${result}`,
      ]);
    } else {
      assertEquals(scope, `read:/alice ${result}`.trimEnd(), expression);
      assertEquals(desk.notes, []);
    }
  }
});

Deno.test("an expression without an end ends", async () => {
  using desk = Desk.make();
  // Each step doubles the text.
  const doubled = Array.from({ length: 40 }, () => "strcat(").join("") + "Username" +
    Array.from({ length: 40 }, () => ', "xxxxxxxxxxxxxxxxxxxx")').join("");
  const wide = `strcat(${Array(5000).fill("Username").join(",")})`;
  for (const expression of [doubled, wide, "(".repeat(300) + "1" + ")".repeat(300)]) {
    const { monitor } = await desk.open([
      ...SAMPLE_CONFIG,
      `LOCAL_CREDMON_AUTHZ_TEMPLATE_EXPR = ${expression}`,
    ]);
    desk.ask("alice", "scitokens");
    const started = performance.now();
    await desk.look(monitor, "alice", "scitokens");
    assert(performance.now() - started < 2000);
  }
});

Deno.test("a scope that no server would take is refused", async () => {
  using desk = Desk.make();
  const groups = Array.from({ length: 900 }, (_, i) => `experiment-with-a-long-name-${i}`);
  desk.write("group_map", `* alice ${groups.join(",")}\n`);
  const { monitor } = await desk.open(SAMPLE_CONFIG);
  desk.ask("alice", "scitokens");
  const said = await failure(desk.look(monitor, "alice", "scitokens"));
  assertStringIncludes(
    said,
    "scope: Failed to renew SciToken for user: alice (scitokens): its scope has ",
  );
  assertStringIncludes(said, "more than 32768; put the user in fewer groups");
});

Deno.test("a token that would be too long to be read again is refused, and the longest is kept", async () => {
  using desk = Desk.make();
  const { monitor } = await desk.open([
    ...SAMPLE_CONFIG,
    "LOCAL_CREDMON_TOKEN_AUDIENCE = ANY",
    "LOCAL_CREDMON_AUTHZ_TEMPLATE = read:/",
  ]);
  const wish = (audiences: number) =>
    JSON.stringify({
      scopes: Array.from({ length: 900 }, (_, i) => `read:/${"x".repeat(20)}${1000 + i}`),
      audience: Array.from({ length: audiences }, (_, i) => `${'"'.repeat(1996)}${1000 + i}`),
    });
  desk.ask("alice", "scitokens_h", wish(16));
  assertStringIncludes(
    await failure(desk.look(monitor, "alice", "scitokens_h")),
    "large: Failed to renew SciToken for user: alice (scitokens_h): its claims have ",
  );
  desk.ask("alice", "scitokens_h", wish(14));
  assertEquals((await desk.look(monitor, "alice", "scitokens_h")).kind, "renewed");
  assertEquals((await desk.look(monitor, "alice", "scitokens_h")).kind, "fresh");
});

Deno.test("no token is made while the clock is before this release", async () => {
  using desk = Desk.make();
  const { monitor } = await desk.open(SAMPLE_CONFIG);
  desk.ask("alice", "scitokens");
  assertEquals(
    await failure(desk.look(monitor, "alice", "scitokens", { now: 5000 })),
    "clock: Failed to renew SciToken for user: alice (scitokens): the clock says " +
      "1970-01-01T00:00:05.000Z, which is before this release",
  );
  await desk.look(monitor, "alice", "scitokens", { now: BUILD_TIME });
  assert(BUILD_TIME <= Date.now());
});

Deno.test("a clock that was set back makes new tokens: those from the future are not valid", async () => {
  using desk = Desk.make();
  const { monitor } = await desk.open(SAMPLE_CONFIG);
  desk.ask("alice", "scitokens");
  await desk.look(monitor, "alice", "scitokens");
  await desk.look(monitor, "alice", "scitokens", { now: NOW + 1000 });
  const back = await desk.look(monitor, "alice", "scitokens", { now: NOW - 3_600_000 });
  assertEquals(reasonOf(back), "it was made in the future");
});

Deno.test("a monitor that takes another's place reads nothing anew that is as it was", async () => {
  using desk = Desk.make();
  const first = await desk.open(SAMPLE_CONFIG);
  desk.ask("alice", "scitokens");
  await desk.look(first.monitor, "alice", "scitokens");
  await desk.look(first.monitor, "alice", "scitokens");
  let reads = 0;
  const store = new Proxy(desk.store, {
    get(target, name) {
      if (name === "readUse" || name === "readTop") reads++;
      const value = Reflect.get(target, name);
      return typeof value === "function" ? value.bind(target) : value;
    },
  });
  const look = (monitor: LocalMonitor) => {
    monitor.begin();
    const signal = new AbortController().signal;
    return monitor.tend(desk.listed("alice", "scitokens"), { store, now: NOW, signal });
  };
  const same = await desk.open(SAMPLE_CONFIG, first.monitor);
  assertEquals([(await look(same.monitor)).kind, reads], ["fresh", 0]);
  const other = await desk.open([...SAMPLE_CONFIG, "LOCAL_CREDMON_KEY_ID = new"], same.monitor);
  assertEquals(reasonOf(await look(other.monitor)), "it had another header");
  assertEquals(reads, 1);
});

Deno.test("a file that is replaced before it was ever looked at is not taken for the one issued", async () => {
  using desk = Desk.make();
  const { monitor } = await desk.open(SAMPLE_CONFIG);
  desk.ask("alice", "scitokens");
  await desk.look(monitor, "alice", "scitokens");
  const path = desk.at("creds/alice/scitokens.use");
  const good = desk.use("alice", "scitokens");
  Deno.removeSync(path);
  // As long as the other, and as old.
  desk.write("creds/alice/scitokens.use", good.replace(/....", /, 'AAAA", '), 0o400);
  const tended = await desk.look(monitor, "alice", "scitokens");
  assertEquals(reasonOf(tended), "another key had signed it");
});

Deno.test("each credential is read once, and then only looked at", async () => {
  using desk = Desk.make();
  const { monitor } = await desk.open(SAMPLE_CONFIG);
  let reads = 0;
  const store = new Proxy(desk.store, {
    get(target, name) {
      if (typeof name === "string" && name.startsWith("read")) reads++;
      const value = Reflect.get(target, name);
      return typeof value === "function" ? value.bind(target) : value;
    },
  });
  for (let i = 0; i < 20; i++) desk.ask(`user${i}`, "scitokens");
  const scan = async (seconds: number) => {
    monitor.begin();
    const kinds = new Set<string>();
    for (const one of desk.store.list()) {
      const signal = new AbortController().signal;
      kinds.add((await monitor.tend(one, { store, now: NOW + seconds * 1000, signal })).kind);
    }
    const count = reads;
    reads = 0;
    return [...kinds, count];
  };
  assertEquals(await scan(0), ["renewed", 0]);
  assertEquals(await scan(1), ["fresh", 20]);
  for (let i = 2; i < 8; i++) assertEquals(await scan(i), ["fresh", 0]);
});

Deno.test("a provider that worked goes on as it did while its settings or its key cannot be used", async () => {
  using desk = Desk.make();
  const { monitor } = await desk.open(SAMPLE_CONFIG);
  desk.ask("alice", "scitokens");
  await desk.look(monitor, "alice", "scitokens");
  const before = claimsOf(desk, "alice", "scitokens");
  const broken = [...SAMPLE_CONFIG, "LOCAL_CREDMON_AUTHZ_TEMPLATE = read:/{group}"];
  const second = await desk.open(broken, monitor);
  assertEquals([second.problems.length, second.providers.length], [1, 1]);
  assertEquals((await desk.look(second.monitor, "alice", "scitokens")).kind, "fresh");
  desk.write("private.pem", "half of it", 0o600);
  const third = await desk.open(SAMPLE_CONFIG, second.monitor);
  assertEquals([third.problems.length, third.providers.length], [1, 1]);
  assertEquals((await desk.look(third.monitor, "alice", "scitokens")).kind, "fresh");
  desk.ask("bob", "scitokens");
  assertEquals((await desk.look(third.monitor, "bob", "scitokens")).kind, "renewed");
  assertEquals(claimsOf(desk, "bob", "scitokens").iss, before.iss);
  // One that is configured no more is gone, and without a monitor of before there is none.
  const lines = [...SAMPLE_CONFIG, "LOCAL_CREDMON_PROVIDER_NAMES = other"];
  assertEquals((await desk.open(lines, third.monitor)).providers.length, 0);
  assertEquals((await desk.open(SAMPLE_CONFIG)).providers.length, 0);
});

Deno.test("a wish that cannot be granted is read once, until it or the configuration changes", async () => {
  using desk = Desk.make();
  const { monitor } = await desk.open(SAMPLE_CONFIG);
  let reads = 0;
  const store = new Proxy(desk.store, {
    get(target, name) {
      if (name === "readTop") reads++;
      const value = Reflect.get(target, name);
      return typeof value === "function" ? value.bind(target) : value;
    },
  });
  const scan = async (by: LocalMonitor) => {
    by.begin();
    const said: string[] = [];
    for (const one of desk.store.list()) {
      const look = by.tend(one, { store, now: NOW, signal: new AbortController().signal });
      said.push(await look.then(({ kind }) => kind, ({ code }) => code));
    }
    const count = reads;
    reads = 0;
    return [said.join(), count];
  };
  desk.ask("alice", "scitokens_a", '{"scopes": ["read:/user/bob"]}');
  desk.ask("alice", "scitokens_b", '{"scopes": ["read:/');
  assertEquals(await scan(monitor), ["no-scope,request", 2]);
  for (let i = 0; i < 4; i++) assertEquals(await scan(monitor), ["no-scope,request", 0]);
  // The map may give what was asked for.
  desk.write("group_map", "* alice x\n");
  assertEquals(await scan(monitor), ["no-scope,request", 2]);
  desk.ask("alice", "scitokens_b", '{"scopes": ["read:/user/alice/a"]}');
  assertEquals(await scan(monitor), ["no-scope,renewed", 1]);
  const lines = [...SAMPLE_CONFIG, "LOCAL_CREDMON_AUTHZ_TEMPLATE = read:/"];
  const next = (await desk.open(lines, monitor)).monitor;
  assertEquals(await scan(next), ["renewed,fresh", 2]);
});

Deno.test("Memory forgets credentials that are listed no more", async () => {
  const { Memory } = await import("../../../core/credentials/local/memory.ts");
  const memory = new Memory();
  const facts = { size: 1, mtime: 1, inode: 1n };
  const one = (user: string) => ({ user, name: "x", top: facts, use: facts });
  const found = { basis: { identity: "" }, grant: "", expires: 1, due: 1 };
  memory.begin();
  memory.keep(one("alice"), found);
  memory.keep(one("bob"), found);
  for (let i = 0; i < 5; i++) {
    memory.begin();
    assert(memory.find(one("alice")) !== undefined);
  }
  assertEquals(memory.size, 1);
  assertEquals(memory.find(one("bob")), undefined);
  for (const changed of [{ size: 2 }, { mtime: 2 }, { inode: 2n }]) {
    assertEquals(memory.find({ ...one("alice"), use: { ...facts, ...changed } }), undefined);
    assertEquals(memory.find({ ...one("alice"), top: { ...facts, ...changed } }), undefined);
  }
});

Deno.test("a look at two thousand credentials of which none is due takes no time to speak of", async () => {
  using desk = Desk.make();
  const { monitor } = await desk.open(SAMPLE_CONFIG);
  desk.ask("alice", "scitokens");
  await desk.look(monitor, "alice", "scitokens");
  await desk.look(monitor, "alice", "scitokens");
  const listed = desk.listed("alice", "scitokens");
  const signal = new AbortController().signal;
  const context = { store: desk.store, now: NOW + 1000, signal };
  const started = performance.now();
  for (let i = 0; i < 2000; i++) {
    assert(monitor.owns(listed));
    assertEquals((await monitor.tend(listed, context)).kind, "fresh");
  }
  assert(performance.now() - started < 1000);
});
