import { assertEquals } from "@std/assert";
import { missing, startApache } from "./apache.ts";
import { makeCa, missing as missingCa } from "./ca.ts";
import { joinMissing } from "./process.ts";

const ignore = missing !== "";
const without = ignore ? ` (needs ${missing})` : "";
const neededTls = joinMissing(missing, missingCa);

async function status(
  url: string,
  init: RequestInit & { client?: Deno.HttpClient } = {},
): Promise<number> {
  const reply = await fetch(url, init);
  await reply.body?.cancel();
  return reply.status;
}

Deno.test({
  name: `startApache() wants collections made before a PUT${without}`,
  ignore,
  fn: async () => {
    for (const hostname of ["127.0.0.1", "::1"] as const) {
      await using server = await startApache({ hostname });
      const put = { method: "PUT", body: "data" };
      assertEquals(await status(`${server.origin}/d/a`, put), 409);
      assertEquals(await status(`${server.origin}/d/`, { method: "MKCOL" }), 201);
      assertEquals(await status(`${server.origin}/d/`, { method: "MKCOL" }), 405);
      assertEquals(await status(`${server.origin}/d/a`, put), 201);
      assertEquals(await Deno.readTextFile(`${server.root}/d/a`), "data");
      assertEquals(await (await fetch(`${server.origin}/d/a`)).text(), "data");
      const logged = await server.requests(5);
      assertEquals(logged.map((request) => `${request.method} ${request.uri} ${request.status}`), [
        "PUT /d/a 409",
        "MKCOL /d/ 201",
        "MKCOL /d/ 405",
        "PUT /d/a 201",
        "GET /d/a 200",
      ]);
    }
  },
});

Deno.test({
  name: `startApache() asks for Basic auth${without}`,
  ignore,
  fn: async () => {
    await using server = await startApache({ basic: { user: "u", password: "p" } });
    await Deno.writeTextFile(`${server.root}/a`, "x");
    const basic = (text: string) => ({ headers: { authorization: `Basic ${btoa(text)}` } });
    assertEquals(await status(`${server.origin}/a`), 401);
    assertEquals(await status(`${server.origin}/a`, basic("u:wrong")), 401);
    assertEquals(await status(`${server.origin}/a`, basic("u:p")), 200);
    assertEquals((await server.requests(3))[2]?.user, "u");
  },
});

Deno.test({
  name: `startApache() asks for a client certificate, or takes one${
    neededTls ? ` (needs ${neededTls})` : ""
  }`,
  ignore: neededTls !== "",
  fn: async () => {
    const ca = await makeCa();
    const { cert, key } = ca.client;
    using anonymous = Deno.createHttpClient({ caCerts: [ca.ca] });
    using known = Deno.createHttpClient({ caCerts: [ca.ca], cert, key });
    for (const required of [true, false]) {
      const clientCa = { file: ca.caFile, required };
      await using server = await startApache({ tls: ca.good, clientCa });
      const url = `${server.origin}/none`;
      const refused = await status(url, { client: anonymous }).catch(() => "refused");
      assertEquals(refused, required ? "refused" : 404);
      assertEquals(await status(url, { client: known }), 404);
      const last = (await server.requests(required ? 1 : 2)).at(-1);
      assertEquals(last?.clientName, "Test User");
    }
  },
});
