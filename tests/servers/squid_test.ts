import { assertEquals, assertMatch, assertRejects } from "@std/assert";
import { makeCa } from "./ca.ts";
import { startFault } from "./fault.ts";
import { available, missing, startSquid } from "./squid.ts";

const ignore = !available;
const without = ignore ? ` (needs ${missing})` : "";

Deno.test({
  name: `startSquid() caches, and says so${without}`,
  ignore,
  fn: async () => {
    await using fault = await startFault({
      "/a": () => ({
        body: "cached",
        headers: { "Cache-Control": "max-age=60", Date: new Date().toUTCString() },
      }),
    });
    for (const hostname of ["127.0.0.1", "::1"] as const) {
      await using proxy = await startSquid({ hostname });
      using client = Deno.createHttpClient({ proxy: { url: proxy.origin } });
      const caches: (string | null)[] = [];
      for (let count = 0; count < 2; count++) {
        const reply = await fetch(fault.url("/a"), { client });
        assertEquals(await reply.text(), "cached");
        assertMatch(reply.headers.get("via") ?? "", /^1\.1 proxy\.test /);
        caches.push(reply.headers.get("x-cache"));
      }
      assertEquals(caches, [`MISS from ${proxy.name}`, `HIT from ${proxy.name}`]);
      const logged = await proxy.requests(2);
      assertEquals(logged.map(({ result }) => result), ["TCP_MISS", "TCP_MEM_HIT"]);
      assertEquals(logged[0]?.uri, fault.url("/a"));
    }
    assertEquals(fault.requests.length, 2);
  },
});

Deno.test({
  name: `startSquid() tunnels TLS by CONNECT${without}`,
  ignore,
  fn: async () => {
    const ca = await makeCa();
    await using fault = await startFault({ "/a": { body: "tunnelled" } }, { tls: ca.good });
    await using proxy = await startSquid();
    using client = Deno.createHttpClient({ proxy: { url: proxy.origin }, caCerts: [ca.ca] });
    assertEquals(await (await fetch(fault.url("/a"), { client })).text(), "tunnelled");
    client.close();
    const [request] = await proxy.requests();
    assertEquals([request?.method, request?.uri], ["CONNECT", `127.0.0.1:${fault.port}`]);
  },
});

Deno.test({
  name: `startSquid() asks for a password, and denies hosts${without}`,
  ignore,
  fn: async () => {
    const ca = await makeCa();
    await using fault = await startFault({ "/a": { body: "seen" } });
    await using tls = await startFault({ "/a": { body: "seen" } }, { tls: ca.good });
    const basicAuth = { username: "u", password: "p" };
    await using proxy = await startSquid({
      basic: { user: "u", password: "p" },
      deniedHosts: ["denied.invalid"],
    });
    using stranger = Deno.createHttpClient({ proxy: { url: proxy.origin } });
    using known = Deno.createHttpClient({ proxy: { url: proxy.origin, basicAuth } });
    const status = async (url: string, client: Deno.HttpClient) => {
      const reply = await fetch(url, { client });
      await reply.body?.cancel();
      return reply.status;
    };
    assertEquals(await status(fault.url("/a"), stranger), 407);
    assertEquals(await status(fault.url("/a"), known), 200);
    assertEquals(await status("http://denied.invalid/", known), 403);
    await assertRejects(() => fetch(tls.url("/a"), { client: stranger }));
    const logged = await proxy.requests(4);
    assertEquals(logged.map(({ status }) => status), [407, 200, 403, 407]);
  },
});
