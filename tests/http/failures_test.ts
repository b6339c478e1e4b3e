/** Every class of failure, over both engines: the texts of the runtime are pinned here. */
import { assert, assertEquals, assertMatch } from "@std/assert";
import { makeCa } from "../servers/ca.ts";
import * as ca from "../servers/ca.ts";
import { type Reply, startFault } from "../servers/fault.ts";
import { startOldTls } from "../servers/old_tls.ts";
import { ask, ENGINES, factsOf, failureOf } from "./engines.ts";

const transfer = (server: string) => ({
  kind: "Transfer",
  failureType: "Incomplete",
  retryable: 0,
  server,
});
const weird = (server: string, reason: string) => ({
  kind: "Transfer",
  failureType: "ServerError",
  retryable: -1,
  errorCode: 8,
  server,
  message: `Weird server reply: ${reason}`,
});

interface Case {
  readonly name: string;
  readonly reply: Reply;
  /** Expected facts; the server is filled in. A function where the engines differ. */
  readonly facts: Record<string, unknown> | ((engine: string) => Record<string, unknown>);
}

const HEAD = "HTTP/1.1 200 OK\r\n";

const CASES: Case[] = [
  {
    name: "an empty reply",
    reply: { raw: "" },
    facts: { ...transfer(""), errorCode: 52, message: "Empty reply from server" },
  },
  {
    name: "a reply cut inside its head",
    reply: { raw: `${HEAD}X-A: b` },
    facts: { ...transfer(""), errorCode: 52, message: "Empty reply from server" },
  },
  {
    name: "a reset before the reply",
    reply: { raw: "", end: "reset" },
    facts: { ...transfer(""), errorCode: 56, message: "Recv failure: Connection reset by peer" },
  },
  {
    name: "a body shorter than its length",
    reply: { body: "0123456789", cutAfter: 4 },
    facts: { ...transfer(""), errorCode: 18, message: "end of response with 6 bytes missing" },
  },
  {
    name: "a reset inside the body",
    reply: { body: "0123456789", cutAfter: 4, end: "reset" },
    // fetch does not tell how a body ended.
    facts: (engine) => ({
      ...transfer(""),
      ...(engine === "fetch"
        ? { errorCode: 18, message: "end of response with 6 bytes missing" }
        : { errorCode: 56, message: "Recv failure: Connection reset by peer" }),
    }),
  },
  {
    name: "a chunked body that is cut",
    reply: { body: "0123456789", framing: "chunked", cutAfter: 4 },
    facts: {
      ...transfer(""),
      errorCode: 18,
      message: "transfer closed with outstanding read data remaining",
    },
  },
  {
    name: "a bad chunk",
    reply: { raw: `${HEAD}Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\nzz\r\n` },
    facts: (engine) => ({
      ...transfer(""),
      ...(engine === "fetch"
        ? { errorCode: 18, message: "transfer closed with outstanding read data remaining" }
        : {
          errorCode: 56,
          message: "Illegal chunk in the response: Invalid character in chunk size",
        }),
    }),
  },
  {
    name: "what is not HTTP",
    reply: { raw: "SSH-2.0-OpenSSH\r\n\r\n" },
    facts: (engine) =>
      weird(
        "",
        engine === "fetch" ? "invalid HTTP version parsed" : "Expected HTTP/, RTSP/ or ICE/",
      ),
  },
  {
    name: "a header line without a colon",
    reply: { lines: ["no colon here"], body: "abc" },
    facts: (engine) =>
      weird("", engine === "fetch" ? "invalid HTTP header parsed" : "Invalid header token"),
  },
  {
    name: "two different lengths",
    reply: { contentLength: [3, 4], body: "abc" },
    facts: (engine) =>
      weird("", engine === "fetch" ? "invalid content-length parsed" : "Duplicate Content-Length"),
  },
  {
    name: "a length that is no number",
    reply: { raw: `${HEAD}Content-Length: abc\r\n\r\n` },
    facts: (engine) =>
      weird(
        "",
        engine === "fetch"
          ? "invalid content-length parsed"
          : "Invalid character in Content-Length",
      ),
  },
  {
    name: "a status below 100",
    reply: { raw: "HTTP/1.1 099 X\r\n\r\n" },
    facts: (engine) =>
      weird("", engine === "fetch" ? "invalid HTTP status-code parsed" : "unexpected status 99"),
  },
  {
    name: "a switch of protocols nobody asked for",
    reply: { raw: "HTTP/1.1 101 Switching\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n" },
    facts: weird("", "unexpected status 101"),
  },
  {
    name: "a head of a megabyte",
    reply: { lines: [`X-A: ${"a".repeat(1 << 20)}`], body: "abc" },
    facts: weird("", "message head is too large"),
  },
];

for (const engine of ENGINES) {
  for (const { name, reply, facts } of CASES) {
    Deno.test(`${engine}() reports ${name}`, async () => {
      await using fault = await startFault({ "/x": reply });
      const expected = typeof facts === "function" ? facts(engine) : facts;
      assertEquals(factsOf(await failureOf(engine, fault.url("/x?sig=SECRET"))), {
        ...expected,
        server: `127.0.0.1:${fault.port}`,
      });
    });
  }

  Deno.test(`${engine}() keeps the query, which may be a secret, out of a failure`, async () => {
    await using fault = await startFault({ "/x": { raw: "" } });
    const failure = await failureOf(engine, fault.url("/x?sig=SECRET"));
    const cause = failure.facts.cause instanceof Error ? failure.facts.cause.stack : "";
    assert(!`${failure.message}${cause}${JSON.stringify(failure)}`.includes("SECRET"));
  });

  Deno.test(`${engine}() takes a head of 64 KiB`, async () => {
    const line = `X-A: ${"a".repeat(65536)}`;
    await using fault = await startFault({ "/x": { lines: [line], body: "abc" } });
    assertEquals((await ask(engine, fault.url("/x"))).text, "abc");
  });

  Deno.test(`${engine}() reports a port where nobody listens`, async () => {
    const { port } = await startAndStop();
    for (const host of ["127.0.0.1", "localhost"]) {
      assertEquals(factsOf(await failureOf(engine, `http://${host}:${port}/x`)), {
        kind: "Contact",
        message:
          `Failed to connect to ${host} port ${port} after N ms: Could not connect to server`,
        errorCode: 7,
        retryable: 0,
        server: `${host}:${port}`,
      });
    }
  });

  Deno.test(`${engine}() reports a port that browsers refuse like any other`, async () => {
    const failure = await failureOf(engine, "http://127.0.0.1:1/x");
    assertMatch(failure.message, /^Failed to connect to 127\.0\.0\.1 port 1 after/);
  });

  Deno.test(`${engine}() reports a name that does not exist`, async () => {
    assertEquals(factsOf(await failureOf(engine, "http://no-such-name.invalid/x")), {
      kind: "Resolution",
      message: "Could not resolve host: no-such-name.invalid",
      failureType: "Definitive",
      errorCode: 6,
      retryable: -1,
      name: "no-such-name.invalid",
      server: "no-such-name.invalid:80",
    });
  });

  Deno.test(`${engine}() reports a header that cannot be sent, without its value`, async () => {
    await using fault = await startFault({});
    const failure = await failureOf(engine, fault.url("/x"), {
      request: { headers: { authorization: "Bearer SECRET\nx" } },
    });
    assertEquals(failure.kind, "Parameter");
    assertEquals(failure.message, "Cannot send the request: bad method or header");
  });
}

async function startAndStop(): Promise<{ port: number }> {
  await using fault = await startFault({});
  return { port: fault.port };
}

Deno.test("exchange() gives up on a flood of interim responses", async () => {
  const raw = "HTTP/1.1 103 Early Hints\r\n\r\n".repeat(1000) + `${HEAD}Content-Length: 0\r\n\r\n`;
  await using fault = await startFault({ "/x": { raw } });
  const failure = await failureOf("exchange", fault.url("/x"));
  assertEquals(failure.message, "Weird server reply: too many interim responses");
});

Deno.test("fetch() passes over interim responses", async () => {
  const raw = "HTTP/1.1 103 Early Hints\r\n\r\n".repeat(1000) + `${HEAD}Content-Length: 0\r\n\r\n`;
  await using fault = await startFault({ "/x": { raw } });
  assertEquals((await ask("fetch", fault.url("/x"))).status, 200);
});

const tls = ca.available ? "" : ` (skipped: ${ca.missing} is missing)`;

const CERTIFICATES = [
  ["selfSigned", "SSL certificate OpenSSL verify result: self-signed certificate (18)"],
  ["expired", "SSL certificate OpenSSL verify result: certificate has expired (10)"],
  // Our authority has the same name, so the signature is looked at.
  ["unknownCa", "SSL certificate OpenSSL verify result: certificate signature failure (7)"],
  [
    "wrongName",
    "SSL: no alternative certificate subject name matches target host name 'localhost'",
  ],
] as const;

for (const engine of ENGINES) {
  for (const [name, message] of CERTIFICATES) {
    Deno.test({
      name: `${engine}() refuses a certificate: ${name}${tls}`,
      ignore: !ca.available,
      fn: async () => {
        const made = await makeCa();
        await using fault = await startFault({ "/x": { body: "abc" } }, { tls: made[name] });
        const failure = await failureOf(engine, `https://localhost:${fault.port}/x`, {
          env: { X509_CERT_DIR: made.hashedDir },
        });
        assertEquals(factsOf(failure), {
          kind: "Authorization",
          message,
          failureType: "Authentication",
          shouldRefresh: false,
          errorCode: 60,
          retryable: -1,
          server: `localhost:${fault.port}`,
        });
        assertEquals(fault.requests.length, 0);
      },
    });
  }

  Deno.test({
    name: `${engine}() refuses a certificate of an authority it does not know${tls}`,
    ignore: !ca.available,
    fn: async () => {
      const made = await makeCa();
      await using fault = await startFault({ "/x": { body: "abc" } }, { tls: made.good });
      const failure = await failureOf(engine, fault.url("/x"));
      assertEquals(
        failure.message,
        "SSL certificate OpenSSL verify result: unable to get local issuer certificate (20)",
      );
    },
  });

  Deno.test({
    name: `${engine}() trusts the authorities of X509_CERT_DIR${tls}`,
    ignore: !ca.available,
    fn: async () => {
      const made = await makeCa();
      for (const hostname of ["127.0.0.1", "::1"] as const) {
        await using fault = await startFault({ "/x": { body: "abc" } }, {
          hostname,
          tls: made.good,
        });
        const env = { X509_CERT_DIR: made.hashedDir };
        assertEquals((await ask(engine, fault.url("/x"), { env })).text, "abc");
        assertEquals(fault.requests[0]?.header("host"), new URL(fault.origin).host);
      }
    },
  });

  Deno.test({
    name: `${engine}() reports a TLS version that nobody may speak any more${tls}`,
    ignore: !ca.available,
    fn: async () => {
      const made = await makeCa();
      await using server = await startOldTls(made.good);
      const failure = await failureOf(engine, `${server.origin}/x`);
      assertEquals([failure.kind, failure.facts.errorCode, failure.facts.retryable], [
        "Contact",
        35,
        0,
      ]);
      assertMatch(failure.message, /^TLS connect error: .*ProtocolVersion/);
    },
  });

  Deno.test(`${engine}() reports a server that speaks no TLS`, async () => {
    using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
    const served = listener.accept().then(async (connection) => {
      using _ = connection;
      await connection.write(new TextEncoder().encode("HTTP/1.1 400 Bad Request\r\n\r\n"));
      await connection.read(new Uint8Array(1024));
    });
    const failure = await failureOf(engine, `https://127.0.0.1:${listener.addr.port}/x`);
    await served;
    assertEquals([failure.kind, failure.facts.errorCode], ["Contact", 35]);
    assertMatch(failure.message, /^TLS connect error: ./);
  });
}
