import { assert, assertEquals, assertMatch, assertRejects } from "@std/assert";
import { fetchIssuerKeys, IssuerError } from "../../../core/credentials/issuer/published.ts";
import { wellKnownOf } from "../../../core/credentials/issuer/places.ts";
import { runVerifyToken } from "../../../core/credentials/keytool/verify_token.ts";
import { runCreateToken } from "../../../core/credentials/keytool/create_token.ts";
import { HttpClient } from "../../../core/http/mod.ts";
import { available, makeCa, missing } from "../../servers/ca.ts";
import { type Fault, type Routes, startFault, Valve } from "../../servers/fault.ts";
import { clockAt, FakeHost, Folder, keyPath, ManualClock, NOON } from "../keytool/hosts.ts";

const SET = Deno.readTextFileSync(keyPath("ec-public.jwks"));
const METADATA = "/.well-known/openid-configuration";
const unless = available ? "" : ` (${missing} is missing)`;

/** The metadata of a server that is an issuer, which knows its own name only when it runs. */
type Site = (origin: () => string) => Routes;

const json = (value: unknown) => ({ body: JSON.stringify(value) });
const metadata = (origin: () => string, changes: object = {}) => () =>
  json({ issuer: origin(), jwks_uri: `${origin()}/keys`, ...changes });

/** An issuer as it ought to be, with some routes changed. */
const site = (routes: Site = () => ({})): Site => (origin) => ({
  [METADATA]: metadata(origin),
  "/keys": { body: SET },
  ...routes(origin),
});

async function withSite(
  routes: Site,
  test: (server: Fault, client: HttpClient) => Promise<void>,
): Promise<void> {
  const ca = await makeCa();
  const site: { server?: Fault } = {};
  await using running = await startFault(routes(() => site.server?.origin ?? ""), { tls: ca.good });
  site.server = running;
  const client = new HttpClient({
    env: (name) => name === "SSL_CERT_FILE" ? ca.caFile : undefined,
    userAgent: "test/1",
  });
  try {
    await test(running, client);
  } finally {
    client.close();
  }
}

function serverTest(name: string, fn: () => Promise<void>): void {
  Deno.test({ name: name + unless, ignore: !available, fn });
}

const { signal } = new AbortController();

serverTest(
  "fetchIssuerKeys() fetches metadata and then keys",
  () =>
    withSite(site(), async (server, http) => {
      const found = await fetchIssuerKeys(server.origin, { http, signal });
      assertEquals([found.issuer, found.jwksUri, found.skipped], [
        server.origin,
        `${server.origin}/keys`,
        [],
      ]);
      assertEquals(found.keys.map(({ kid }) => kid), ["f00f"]);
      assertEquals(server.requests.map(({ path }) => path), [METADATA, "/keys"]);
      assertEquals(server.requests[0]?.header("authorization"), undefined);
    }),
);

serverTest(
  "fetchIssuerKeys() goes below an issuer that has a path, with or without a slash",
  () =>
    withSite(
      (origin) => ({
        [`/a/b${METADATA}`]: (_request, n) =>
          json({
            issuer: `${origin()}/a/b${n === 1 ? "" : "/"}`,
            jwks_uri: `${origin()}/keys?v=1`,
          }),
        "/keys": { body: SET },
      }),
      async (server, http) => {
        for (const issuer of [`${server.origin}/a/b`, `${server.origin}/a/b/`]) {
          assertEquals((await fetchIssuerKeys(issuer, { http, signal })).keys.length, 1);
        }
      },
    ),
);

serverTest("fetchIssuerKeys() follows redirects to https, three times", () =>
  withSite(
    site(() => ({
      "/keys": { status: 302, headers: { location: "/1" } },
      "/1": { status: 307, headers: { location: "2" } },
      "/2": { status: 301, headers: { location: "/3" } },
      "/3": (_request, n) => n === 1 ? { body: SET } : { status: 302, headers: { location: "/4" } },
      "/4": { body: SET },
    })),
    async (server, http) => {
      assertEquals((await fetchIssuerKeys(server.origin, { http, signal })).keys.length, 1);
      const work = () => fetchIssuerKeys(server.origin, { http, signal });
      assertEquals((await assertRejects(work, IssuerError)).code, "redirect");
    },
  ));

const large = "x".repeat((1 << 20) + 1);

/** Sites that are wrong: code, and a word of the text. */
const WRONG: Readonly<Record<string, readonly [Site, IssuerError["code"], RegExp]>> = {
  "no metadata": [() => ({}), "status", /openid-configuration": the server answered 404$/],
  "no keys there": [
    site(() => ({ "/keys": { status: 500 } })),
    "status",
    /keys": the server answered 500/,
  ],
  "an empty answer": [site(() => ({ [METADATA]: {} })), "not-json", /it is not JSON/],
  "a page": [site(() => ({ [METADATA]: { body: "<html>" } })), "not-json", /it is not JSON/],
  "a list": [site(() => ({ [METADATA]: { body: "[]" } })), "not-json", /not a JSON object/],
  "a page of keys": [
    site(() => ({ "/keys": { body: "<html>" } })),
    "not-json",
    /keys": it is not JSON/,
  ],
  "no list of keys": [
    site(() => ({ "/keys": { body: "{}" } })),
    "no-keys",
    /it has no list "keys"/,
  ],
  "an empty list": [
    site(() => ({ "/keys": { body: '{"keys":[]}' } })),
    "no-keys",
    /its list is empty/,
  ],
  "only other keys": [
    site(() => ({ "/keys": { body: '{"keys":[{"kty":"OKP"}]}' } })),
    "no-keys",
    /key 1: it is a key for "kty" "OKP"/,
  ],
  "another issuer": [
    site((origin) => ({ [METADATA]: metadata(origin, { issuer: "https://other" }) })),
    "wrong-issuer",
    /its "issuer" is "https:\/\/other", not "https:/,
  ],
  "an issuer with a slash more": [
    site((origin) => ({
      [METADATA]: () => json({ issuer: `${origin()}/`, jwks_uri: `${origin()}/keys` }),
    })),
    "wrong-issuer",
    /to the byte/,
  ],
  "no issuer": [
    site((origin) => ({ [METADATA]: metadata(origin, { issuer: undefined }) })),
    "wrong-issuer",
    /its "issuer" is missing/,
  ],
  "no place of keys": [
    site((origin) => ({ [METADATA]: metadata(origin, { jwks_uri: 5 }) })),
    "no-jwks-uri",
    /its "jwks_uri" is missing/,
  ],
  "keys without TLS": [
    site((origin) => ({ [METADATA]: metadata(origin, { jwks_uri: "http://127.0.0.1/keys" }) })),
    "not-https",
    /Cannot use the "jwks_uri" "http:\/\/127.0.0.1\/keys": it does not begin/,
  ],
  "keys in a file": [
    site((origin) => ({ [METADATA]: metadata(origin, { jwks_uri: "file:///etc/passwd" }) })),
    "not-https",
    /does not begin/,
  ],
  "a redirect without TLS": [
    site(() => ({ "/keys": { status: 302, headers: { location: "http://127.0.0.1/k" } } })),
    "not-https",
    /Cannot use the redirect to "http:\/\/127.0.0.1\/k"/,
  ],
  "a redirect to nowhere": [
    site(() => ({ "/keys": { status: 302 } })),
    "redirect",
    /answered 302, to nowhere/,
  ],
  "more than a mebibyte": [
    site(() => ({ "/keys": { body: large } })),
    "large",
    /more than 1048576 octets/,
  ],
  "more than a mebibyte in chunks": [
    site(() => ({ "/keys": { body: large, framing: "chunked" } })),
    "large",
    /more than 1048576 octets/,
  ],
  "less than was promised": [
    site(() => ({ "/keys": { body: SET, cutAfter: 40 } })),
    "unreachable",
    /keys": end of response with \d+ bytes missing/,
  ],
  "a broken connection": [
    site(() => ({ [METADATA]: { raw: "", end: "reset" } })),
    "unreachable",
    /openid-configuration": /,
  ],
};

for (const [what, [routes, code, text]] of Object.entries(WRONG)) {
  serverTest(
    `fetchIssuerKeys() says what is wrong: ${what}`,
    () =>
      withSite(routes, async (server, http) => {
        const work = () => fetchIssuerKeys(server.origin, { http, signal });
        const error = await assertRejects(work, IssuerError);
        assertEquals(error.code, code, error.message);
        assertMatch(error.message, text);
        assertMatch(error.message, /^Cannot (?:read|use) [^\n]+$/);
      }),
  );
}

serverTest("fetchIssuerKeys() trusts no server without a good certificate", async () => {
  const ca = await makeCa();
  for (const tls of [ca.expired, ca.wrongName, ca.selfSigned, ca.unknownCa]) {
    await using server = await startFault({ "*": { body: "{}" } }, { tls });
    const http = new HttpClient({
      env: (name) => name === "SSL_CERT_FILE" ? ca.caFile : undefined,
      userAgent: "test/1",
    });
    try {
      const work = () => fetchIssuerKeys(server.origin, { http, signal });
      assertEquals((await assertRejects(work, IssuerError)).code, "unreachable");
      assertEquals(server.requests.length, 0);
    } finally {
      http.close();
    }
  }
});

Deno.test("fetchIssuerKeys() reads no further than a mebibyte", async () => {
  let chunks = 0;
  let isCancelled = false;
  const body = new ReadableStream<Uint8Array>({
    pull(controller) {
      if (++chunks > 200) controller.close();
      else controller.enqueue(new Uint8Array(64 * 1024));
    },
    cancel() {
      isCancelled = true;
    },
  });
  const http = {
    fetch: (url: URL) =>
      Promise.resolve({
        ...{ url, status: 200, headers: new Headers(), body, proxy: undefined },
        trailers: () => undefined,
        cancel: () => body.cancel(),
      }),
  };
  const clock = new ManualClock();
  const work = () => fetchIssuerKeys("https://i.example", { http, signal, clock });
  assertEquals((await assertRejects(work, IssuerError)).code, "large");
  assert(isCancelled && chunks < 20, `${chunks} chunks`);
});

for (const where of ["the head", "the body"] as const) {
  serverTest(`fetchIssuerKeys() waits ten seconds and no longer for ${where}`, async () => {
    const never = new Promise(() => {});
    const valve = new Valve(3);
    const stalled = where === "the head" ? { silence: never } : { body: SET, valve };
    await withSite(site(() => ({ "/keys": stalled })), async (server, http) => {
      const clock = new ManualClock();
      const work = assertRejects(
        () => fetchIssuerKeys(server.origin, { http, signal, clock }),
        IssuerError,
      );
      await server.arrived(2);
      if (where === "the body") await valve.passed(3);
      assertEquals(clock.sleeping, [10_000]);
      clock.wake();
      const error = await work;
      assertEquals([error.code, clock.sleeping], ["timeout", []]);
      assertMatch(error.message, /did not come within 10 s$/);
    });
  });
}

serverTest(
  "fetchIssuerKeys() ends with the reason of its signal",
  () =>
    withSite(
      site(() => ({ "/keys": { silence: new Promise(() => {}) } })),
      async (server, http) => {
        const stop = new AbortController();
        const work = assertRejects(
          () => fetchIssuerKeys(server.origin, { http, signal: stop.signal }),
          RangeError,
          "enough",
        );
        await server.arrived(2);
        stop.abort(new RangeError("enough"));
        await work;
      },
    ),
);

Deno.test("wellKnownOf() takes nothing but plain https URLs", () => {
  assertEquals(wellKnownOf("https://i.example"), "https://i.example/.well-known/");
  assertEquals(wellKnownOf("https://i.example:8443/a/"), "https://i.example:8443/a/.well-known/");
  const wrong = [
    ...[
      "",
      "i.example",
      "http://i.example",
      "ftp://i.example",
      "https:i.example",
      "https:///i.example",
    ],
    ...[
      "https://",
      "https://u@i.example",
      "https://u:p@i.example",
      "https://i.example?x",
      "https://i.example#x",
    ],
    ...[
      "https://i.example/\u00e9",
      "https://i.example/ ",
      "\nhttps://i.example",
      "https:\\\\i.example",
    ],
    ...[`https://i.example/${"x".repeat(2100)}`, "https://[::1", "javascript:alert(1)"],
  ];
  for (const issuer of wrong) {
    let error: unknown;
    try {
      wellKnownOf(issuer);
    } catch (thrown) {
      error = thrown;
    }
    assert(error instanceof IssuerError && error.code === "not-https", issuer);
    assert(/^[\x20-\x7e]{1,400}$/.test(error.message), error.message);
  }
});

serverTest(
  "scitokens-verify-token asks the issuer for its keys",
  () =>
    withSite(site(), async (server) => {
      const ca = await makeCa();
      using folder = new Folder();
      const key = folder.write("k.pem", Deno.readTextFileSync(keyPath("ec-private.pem")));
      const maker = new FakeHost();
      const made = await runCreateToken(
        ["-keyfile", key, "-key_id", "f00f", "-issuer", server.origin, "sub=alice"],
        maker,
      );
      const token = maker.text.trim();
      const host = (environment: Record<string, string>) =>
        new FakeHost({ environment, clock: clockAt(NOON) });
      const trusting = host({ SSL_CERT_FILE: ca.caFile });
      assertEquals([made, await runVerifyToken([token], trusting)], [0, 0]);
      assertMatch(trusting.text, /^The token is good: issuer "https:\/\/127/);
      await assertRejects(() => runVerifyToken([token], host({})), IssuerError, "Cannot read");
      // A token whose algorithm is not ours asks nobody.
      const before = server.requests.length;
      const none = `eyJhbGciOiJub25lIn0.${token.split(".")[1]}.`;
      await assertRejects(() => runVerifyToken([none], trusting), Error, "not signed");
      assertEquals(server.requests.length, before);
      assert(server.requests.every(({ target }) => !target.includes("eyJ")));
    }),
);
