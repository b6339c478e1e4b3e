/** Requests through proxies, over both engines. */
import { assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import * as ca from "../servers/ca.ts";
import { startFault } from "../servers/fault.ts";
import * as squid from "../servers/squid.ts";
import { ask, ENGINES, factsOf, failureOf } from "./engines.ts";
import { startTunnelProxy } from "./tunnel_proxy.ts";

const noCa = ca.available ? "" : ` (skipped: ${ca.missing} is missing)`;
const noSquid = squid.available ? "" : ` (skipped: ${squid.missing} is missing)`;
const BASIC = `Basic ${btoa("us er:p@ss")}`;

for (const engine of ENGINES) {
  Deno.test(`${engine}() asks a proxy for the whole URL, with its own credentials`, async () => {
    await using proxy = await startFault({ "/x": { body: "from the proxy" } });
    const answer = await ask(engine, "http://no-such-name.invalid/x?q", {
      env: { http_proxy: `us%20er:p%40ss@127.0.0.1:${proxy.port}` },
    });
    assertEquals(answer.text, "from the proxy");
    assertEquals(answer.proxy, `127.0.0.1:${proxy.port}`);
    const request = proxy.requests[0];
    assertEquals(request?.target, "http://no-such-name.invalid/x?q");
    assertEquals(request?.header("host"), "no-such-name.invalid");
    assertEquals(request?.header("proxy-authorization"), BASIC);
  });

  Deno.test(`${engine}() goes straight where no_proxy says so`, async () => {
    await using fault = await startFault({ "/x": { body: "straight" } });
    const env = { http_proxy: "http://127.0.0.1:1", no_proxy: "127.0.0.0/8" };
    const answer = await ask(engine, fault.url("/x"), { env });
    assertEquals([answer.text, answer.proxy], ["straight", undefined]);
  });

  Deno.test(`${engine}() ignores HTTP_PROXY, also the process's own`, async () => {
    await using fault = await startFault({ "/x": { body: "straight" } });
    const env = { HTTP_PROXY: "http://127.0.0.1:1" };
    Deno.env.set("HTTP_PROXY", env.HTTP_PROXY);
    Deno.env.set("http_proxy", env.HTTP_PROXY);
    try {
      assertEquals((await ask(engine, fault.url("/x"), { env })).text, "straight");
      assertEquals(Deno.env.get("http_proxy"), env.HTTP_PROXY);
    } finally {
      Deno.env.delete("HTTP_PROXY");
      Deno.env.delete("http_proxy");
    }
  });

  Deno.test(`${engine}() ignores http_proxy when told so`, async () => {
    await using fault = await startFault({ "/x": { body: "straight" } });
    const env = { http_proxy: "http://127.0.0.1:1" };
    const settings = { ignoreHttpProxy: true };
    assertEquals((await ask(engine, fault.url("/x"), { env, settings })).text, "straight");
  });

  Deno.test(`${engine}() reports a proxy that refuses the connection`, async () => {
    const env = { http_proxy: "http://127.0.0.1:1", https_proxy: "http://127.0.0.1:1" };
    for (const [url, port] of [["http://h.invalid/", 80], ["https://h.invalid/", 443]] as const) {
      assertEquals(factsOf(await failureOf(engine, url, { env })), {
        kind: "Contact",
        message: `Failed to connect to h.invalid port ${port} over proxy 127.0.0.1:1 after N ms: ` +
          "Could not connect to server",
        errorCode: 7,
        retryable: 0,
        server: `h.invalid:${port}`,
        intermediate: { server: "127.0.0.1:1", errorType: "Connection" },
      });
    }
  });

  Deno.test(`${engine}() reports a proxy whose name does not exist`, async () => {
    const env = { http_proxy: "proxy.invalid:3128" };
    assertEquals(factsOf(await failureOf(engine, "http://h.example/", { env })), {
      kind: "Resolution",
      message: "Could not resolve proxy: proxy.invalid",
      failureType: "Definitive",
      errorCode: 5,
      retryable: -1,
      name: "proxy.invalid",
      server: "h.example:80",
      intermediate: { server: "proxy.invalid:3128", errorType: "Connection" },
    });
  });

  Deno.test(`${engine}() reports a proxy of a kind it cannot use`, async () => {
    const env = { http_proxy: "socks5://u:SECRET@127.0.0.1:1080" };
    const failure = await failureOf(engine, "http://h.example/", { env });
    assertEquals(failure.kind, "Parameter");
    assertEquals(failure.message, "Unsupported proxy scheme for 'socks5://127.0.0.1:1080'");
  });

  const refusals = [
    [407, { kind: "Authorization", failureType: "Authentication", retryable: -1 }],
    [403, { kind: "Authorization", failureType: "Authorization", retryable: -1 }],
    [503, { kind: "Transfer", failureType: "ServerError", retryable: 0 }],
    [504, { kind: "Transfer", failureType: "TimedOut", retryable: 0 }],
  ] as const;
  for (const [status, facts] of refusals) {
    Deno.test(`${engine}() reports a proxy that answers CONNECT with ${status}`, async () => {
      await using proxy = await startTunnelProxy({
        refusal: `HTTP/1.1 ${status} X\r\nContent-Length: 0\r\n\r\n`,
      });
      const env = { https_proxy: `http://${proxy.server}` };
      assertEquals(factsOf(await failureOf(engine, "https://h.example:8443/", { env })), {
        ...facts,
        ...(facts.kind === "Authorization" ? { shouldRefresh: false } : {}),
        message: `CONNECT tunnel failed, response ${status}`,
        errorCode: 56,
        status,
        server: "h.example:8443",
        intermediate: { server: proxy.server, errorType: "PostConnection" },
      });
    });
  }

  Deno.test(`${engine}() reports a proxy that hangs up instead of opening a tunnel`, async () => {
    await using proxy = await startTunnelProxy({ refusal: "" });
    const env = { https_proxy: `http://${proxy.server}` };
    assertEquals(factsOf(await failureOf(engine, "https://h.example/", { env })), {
      kind: "Transfer",
      message: "Proxy CONNECT aborted",
      failureType: "Incomplete",
      errorCode: 56,
      retryable: 0,
      server: "h.example:443",
      intermediate: { server: proxy.server, errorType: "PostConnection" },
    });
  });

  for (const secure of [false, true]) {
    const kind = secure ? "an https" : "an http";
    Deno.test({
      name: `${engine}() speaks TLS through the tunnel of ${kind} proxy${noCa}`,
      ignore: !ca.available,
      fn: async () => {
        const made = await ca.makeCa();
        await using fault = await startFault({ "/x": { body: "abc" } }, { tls: made.good });
        await using proxy = await startTunnelProxy(secure ? { tls: made.good } : {});
        const answer = await ask(engine, `https://localhost:${fault.port}/x`, {
          env: {
            https_proxy: `${secure ? "https" : "http"}://us%20er:p%40ss@${proxy.server}`,
            X509_CERT_DIR: made.hashedDir,
          },
        });
        assertEquals([answer.text, answer.proxy], ["abc", proxy.server]);
        assertMatch(proxy.heads[0] ?? "", new RegExp(`^CONNECT localhost:${fault.port} `));
        assertStringIncludes(proxy.heads[0]?.toLowerCase() ?? "", BASIC.toLowerCase());
        assertEquals(fault.requests[0]?.header("proxy-authorization"), undefined);
      },
    });
  }

  Deno.test({
    name: `${engine}() names the server whose certificate is bad behind a proxy${noCa}`,
    ignore: !ca.available,
    fn: async () => {
      const made = await ca.makeCa();
      await using fault = await startFault({}, { tls: made.expired });
      await using proxy = await startTunnelProxy();
      const failure = await failureOf(engine, `https://localhost:${fault.port}/x`, {
        env: { https_proxy: proxy.server, X509_CERT_DIR: made.hashedDir },
      });
      assertMatch(failure.message, /certificate has expired \(10\)$/);
      assertEquals(failure.facts.server, `localhost:${fault.port}`);
    },
  });

  Deno.test({
    name: `${engine}() works with Squid, by name and password${noSquid}`,
    ignore: !squid.available,
    fn: async () => {
      const made = await ca.makeCa();
      await using plain = await startFault({ "/x": { body: "plain" } });
      await using secret = await startFault({ "/x": { body: "secret" } }, { tls: made.good });
      await using proxy = await squid.startSquid({ basic: { user: "u", password: "p" } });
      const good = `http://u:p@127.0.0.1:${proxy.port}`;
      const env = { http_proxy: good, https_proxy: good, X509_CERT_DIR: made.hashedDir };
      assertEquals((await ask(engine, plain.url("/x"), { env })).text, "plain");
      assertEquals((await ask(engine, secret.url("/x"), { env })).text, "secret");
      const nameless = { http_proxy: proxy.origin, https_proxy: proxy.origin };
      assertEquals((await ask(engine, plain.url("/x"), { env: nameless })).status, 407);
      const failure = await failureOf(engine, secret.url("/x"), { env: nameless });
      assertEquals(failure.message, "CONNECT tunnel failed, response 407");
    },
  });
}
