import { assert, assertEquals, assertMatch, assertRejects } from "@std/assert";
import { join } from "@std/path";
import { CleanupFailure } from "../../../core/checkpoint/failure.ts";
import { type Reply, startFault } from "../../servers/fault.ts";
import { available as hasCa, makeCa } from "../../servers/ca.ts";
import { contextWith, GID, kinds, leftovers, open, remove } from "./http_runs.ts";

const BASE = `/s/${GID}/0003`;

async function caught(work: () => Promise<unknown>): Promise<CleanupFailure> {
  return await assertRejects(work, CleanupFailure);
}

const STATUSES: [status: number, end: string][] = [
  ...[200, 202, 204, 404, 410].map((status): [number, string] => [status, "gone"]),
  ...[408, 423, 425, 429, 500, 502, 503, 504, 507].map((s): [number, string] => [s, "Transient"]),
  ...[206, 303, 304, 400, 405, 409, 412, 451, 501, 505].map((
    s,
  ): [number, string] => [s, "NotDeleted"]),
  [403, "Credentials"],
];

Deno.test("cleanup_http_checkpoint understands each status, and one file does not stop another", async () => {
  await using server = await startFault(Object.fromEntries(
    STATUSES.map(([status]) => [`${BASE}/${status}`, { status }]),
  ));
  await using store = await open([]);
  const ended = await remove(store, `${server.origin}/s`, STATUSES.map(([status]) => `${status}`));
  assertEquals(
    kinds(ended),
    Object.fromEntries(STATUSES.map(([status, end]) => [`${status}`, end])),
  );
  assert(server.requests.every(({ method, body }) => method === "DELETE" && body === undefined));
  assertEquals(
    ended["409"]?.message,
    `Cannot remove "409": ${server.origin.slice(7)} answered 409`,
  );
});

Deno.test("cleanup_http_checkpoint hands on a bounded Retry-After", async () => {
  await using server = await startFault({
    [`${BASE}/a`]: { status: 429, headers: { "Retry-After": "7" } },
    [`${BASE}/b`]: { status: 503, headers: { "Retry-After": "99999999" } },
    [`${BASE}/c`]: { status: 503, headers: { "Retry-After": "soon" } },
  });
  await using store = await open([]);
  const ended = await remove(store, `${server.origin}/s`, ["a", "b", "c"]);
  assertEquals(Object.values(ended).map((one) => one?.retryAfter).toSorted(), [3600, 7, undefined]);
  assertEquals([ended["a"]?.retryAfter, ended["b"]?.retryAfter], [7, 3600]);
});

Deno.test("cleanup_http_checkpoint calls a broken connection transient, of that file alone", async () => {
  await using server = await startFault({
    [`${BASE}/empty`]: { raw: "", end: "fin" },
    [`${BASE}/reset`]: { raw: "HTTP/1.1 2", end: "reset" },
    [`${BASE}/*`]: { status: 204 },
    [`${BASE}/cut`]: { status: 200, body: "0123456789", cutAfter: 3 },
    [`${BASE}/weird`]: { raw: "SSH-2.0-OpenSSH\r\n" },
  });
  await using store = await open([], contextWith({ parallel: 1 }));
  const ended = await remove(store, `${server.origin}/s`, [
    "empty",
    "a",
    "reset",
    "b",
    "cut",
    "weird",
  ]);
  assertEquals(kinds(ended), {
    empty: "Transient",
    a: "gone",
    reset: "Transient",
    b: "gone",
    cut: "gone",
    weird: "NotDeleted",
  });
});

Deno.test("cleanup_http_checkpoint goes on at a server that keeps no connection", async () => {
  for (const headers of [{ Connection: "close" }, {}]) {
    await using server = await startFault({ "/*": { status: 204, headers, end: "fin" } });
    await using store = await open([], contextWith({ parallel: 4 }));
    const names = Array.from({ length: 100 }, (_, i) => `f${i}`);
    const ended = await remove(store, `${server.origin}/s`, names);
    assertEquals(Object.values(kinds(ended)), names.map(() => "gone"));
  }
});

Deno.test("cleanup_http_checkpoint stops at a server that is not there", async () => {
  const server = await startFault({});
  await server[Symbol.asyncDispose]();
  await using store = await open([]);
  const names = Array.from({ length: 1000 }, (_, i) => `f${i}`);
  const failure = await caught(() => remove(store, `${server.origin}/s`, names));
  assertEquals(failure.kind, "Transient");
  assertMatch(failure.message, /^Cannot remove from 127\.0\.0\.1:\d+: Failed to connect/);
});

Deno.test("cleanup_http_checkpoint calls a name without address transient", async () => {
  await using store = await open([]);
  const failure = await caught(() => remove(store, "http://no-such-host.invalid/s", ["a"]));
  assertEquals(failure.kind, "Transient");
});

Deno.test("cleanup_http_checkpoint gives up a stalled request soon after it is told to stop", async () => {
  const stall = Promise.withResolvers<void>();
  await using server = await startFault({ "/*": { silence: stall.promise } });
  await using store = await open([], contextWith({ parallel: 2 }));
  const controller = new AbortController();
  const removal = remove(store, `${server.origin}/s`, ["a", "b", "c", "d"], {
    signal: controller.signal,
  });
  await server.arrived(2);
  const stopped = performance.now();
  controller.abort();
  assertEquals(await removal, {});
  assert(performance.now() - stopped < 15_000);
  assertEquals(server.requests.length, 2);
  stall.resolve();
});

Deno.test("cleanup_http_checkpoint lets end what is under way when it is told to stop", async () => {
  const answer = Promise.withResolvers<void>();
  await using server = await startFault({ "/*": { status: 204, silence: answer.promise } });
  await using store = await open([], contextWith({ parallel: 1 }));
  const controller = new AbortController();
  const removal = remove(store, `${server.origin}/s`, ["a", "b"], { signal: controller.signal });
  await server.arrived(1);
  controller.abort();
  answer.resolve();
  assertEquals(kinds(await removal), { a: "gone" });
});

Deno.test("cleanup_http_checkpoint begins nothing when it is already told to stop", async () => {
  await using server = await startFault({});
  await using store = await open([]);
  assertEquals(
    await remove(store, `${server.origin}/s`, ["a"], { signal: AbortSignal.abort() }),
    {},
  );
  assertEquals(server.requests.length, 0);
});

Deno.test("cleanup_http_checkpoint follows redirects to the same name on the same server only", async () => {
  const to = (location: string): Reply => ({ status: 307, headers: { Location: location } });
  await using server = await startFault({
    [`${BASE}/a`]: { status: 301, headers: { Location: "/real/a?x=1" } },
    "/real/a": { status: 204 },
    [`${BASE}/dir`]: to(`${BASE}/dir/`),
    [`${BASE}/above`]: to(BASE),
    [`${BASE}/d%20e`]: { status: 302, headers: { Location: "//" } },
    [`${BASE}/round`]: to(`${BASE}/round`),
    [`${BASE}/nowhere`]: { status: 308 },
    [`${BASE}/file`]: to("file:///etc/passwd"),
  });
  await using store = await open([]);
  const names = ["a", "dir", "round", "nowhere", "file", "above", "d e"];
  const ended = await remove(store, `${server.origin}/s`, names);
  const bad = "NotDeleted";
  const { a, ...others } = kinds(ended);
  assertEquals([a, ...new Set(Object.values(others))], ["gone", bad]);
  assertEquals(server.to("/real/a").map(({ target, method }) => [method, target]), [
    ["DELETE", "/real/a?x=1"],
  ]);
  assertEquals(server.to(`${BASE}/round`).length, 6);
  assertEquals([...server.to(`${BASE}/dir/`), ...server.to(BASE)], []);
});

Deno.test("cleanup_http_checkpoint carries its token to no other server", async () => {
  await using other = await startFault({ "/*": { status: 204 } });
  await using server = await startFault({
    [`${BASE}/a`]: { status: 307, headers: { Location: other.url("/a") } },
  });
  const context = contextWith({ env: { BEARER_TOKEN: "SECRET-1" } });
  await using store = await open(["-token-over-http"], context);
  const ended = await remove(store, `${server.origin}/s`, ["a"]);
  assertEquals(kinds(ended), { a: "NotDeleted" });
  assertMatch(ended["a"]!.message, /redirects to http:\/\/127\.0\.0\.1:\d+, not followed$/);
  assertEquals(server.requests.map((r) => r.header("authorization")), ["Bearer SECRET-1"]);
  assertEquals(other.requests.length, 0);
});

Deno.test("cleanup_http_checkpoint sends nothing secret over plain http unless told to", async () => {
  await using server = await startFault({ "/*": { status: 401 } });
  const context = contextWith({ env: { BEARER_TOKEN: "SECRET-1" } });
  const user = server.origin.replace("//", "//u:SECRET-2@");
  await using store = await open([], context);
  for (const origin of [server.origin, user]) {
    const failure = await caught(() => remove(store, `${origin}/s`, ["a"]));
    assertEquals([failure.kind, failure.exitStatus], ["Credentials", 5]);
    assertMatch(failure.message, /plain http without -token-over-http/);
    assert(!failure.message.includes("SECRET"));
  }
  await using bold = await open(["-token-over-http"], context);
  for (const origin of [server.origin, user]) {
    const failure = await caught(() => remove(bold, `${origin}/s`, ["a"]));
    assertMatch(failure.message, /the one found was refused/);
    assert(!failure.message.includes("SECRET"));
  }
  assertEquals(server.requests.map((request) => request.header("authorization")), [
    undefined,
    undefined,
    "Bearer SECRET-1",
    `Basic ${btoa("u:SECRET-2")}`,
  ]);
});

Deno.test("cleanup_http_checkpoint stops at the first 401 and tells where it looked", async () => {
  await using server = await startFault({ "/*": { status: 401 } });
  await using store = await open(["-token-over-http"], contextWith({ parallel: 1 }));
  const failure = await caught(() => remove(store, `${server.origin}/s`, ["a", "b", "c"]));
  assertEquals(failure.kind, "Credentials");
  for (const place of ["no job ad", "BEARER_TOKEN is", "BEARER_TOKEN_FILE", "/tmp/bt_u"]) {
    assert(failure.message.includes(place), failure.message);
  }
  assertEquals(server.requests.length, 1);
});

Deno.test("cleanup_http_checkpoint refuses what does not begin with the prefix", async () => {
  await using server = await startFault({ "/*": { status: 204 } });
  const prefix = `${server.origin}/s/`;
  for (
    const [given, ok] of [[prefix, true], [`${server.origin}/s`, true], [
      `${server.origin}/`,
      true,
    ]] as const
  ) {
    await using store = await open(["-prefix", given]);
    assertEquals(kinds(await remove(store, `${server.origin}/s`, ["a"])), { a: ok ? "gone" : "" });
  }
  const before = server.requests.length;
  for (
    const other of [
      "http://h/",
      `${server.origin}/s/x`,
      `${server.origin}/s.`,
      `${server.origin}/t`,
    ]
  ) {
    await using store = await open(["-prefix", other]);
    const failure = await caught(() => remove(store, `${server.origin}/s`, ["a"]));
    assertEquals(failure.kind, "Usage");
    assert(!failure.message.includes("SECRET"));
  }
  await using store = await open(["-prefix", `${server.origin}/s`]);
  const failure = await caught(() => remove(store, `${server.origin}/sx`, ["a"]));
  assertEquals(failure.kind, "Usage");
  assertEquals(server.requests.length, before);
});

for (
  const way of ["t/../../u", "%2e%2e/u", "t/%252e%252e/%2e%2e/u", "..%2fu", "..;x/u", "..\\\\u"]
) {
  Deno.test(`cleanup_http_checkpoint refuses ${way}, which may lead out of the prefix`, async () => {
    await using server = await startFault({ "/*": { status: 204 } });
    await using store = await open(["-prefix", `${server.origin}/s/`]);
    const failure = await caught(() => remove(store, `${server.origin}/s/${way}`, ["a"]));
    assertEquals(failure.kind, "Unsafe");
    assertEquals(server.requests.length, 0);
  });
}

Deno.test("cleanup_http_checkpoint refuses unsafe names and removes the others", async () => {
  await using server = await startFault({ "/*": { status: 204 } });
  await using store = await open(["-collection"]);
  for (const whole of [false, true]) {
    const ended = await remove(store, `${server.origin}/s`, ["../x", "a", "%2e%2e/y", "b"], {
      whole,
    });
    assertEquals(kinds(ended), { "../x": "Unsafe", a: "gone", "%2e%2e/y": "Unsafe", b: "gone" });
  }
  assertEquals(server.requests.map(({ target }) => target), [`${BASE}/a`, `${BASE}/b`, `${BASE}/`]);
});

/** A Multi-Status answer about these. */
function multistatus(
  ...responses: [href: string, status: string | undefined, collection?: true][]
): Reply {
  const parts = responses.map(([href, status, collection]) =>
    `<d:response><d:href>${href}</d:href>` +
    (status === undefined ? "" : `<d:status>HTTP/1.1 ${status}</d:status>`) +
    (collection === undefined ? "" : "<d:propstat><d:prop><d:resourcetype><d:collection/>" +
      "</d:resourcetype></d:prop><d:status>HTTP/1.1 200 OK</d:status></d:propstat>") +
    "</d:response>"
  );
  return {
    status: 207,
    body: `<?xml version="1.0"?><d:multistatus xmlns:d="DAV:">${parts.join("")}</d:multistatus>`,
  };
}

Deno.test("cleanup_http_checkpoint removes as a whole only what it may", async () => {
  await using server = await startFault({ "/*": { status: 204 } });
  await using plain = await open([]);
  await using bulk = await open(["-collection"]);
  const gone = { a: "gone", b: "gone" };
  assertEquals(kinds(await remove(plain, `${server.origin}/s`, ["a", "b"], { whole: true })), gone);
  assertEquals(kinds(await remove(bulk, `${server.origin}/s`, ["a", "b"])), gone);
  assertEquals(
    server.requests.map(({ target }) => target).sort(),
    ["a", "a", "b", "b"].map((n) => `${BASE}/${n}`),
  );
  assertEquals(kinds(await remove(bulk, `${server.origin}/s`, ["a", "b"], { whole: true })), gone);
  const last = server.requests.at(-1)!;
  assertEquals([last.method, last.target, last.header("depth")], [
    "DELETE",
    `${BASE}/`,
    "infinity",
  ]);
  assertEquals(server.requests.length, 5);
  assertEquals(await remove(bulk, `${server.origin}/s`, [], { whole: true }), {});
  const signal = AbortSignal.abort();
  assertEquals(await remove(bulk, `${server.origin}/s`, ["a"], { whole: true, signal }), {});
  assertEquals(server.requests.length, 5);
});

const LEFT: [what: string, answer: Reply, asked: string[]][] = [
  ["a member it may not remove", multistatus([`${BASE}/b`, "403 Forbidden"]), ["b"]],
  ["a member by its whole URL", multistatus([`http://h${BASE}/d/%63`, "423 Locked"]), ["d/c"]],
  ["a collection in it", multistatus([`${BASE}/d/`, "403 Forbidden"]), ["d/c", "d/e"]],
  ["itself", multistatus([`${BASE}/`, "423 Locked"]), ["a", "b", "d/c", "d/e"]],
  ["members that are gone", multistatus([`${BASE}/a`, "404 Gone"], [`${BASE}/b`, "500 X"]), ["b"]],
  ["nothing", multistatus(), ["a", "b", "d/c", "d/e"]],
  ["something else", { status: 207, body: "<html/>" }, ["a", "b", "d/c", "d/e"]],
  ["half of it", { status: 207, body: "<d:multistatus xmlns:d='D" }, ["a", "b", "d/c", "d/e"]],
  ["a bomb", { status: 207, body: "<a>".repeat(200_000) }, ["a", "b", "d/c", "d/e"]],
  ["entities", {
    status: 207,
    body: '<!DOCTYPE a [<!ENTITY b "x"><!ENTITY c "&b;&b;">]><multistatus>&c;</multistatus>',
  }, ["a", "b", "d/c", "d/e"]],
  ["403 for all", { status: 403 }, ["a", "b", "d/c", "d/e"]],
  ["405 for all", { status: 405 }, ["a", "b", "d/c", "d/e"]],
];

for (const [what, answer, asked] of LEFT) {
  Deno.test(`cleanup_http_checkpoint -collection goes on file by file where a server tells of ${what}`, async () => {
    await using server = await startFault({ [`${BASE}/`]: answer, "/*": { status: 204 } });
    await using store = await open(["-collection"]);
    const names = ["a", "b", "d/c", "d/e"];
    const ended = await remove(store, `${server.origin}/s`, names, { whole: true });
    assertEquals(kinds(ended), { a: "gone", b: "gone", "d/c": "gone", "d/e": "gone" });
    const targets = server.requests.slice(1).map(({ target }) => target.slice(BASE.length + 1));
    assertEquals(targets.sort(), asked);
  });
}

Deno.test("cleanup_http_checkpoint -collection does not go on at a server that is busy", async () => {
  await using server = await startFault({
    "/*": { status: 503, headers: { "Retry-After": "3" } },
  });
  await using store = await open(["-collection"]);
  const failure = await caught(() =>
    remove(store, `${server.origin}/s`, ["a", "b"], { whole: true })
  );
  assertEquals([failure.kind, failure.retryAfter], ["Transient", 3]);
  assertEquals(server.requests.length, 1);
});

Deno.test("cleanup_http_checkpoint reads what a Multi-Status says of a single file", async () => {
  await using server = await startFault({
    [`${BASE}/a`]: multistatus([`${BASE}/a`, "423 Locked"]),
    [`${BASE}/b`]: multistatus([`${BASE}/b`, "204 No Content"]),
    [`${BASE}/c`]: { status: 207, body: "<a" },
  });
  await using store = await open([]);
  const ended = await remove(store, `${server.origin}/s`, ["a", "b", "c"]);
  assertEquals(kinds(ended), { a: "Transient", b: "gone", c: "NotDeleted" });
});

const JOB = `/s/${GID}/`;

Deno.test("cleanup_http_checkpoint lists by the names that a URL is made from", async () => {
  await using server = await startFault({
    [JOB]: multistatus(
      [JOB, undefined, true],
      [`${JOB}0003/`, undefined, true],
      [`${JOB}other/`, undefined, true],
      [`${JOB}0004`, undefined],
      ["/elsewhere/0005/", undefined, true],
    ),
    [`${JOB}0003/`]: multistatus(
      [`http://h${JOB}0003`, undefined, true],
      [`${JOB}0003/a%20b%25%3F%23%C3%A9%22`, undefined],
      [`${JOB}0003/d%3b/`, undefined, true],
      [`${JOB}0003/%2e%2e/`, undefined, true],
      [`${JOB}0003/x%2Fy`, undefined],
    ),
    [`${JOB}0003/d%3B/`]: multistatus(
      [`${JOB}0003/d%3B/`, undefined, true],
      [`${JOB}0003/d%3B/e`, undefined],
    ),
  });
  await using store = await open(["-webdav"]);
  const found = await leftovers(store, { destination: `${server.origin}/s`, gid: GID });
  assertEquals(found, ['0003/a b%25%3F%23é"', "0003/d%3B/e"]);
  assertEquals(server.requests.map((r) => [r.method, r.target, r.header("depth")]), [
    ["PROPFIND", JOB, "1"],
    ["PROPFIND", `${JOB}0003/`, "1"],
    ["PROPFIND", `${JOB}0003/d%3B/`, "1"],
  ]);
  const ended = await remove(store, `${server.origin}/s`, found.map((one) => one.slice(5)));
  assertEquals(Object.values(kinds(ended)), ["gone", "gone"]);
  const targets = server.requests.slice(3).map(({ target }) => target);
  assertEquals(targets, [`${JOB}0003/a%20b%25%3F%23%C3%A9"`, `${JOB}0003/d%3B/e`]);
});

Deno.test("cleanup_http_checkpoint removes no collection that holds anything", async () => {
  const own = (target: string): [string, undefined, true] => [target, undefined, true];
  const strange: Record<string, Reply> = {
    file: multistatus(own(JOB), [`${JOB}x`, undefined]),
    elsewhere: multistatus(own(JOB), ["/elsewhere/", undefined, true]),
    slash: multistatus(own(JOB), [`${JOB}a%2fb/`, undefined, true]),
    itself: multistatus(["/elsewhere/", undefined, true]),
    nothing: multistatus(),
    html: { status: 200, body: "<html/>" },
    refused: { status: 405 },
  };
  for (const [what, answer] of Object.entries(strange)) {
    await using server = await startFault({ [JOB]: answer });
    await using store = await open(["-webdav"]);
    const location = { destination: `${server.origin}/s`, gid: GID };
    await store.prune!(location, new AbortController().signal).catch((error) => {
      assert(error instanceof CleanupFailure, what);
    });
    assertEquals(server.requests.map(({ method }) => method), ["PROPFIND"], what);
  }
});

Deno.test("cleanup_http_checkpoint looks again before it removes a collection", async () => {
  await using server = await startFault({
    [JOB]: (_, n) =>
      n === 1
        ? multistatus([JOB, undefined, true], [`${JOB}0003/`, undefined, true])
        : multistatus([JOB, undefined, true], [`${JOB}new`, undefined]),
    [`${JOB}0003/`]: ({ method }) =>
      method === "DELETE" ? { status: 204 } : multistatus([`${JOB}0003/`, undefined, true]),
  });
  await using store = await open(["-webdav"]);
  const location = { destination: `${server.origin}/s`, gid: GID };
  await store.prune!(location, new AbortController().signal);
  assertEquals(server.requests.map((r) => `${r.method} ${r.target.slice(JOB.length)}`), [
    "PROPFIND ",
    "PROPFIND 0003/",
    "DELETE 0003/",
    "PROPFIND ",
  ]);
});

Deno.test("cleanup_http_checkpoint lists only where WebDAV is spoken", async () => {
  const canList = async (...args: string[]) => {
    await using store = await open(args);
    return store.leftovers !== undefined && store.prune !== undefined;
  };
  assertEquals(await canList("-prefix", "https://h/"), false);
  assertEquals(await canList("-prefix", "x+http://h/"), false);
  assertEquals(await canList("-prefix", "dav://h/"), true);
  assertEquals(await canList("-prefix", "x.y+davs://h/"), true);
  assertEquals(await canList("-prefix", "https://h/", "-webdav"), true);
  assertEquals(await canList("-prefix", "https://h/", "-collection"), true);
  assertEquals(await canList(), true);
  await using server = await startFault({});
  await using store = await open([]);
  const location = { destination: `${server.origin}/s`, gid: GID };
  assertEquals(await leftovers(store, location), []);
  await store.prune!(location, new AbortController().signal);
  assertEquals(server.requests.length, 0);
});

const withCa = { ignore: !hasCa };
const needsCa = hasCa ? "" : " (needs openssl)";

Deno.test(
  `cleanup_http_checkpoint trusts no unknown server with its token${needsCa}`,
  withCa,
  async () => {
    const ca = await makeCa();
    const env = { BEARER_TOKEN: "SECRET-1", X509_CERT_DIR: ca.hashedDir };
    for (const kind of ["good", "selfSigned", "expired", "wrongName", "unknownCa"] as const) {
      await using server = await startFault({ "/*": { status: 204 } }, { tls: ca[kind] });
      await using store = await open([], contextWith({ env }));
      const removal = remove(store, `${server.origin}/s`, ["a"]);
      if (kind === "good") {
        assertEquals(kinds(await removal), { a: "gone" });
        assertEquals(server.requests[0]!.header("authorization"), "Bearer SECRET-1");
        continue;
      }
      const failure = await caught(() => removal);
      assertEquals(failure.kind, "StoreUnavailable", `${kind}: ${failure.message}`);
      assertEquals(server.requests.length, 0);
    }
  },
);

Deno.test("cleanup_http_checkpoint takes its token from where it is told", async () => {
  await using server = await startFault({ "/*": { status: 204 } });
  const home = await Deno.makeTempDir();
  try {
    await Deno.writeTextFile(join(home, "plain"), "T-PLAIN\n");
    await Deno.writeTextFile(join(home, "json"), '{"access_token":"T-JSON"}');
    await Deno.writeTextFile(join(home, "chtc_ro"), "T-NAMED");
    await Deno.writeTextFile(join(home, "alice.tok"), "T-ALICE");
    await Deno.writeTextFile(join(home, "ad"), "T-AD");
    await Deno.writeTextFile(join(home, "user"), "T-USER");
    await Deno.writeTextFile(join(home, ".netrc"), "machine 127.0.0.1 login u password p", {
      mode: 0o600,
    });
    const scheme = `chtc.ro+${server.origin}/s`;
    const sent = async (args: string[], destination = `${server.origin}/s`) => {
      const context = contextWith({
        home,
        ad: { ScitokensFile: join(home, "ad") },
        env: { BEARER_TOKEN_FILE: join(home, "user") },
      });
      await using store = await open(["-token-over-http", ...args], context);
      await remove(store, destination, ["a"]);
      return server.requests.at(-1)!.header("authorization");
    };
    assertEquals(await sent(["-token-file", "~/plain"]), "Bearer T-PLAIN");
    assertEquals(await sent(["-token-file", join(home, "json")]), "Bearer T-JSON");
    assertEquals(await sent(["-token-file", "~/%n"], scheme), "Bearer T-NAMED");
    assertEquals(await sent(["-token-file", "~/%u.tok"]), "Bearer T-ALICE");
    assertEquals(await sent(["-netrc"]), `Basic ${btoa("u:p")}`);
    assertEquals(await sent(["-netrc-file", "~/.netrc"]), `Basic ${btoa("u:p")}`);
    assertEquals(await sent([]), "Bearer T-AD");
    await Deno.remove(join(home, "ad"));
    assertEquals(await sent([]), "Bearer T-USER");
    const before = server.requests.length;
    await Deno.chmod(join(home, ".netrc"), 0o644);
    for (const args of [["-netrc"], ["-token-file", "~/none"], ["-token-file", "~/%n"]]) {
      assertEquals((await caught(() => sent(args))).kind, "Credentials");
    }
    assertEquals(server.requests.length, before);
  } finally {
    await Deno.remove(home, { recursive: true });
  }
});
