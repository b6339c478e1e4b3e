/** Web servers that are not what they seem. */
import { assert, assertEquals, assertRejects } from "@std/assert";
import { CleanupFailure } from "../../../core/checkpoint/failure.ts";
import { type Fault, type Reply, startFault, Valve } from "../../servers/fault.ts";
import { contextWith, GID, kinds, leftovers, open, remove } from "./http_runs.ts";

const JOB = `/s/${GID}/`;
const BASE = `${JOB}0003`;
const PAGE: Reply = {
  headers: { "content-type": "text/html; charset=utf-8" },
  body: "<html>Log in to FreeWiFi</html>",
};

/** Says which resources there are: paths as they stand in the answer, collections end in a slash. */
function multistatus(...hrefs: readonly string[]): Reply {
  const responses = hrefs.map((href) =>
    `<D:response><D:href>${href}</D:href><D:propstat><D:prop><D:resourcetype>${
      href.endsWith("/") ? "<D:collection/>" : ""
    }</D:resourcetype></D:prop><D:status>HTTP/1.1 200 OK</D:status></D:propstat></D:response>`
  );
  return {
    status: 207,
    body: `<D:multistatus xmlns:D="DAV:">${responses.join("")}</D:multistatus>`,
  };
}

function asked({ requests }: Fault): string[] {
  return requests.map(({ method, target }) => `${method} ${target}`);
}

Deno.test("cleanup_http_checkpoint takes no web page for a removal, whatever answers so", async () => {
  await using server = await startFault({ "/*": PAGE });
  const destination = `${server.origin}/s`;
  await using store = await open(["-webdav", "-collection"]);
  const ended = await remove(store, destination, ["a", "b"], { whole: true });
  assertEquals(kinds(ended), { a: "StoreUnavailable", b: "StoreUnavailable" });
  assert(ended["a"]!.message.includes("a web page"), ended["a"]!.message);
  const location = { destination, gid: GID };
  const never = new AbortController().signal;
  assertEquals(
    (await assertRejects(() => leftovers(store, location), CleanupFailure)).kind,
    "StoreUnavailable",
  );
  assertEquals(
    (await assertRejects(() => store.prune!(location, never), CleanupFailure)).kind,
    "StoreUnavailable",
  );
});

Deno.test("cleanup_http_checkpoint believes a page where the file is gone afterwards", async () => {
  await using server = await startFault({
    [`${BASE}/*`]: ({ method }) => method === "DELETE" ? PAGE : { status: 404 },
  });
  await using store = await open([]);
  assertEquals(kinds(await remove(store, `${server.origin}/s`, ["a"])), { a: "gone" });
  assertEquals(asked(server), [`DELETE ${BASE}/a`, `HEAD ${BASE}/a`]);
});

Deno.test("cleanup_http_checkpoint asks nothing twice where a removal says so without a page", async () => {
  const words: Reply = { headers: { "content-type": "text/plain" }, body: "Deleted" };
  await using server = await startFault({
    [`${BASE}/a`]: words,
    [`${BASE}/b`]: { headers: { "content-type": "text/html" } },
  });
  await using store = await open([]);
  assertEquals(kinds(await remove(store, `${server.origin}/s`, ["a", "b"])), {
    a: "gone",
    b: "gone",
  });
  assertEquals(server.requests.length, 2);
});

/** Everything that a listing may name to lead astray. */
const ASTRAY = [
  "/s/",
  "/s/victim",
  "/etc/passwd",
  `${JOB}0003/../../victim`,
  `${JOB}0003/%2e%2e/%2e%2e/victim`,
  `${JOB}0003/..%2f..%2fvictim`,
  `${JOB}0003/..`,
  `${JOB}0003/%2e%2e`,
  `${JOB}0003/.`,
  `${JOB}0003/`,
  `${JOB}0004/kept`,
  `http://victim.example/s/${GID}/0004/kept`,
  `//victim.example${JOB}0004/kept`,
  "../0004/kept",
  "kept",
  "",
  "?",
  "#",
];

Deno.test("cleanup_http_checkpoint removes nothing outside of what it lists", async () => {
  await using server = await startFault({
    [JOB]: multistatus(JOB, `${JOB}0003/`, `${JOB}../0005/`, "/elsewhere/0006/"),
    [`${BASE}/`]: multistatus(`${BASE}/`, `${BASE}/mine`, ...ASTRAY),
    "/*": ({ method }) => ({ status: method === "PROPFIND" ? 404 : 204 }),
  });
  await using store = await open(["-webdav"]);
  const destination = `${server.origin}/s`;
  const found = await leftovers(store, { destination, gid: GID });
  assertEquals(found, ["0003/mine"]);
  await remove(store, destination, found.map((one) => one.slice(5)));
  await store.prune!({ destination, gid: GID }, new AbortController().signal);
  assertEquals(asked(server).filter((request) => !request.startsWith("PROPFIND")), [
    `DELETE ${BASE}/mine`,
  ]);
  for (const { target } of server.requests) assert(target.startsWith(JOB), target);
});

Deno.test("cleanup_http_checkpoint refuses a listed name that a server may read as another", async () => {
  const names = ["..%5c..%5cvictim", "%252e%252e", "..;x", "%00"];
  await using server = await startFault({
    [JOB]: multistatus(JOB, `${JOB}0003/`),
    [`${BASE}/`]: multistatus(`${BASE}/`, ...names.map((name) => `${BASE}/${name}`)),
    "/*": { status: 204 },
  });
  await using store = await open(["-webdav"]);
  const destination = `${server.origin}/s`;
  const found = await leftovers(store, { destination, gid: GID });
  assertEquals(found.length, names.length);
  const ended = await remove(store, destination, found.map((one) => one.slice(5)));
  assertEquals(Object.values(kinds(ended)), names.map(() => "Unsafe"));
  assertEquals(asked(server).filter((request) => request.startsWith("DELETE")), []);
});

Deno.test("cleanup_http_checkpoint gives up collections that lead deeper without end", async () => {
  await using server = await startFault({
    [`${JOB}*`]: ({ target }) =>
      target === JOB ? multistatus(JOB, `${JOB}0003/`) : multistatus(target, `${target}d/`),
  });
  await using store = await open(["-webdav"]);
  const location = { destination: `${server.origin}/s`, gid: GID };
  const never = new AbortController().signal;
  for (const work of [() => leftovers(store, location), () => store.prune!(location, never)]) {
    const failure = await assertRejects(work, CleanupFailure);
    assert(failure.message.includes("too deep"), failure.message);
  }
  assert(asked(server).every((request) => request.startsWith("PROPFIND")));
});

for (
  const [what, reply] of [
    [
      "an answer that stops half-way",
      () => ({ status: 207, body: "x".repeat(100), valve: new Valve(10) }),
    ],
    ["an answer without end", () => ({
      status: 207,
      body: "x".repeat(1 << 20),
      framing: "close",
      valve: new Valve(1 << 19),
    })],
  ] as const satisfies readonly (readonly [string, () => Reply])[]
) {
  Deno.test(`cleanup_http_checkpoint leaves ${what} when it is told to stop`, async () => {
    await using server = await startFault({ "/*": reply() });
    await using store = await open(["-webdav"]);
    const stop = new AbortController();
    server.arrived(1).then(() => stop.abort());
    const start = performance.now();
    const destination = `${server.origin}/s`;
    assertEquals(await remove(store, destination, ["a"], { signal: stop.signal }), {});
    const listing = store.leftovers!({ destination, gid: GID }, AbortSignal.abort());
    await assertRejects(() => Array.fromAsync(listing));
    assert(performance.now() - start < 5000, `${performance.now() - start} ms`);
  });
}

Deno.test("cleanup_http_checkpoint reads no more of an answer than it needs", async () => {
  const valve = new Valve(1 << 20);
  await using server = await startFault({
    "/*": { status: 204, body: "x".repeat(1 << 22), framing: "close", valve },
    [`${BASE}/a`]: { body: "x".repeat(1 << 22), valve },
  });
  await using store = await open([]);
  assertEquals(kinds(await remove(store, `${server.origin}/s`, ["a"])), { a: "gone" });
});

Deno.test("cleanup_http_checkpoint sends its token to the host of the prefix alone", async () => {
  await using server = await startFault({ "/*": { status: 204 } });
  const context = contextWith({ env: { BEARER_TOKEN: "SECRET-1" } });
  const host = server.origin.slice("http://".length);
  await using store = await open(["-token-over-http", "-prefix", `http://${host}`], context);
  for (
    const evil of [
      `${host}.evil.example`,
      `${host}@evil.example`,
      `evil.example`,
      `${host}1`,
      `u:p@${host}`,
    ]
  ) {
    const failure = await assertRejects(
      () => remove(store, `http://${evil}/s`, ["a"]),
      CleanupFailure,
    );
    assertEquals(failure.kind, "Usage", evil);
    assert(!/u:p|SECRET/.test(failure.message), failure.message);
  }
  assertEquals(server.requests.length, 0);
});

Deno.test("cleanup_http_checkpoint shows its token to no proxy on the way to a server by TLS", async () => {
  await using proxy = await startFault({ "/*": { status: 403 }, "h.example:443": { status: 403 } });
  const context = contextWith({ env: { BEARER_TOKEN: "SECRET-1", https_proxy: proxy.origin } });
  await using store = await open([], context);
  await remove(store, "https://h.example/s", ["a"]).catch((error) => {
    assert(error instanceof CleanupFailure);
    assert(!error.message.includes("SECRET"), error.message);
  });
  assertEquals(proxy.requests.map(({ method }) => method), ["CONNECT"]);
  assert(!JSON.stringify(proxy.requests.map(({ headers }) => headers)).includes("SECRET"));
});
