/** What both engines do alike when all goes well, and how they stop. */
import { assert, assertEquals, assertRejects, assertStrictEquals } from "@std/assert";
import { TransferFailure } from "../../core/errors.ts";
import { readClientCertificate } from "../../core/http/mod.ts";
import * as ca from "../servers/ca.ts";
import { startFault, Valve } from "../servers/fault.ts";
import { silent } from "../servers/fault_scripts.ts";
import * as nginx from "../servers/nginx.ts";
import { ask, askWith, ENGINES, factsOf, makeClient } from "./engines.ts";

const noCa = ca.available ? "" : ` (skipped: ${ca.missing} is missing)`;
const STOP = new TransferFailure("Transfer", "stop", { errorCode: 42, retryable: 0 });

for (const engine of ENGINES) {
  Deno.test(`${engine}() asks for bytes as they are, in its own name`, async () => {
    await using fault = await startFault({ "/x": { body: "abc" } });
    const answer = await ask(engine, fault.url("/x?a=b#c"));
    assertEquals([answer.status, answer.text], [200, "abc"]);
    const request = fault.requests[0];
    assertEquals(request?.target, "/x?a=b");
    assertEquals(request?.header("accept"), "*/*");
    assertEquals(request?.header("accept-encoding"), "identity");
    assertEquals(request?.header("user-agent"), "test/1");
    assertEquals(request?.header("host"), `127.0.0.1:${fault.port}`);
  });

  Deno.test(`${engine}() lets the caller's header fields win`, async () => {
    await using fault = await startFault({ "/x": {} });
    const headers = new Headers({ Accept: "text/plain", "User-Agent": "me", "X-A": "1" });
    await ask(engine, fault.url("/x"), { request: { headers } });
    const request = fault.requests[0];
    assertEquals(request?.header("accept"), "text/plain");
    assertEquals(request?.header("user-agent"), "me");
    assertEquals(request?.header("x-a"), "1");
  });

  Deno.test(`${engine}() does not unpack a coded body`, async () => {
    await using fault = await startFault({
      "/x": { body: "not gzip", headers: { "Content-Encoding": "gzip" } },
    });
    const answer = await ask(engine, fault.url("/x"));
    assertEquals([answer.text, answer.headers.get("content-length")], ["not gzip", "8"]);
  });

  Deno.test(`${engine}() does not send user information of a URL`, async () => {
    await using fault = await startFault({ "/x": {} });
    await ask(engine, fault.url("/x").replace("//", "//user:SECRET@"));
    assertEquals(fault.requests[0]?.header("authorization"), undefined);
  });

  Deno.test(`${engine}() follows no redirect and judges no status`, async () => {
    await using fault = await startFault({
      "/a": { status: 302, headers: { Location: "/b" } },
      "/c": { status: 503, body: "busy" },
    });
    assertEquals((await ask(engine, fault.url("/a"))).status, 302);
    assertEquals((await ask(engine, fault.url("/c"))).text, "busy");
    assertEquals(fault.requests.length, 2);
  });

  Deno.test(`${engine}() keeps a connection for the next request`, async () => {
    await using fault = await startFault({ "/x": { body: "abc" } });
    const client = makeClient();
    for (let i = 0; i < 3; i++) await askWith(client, engine, { url: fault.url("/x") });
    client.close();
    assertEquals(fault.requests.map((request) => request.connection), [1, 1, 1]);
  });

  Deno.test(`${engine}() has no body after HEAD`, async () => {
    await using fault = await startFault({ "/x": { body: "abc" } });
    const answer = await ask(engine, fault.url("/x"), { request: { method: "HEAD" } });
    assertEquals([answer.text, answer.headers.get("content-length")], ["", "3"]);
  });

  Deno.test(`${engine}() stops before the answer with the signal's reason`, async () => {
    await using fault = await startFault({ "/x": silent() });
    const stop = new AbortController();
    const asked = ask(engine, fault.url("/x"), { request: { signal: stop.signal } });
    await fault.arrived(1);
    stop.abort(STOP);
    assertStrictEquals(await assertRejects(() => asked), STOP);
  });

  Deno.test(`${engine}() stops before it began with the signal's reason`, async () => {
    const asked = ask(engine, "http://127.0.0.1:1/", {
      request: { signal: AbortSignal.abort(STOP) },
    });
    assertStrictEquals(await assertRejects(() => asked), STOP);
  });

  Deno.test(`${engine}() stops inside the body with the signal's reason`, async () => {
    const valve = new Valve(1024);
    await using fault = await startFault({ "/x": { body: new Uint8Array(4096), valve } });
    const stop = new AbortController();
    const asked = ask(engine, fault.url("/x"), { request: { signal: stop.signal } });
    await valve.passed(1024);
    stop.abort(STOP);
    assertStrictEquals(await assertRejects(() => asked), STOP);
  });

  Deno.test(`${engine}() gives up a body on cancel()`, async () => {
    const valve = new Valve(1024);
    await using fault = await startFault({ "/x": { body: new Uint8Array(4096), valve } });
    const client = makeClient();
    const { signal } = new AbortController();
    const response = await client[engine](new URL(fault.url("/x")), { signal });
    await response.cancel();
    await response.cancel();
    await fault.requests[0]?.closed;
    client.close();
  });

  Deno.test({
    name: `${engine}() shows a client certificate from an X.509 proxy file${noCa}`,
    ignore: !nginx.available,
    fn: async () => {
      const made = await ca.makeCa();
      await using server = await nginx.startNginx({
        tls: made.good,
        clientCa: { file: made.caFile, required: false },
        snippet: "location = /x { return 204; }",
      });
      const env = { X509_CERT_DIR: made.hashedDir };
      const clientCertificate = readClientCertificate(made.client.bundleFile);
      const answer = await ask(engine, `${server.origin}/x`, {
        env,
        settings: { clientCertificate },
      });
      assertEquals(answer.status, 204);
      assertEquals((await server.requests())[0]?.clientCertificate, "SUCCESS");
    },
  });
}

Deno.test("exchange() gives the trailers after the body", async () => {
  await using fault = await startFault({
    "/x": {
      body: "abc",
      framing: "chunked",
      headers: { Trailer: "X-Transfer-Status" },
      trailers: ["X-Transfer-Status: 500: disk error"],
    },
  });
  const answer = await ask("exchange", fault.url("/x"));
  assertEquals(answer.trailers?.get("x-transfer-status"), "500: disk error");
  assertEquals(fault.requests[0]?.header("te"), "trailers");
});

Deno.test("exchange() reports the connection before the answer", async () => {
  const { promise, resolve } = Promise.withResolvers<void>();
  await using fault = await startFault({ "/x": { body: "abc", silence: promise } });
  const request = { onConnect: resolve };
  assertEquals((await ask("exchange", fault.url("/x"), { request })).text, "abc");
});

Deno.test("probeConnect() resolves where a silent server listens", async () => {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const client = makeClient();
  await client.probeConnect(new URL(`http://127.0.0.1:${listener.addr.port}/`));
  (await listener.accept()).close();
  client.close();
});

Deno.test("probeConnect() reports what hinders it", async () => {
  const client = makeClient();
  const refused = await assertRejects(
    () => client.probeConnect(new URL("http://[::1]:1/")),
    TransferFailure,
  );
  assertEquals(factsOf(refused), {
    kind: "Contact",
    message: "Failed to connect to [::1] port 1 after N ms: Could not connect to server",
    errorCode: 7,
    retryable: 0,
    server: "[::1]:1",
  });
  client.close();
});

Deno.test("probeConnect() counts TLS into its limit", async () => {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { port } = listener.addr;
  const client = makeClient();
  const late = await assertRejects(
    () => client.probeConnect(new URL(`https://127.0.0.1:${port}/`), { timeout: 0.05 }),
    TransferFailure,
  );
  assertEquals(factsOf(late), {
    kind: "Contact",
    message: "Connection timed out after N milliseconds",
    errorCode: 28,
    retryable: 0,
    server: `127.0.0.1:${port}`,
  });
  (await listener.accept()).close();
  client.close();
});

Deno.test("exchange() has the same limit for its connection", async () => {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const failure = await assertRejects(
    () =>
      ask("exchange", `https://127.0.0.1:${listener.addr.port}/`, {
        settings: { connectTimeout: 0.05 },
      }),
    TransferFailure,
  );
  assert(/^Connection timed out after \d+ milliseconds$/.test(failure.message));
  (await listener.accept()).close();
});
