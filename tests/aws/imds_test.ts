import { assertEquals, assertMatch, assertRejects, assertThrows } from "@std/assert";
import { ImdsClient, ImdsError, type ImdsOptions } from "../../core/aws/imds.ts";
import { startFault } from "../servers/fault.ts";
import { type Imds, imdsItems, type ImdsPlan, page, startImds } from "../servers/imds.ts";

const { signal } = new AbortController();
const ID = "meta-data/instance-id";
const PUT = "PUT /latest/api/token";

interface Stage {
  readonly imds: Imds;
  readonly client: ImdsClient;
  /** By this clock tokens expire on both sides. */
  readonly clock: { time: number };
  readonly secrets: string[];
  /** What was asked, with `+` after it where a token was sent. */
  asked(): string[];
}

async function against(
  how: Partial<ImdsPlan> & { speak?: ImdsOptions["version"]; totalMs?: number },
  work: (stage: Stage) => Promise<void>,
): Promise<void> {
  const { speak, totalMs, ...plan } = how;
  const clock = { time: 1_000_000 };
  await using imds = startImds({ items: imdsItems(), now: () => clock.time, ...plan });
  const secrets: string[] = [];
  const client = new ImdsClient({
    ...(speak !== undefined && { version: speak }),
    ...(totalMs !== undefined && { totalMs }),
    endpoint: imds.origin,
    monotonic: () => clock.time,
    hide: (secret) => secrets.push(secret),
  });
  await work({
    imds,
    client,
    clock,
    secrets,
    asked: () => imds.requests.map(({ method, path, token }) => `${method} ${path}${token && "+"}`),
  });
}

async function failing(run: () => Promise<unknown>, code: string): Promise<ImdsError> {
  const error = await assertRejects(run, ImdsError);
  assertEquals(error.code, code, error.message);
  assertMatch(error.message, /^Cannot [^\n<]+[^.]$/);
  return error;
}

Deno.test("ImdsClient asks for one token and sends it with each request", async () => {
  await against({ version: "required" }, async ({ client, imds, asked, secrets }) => {
    const values = await Promise.all(
      [ID, "meta-data/public-ipv4"].map((path) => client.get(path, signal)),
    );
    assertEquals(values, ["i-0123456789abcdef0", "54.214.160.173"]);
    assertEquals(asked().sort(), [
      "GET /latest/meta-data/instance-id+",
      "GET /latest/meta-data/public-ipv4+",
      PUT,
    ]);
    const [first, second] = imds.requests;
    assertEquals(first!.headers.get("x-aws-ec2-metadata-token-ttl-seconds"), "21600");
    assertEquals(secrets, [second!.token]);
    assertEquals(first!.headers.get("x-forwarded-for"), null);
    assertEquals([client.version, client.address], ["v2", "127.0.0.1"]);
  });
});

Deno.test("ImdsClient gives nothing for an item that is absent, whatever the page says", async () => {
  await against({ items: imdsItems({ publicIp: "" }) }, async ({ client }) => {
    assertEquals(await client.get("meta-data/public-ipv4", signal), undefined);
  });
});

Deno.test("ImdsClient asks without a token where the service knows none, unless it must not", async () => {
  for (const speak of ["v2-preferred", "v1-only"] as const) {
    await against({ version: "absent", speak }, async ({ client, asked }) => {
      assertEquals(await client.get(ID, signal), "i-0123456789abcdef0");
      await client.get(ID, signal);
      const gets = Array(2).fill(`GET /latest/${ID}`);
      assertEquals(asked(), speak === "v1-only" ? gets : [PUT, ...gets]);
      assertEquals(client.version, "v1");
    });
  }
  await against({ version: "absent", speak: "v2-only" }, async ({ client, asked }) => {
    await failing(() => client.get(ID, signal), "no-token");
    assertEquals(asked(), [PUT]);
  });
});

Deno.test("v1-only is refused where tokens are needed, and sends none", async () => {
  await against({ version: "required", speak: "v1-only" }, async ({ client, asked }) => {
    await failing(() => client.get(ID, signal), "no-token");
    assertEquals(asked(), [`GET /latest/${ID}`]);
  });
});

Deno.test("ImdsClient renews its token before it ends", async () => {
  await against({ tokenTtl: 300 }, async ({ client, clock, asked }) => {
    await client.get(ID, signal);
    clock.time += 239_000;
    await client.get(ID, signal);
    assertEquals(asked().filter((line) => line === PUT).length, 1);
    clock.time += 1_000;
    await client.get(ID, signal);
    assertEquals(asked().filter((line) => line === PUT).length, 2);
  });
});

Deno.test("ImdsClient gets one new token for all requests that were refused at once", async () => {
  await against({ version: "required" }, async ({ client, imds, asked }) => {
    await client.get(ID, signal);
    imds.expireTokens();
    const values = await Promise.all(Array(8).fill(ID).map((path) => client.get(path, signal)));
    assertEquals(new Set(values), new Set(["i-0123456789abcdef0"]));
    assertEquals(asked().filter((line) => line === PUT).length, 2);
  });
});

Deno.test("ImdsClient gives up when a new token is refused too", async () => {
  const interfere = ({ method }: { method: string }) => method === "GET" ? page(401) : undefined;
  await against({ interfere }, async ({ client, asked }) => {
    const error = await failing(() => client.get(ID, signal), "no-token");
    assertEquals([error.retryable, error.status], [true, 401]);
    assertEquals(asked(), [PUT, `GET /latest/${ID}+`, PUT, `GET /latest/${ID}+`]);
  });
});

Deno.test("ImdsClient takes tokens where they become needed later", async () => {
  await against({ version: "absent" }, async ({ client, imds }) => {
    await client.get(ID, signal);
    imds.plan.version = "required";
    assertEquals(await client.get(ID, signal), "i-0123456789abcdef0");
    assertEquals(client.version, "v2");
  });
});

Deno.test("ImdsClient tells the states of the service apart", async () => {
  for (
    const [status, code, retryable] of [
      [403, "disabled", false],
      [400, "refused", false],
      [302, "refused", false],
      [500, "unavailable", true],
      [503, "unavailable", true],
      [429, "unavailable", true],
    ] as const
  ) {
    const interfere = ({ method }: { method: string }) =>
      method === "GET"
        ? new Response("secret", { status, headers: { location: "http://127.0.0.1:1/" } })
        : undefined;
    await against({ interfere }, async ({ client, asked }) => {
      const error = await failing(() => client.get(ID, signal), code);
      assertEquals([error.retryable, error.status], [retryable, status]);
      assertEquals(asked().length, 2);
    });
  }
  await against({ isOff: true }, async ({ client }) => {
    assertEquals((await failing(() => client.get(ID, signal), "disabled")).retryable, false);
  });
});

Deno.test("ImdsClient refuses values that are too long or no text, and unusable tokens", async () => {
  for (
    const body of ["x".repeat(65537), new Uint8Array([0xc3, 0x28])]
  ) {
    const interfere = ({ method }: { method: string }) =>
      method === "GET" ? new Response(body) : undefined;
    await against({ interfere }, async ({ client }) => {
      await failing(() => client.get(ID, signal), "bad-answer");
    });
  }
  for (const token of ["", "a b", "x".repeat(1025), "a\r\nX-Y: z"]) {
    const interfere = ({ method }: { method: string }) =>
      method === "PUT" ? new Response(token) : undefined;
    await against({ interfere }, async ({ client, asked }) => {
      await failing(() => client.get(ID, signal), "bad-answer");
      assertEquals(asked(), [PUT]);
    });
  }
});

Deno.test("ImdsClient goes without a token where the answers to its question get lost", async () => {
  const silence = Promise.withResolvers<Response>();
  const interfere = ({ method }: { method: string }) =>
    method === "PUT" ? silence.promise : undefined;
  await against({ interfere, totalMs: 150 }, async ({ client }) => {
    assertEquals(await client.get(ID, signal), "i-0123456789abcdef0");
    assertEquals(client.version, "v1");
    silence.resolve(page(404));
  });
});

Deno.test("v2-only never asks without a token, though the answers get lost", async () => {
  const silence = Promise.withResolvers<Response>();
  const interfere = () => silence.promise;
  await against({ interfere, totalMs: 100, speak: "v2-only" }, async ({ client, asked }) => {
    await failing(() => client.get(ID, signal), "unreachable");
    assertEquals(asked(), [PUT]);
    silence.resolve(page(404));
  });
});

Deno.test("ImdsClient speaks to the service over IPv6", async () => {
  await against({ hostname: "::1", version: "required" }, async ({ client, imds }) => {
    assertEquals(await client.get(ID, signal), "i-0123456789abcdef0");
    assertEquals(client.address, "::1");
    assertMatch(imds.requests[0]!.headers.get("host")!, /^\[::1\]:\d+$/);
  });
});

Deno.test("ImdsClient never uses a proxy", async () => {
  await using proxy = await startFault({ "/*": { body: "from the proxy" } });
  Deno.env.set("http_proxy", proxy.origin);
  Deno.env.set("HTTP_PROXY", proxy.origin);
  try {
    await against({}, async ({ client }) => {
      assertEquals(await client.get(ID, signal), "i-0123456789abcdef0");
    });
    assertEquals(proxy.requests.length, 0);
  } finally {
    Deno.env.delete("http_proxy");
    Deno.env.delete("HTTP_PROXY");
  }
});

Deno.test("ImdsClient says that nobody is there, and may be asked again", async () => {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { port } = listener.addr;
  listener.close();
  const client = new ImdsClient({
    endpoint: `http://127.0.0.1:${port}`,
    monotonic: () => 0,
  });
  const error = await failing(() => client.get(ID, signal), "unreachable");
  assertEquals(error.retryable, true);
});

Deno.test("ImdsClient ends with its signal", async () => {
  const control = new AbortController();
  const silence = Promise.withResolvers<Response>();
  const interfere = () => {
    control.abort(new Error("stopped"));
    return silence.promise;
  };
  await against({ interfere }, async ({ client }) => {
    await assertRejects(() => client.get(ID, control.signal), Error, "stopped");
    silence.resolve(page(404));
  });
});

Deno.test("ImdsClient takes no endpoint but an origin of http", () => {
  for (const endpoint of ["https://h", "h:80", "", "http://h/latest", "file:///x"]) {
    assertThrows(() => new ImdsClient({ endpoint, monotonic: () => 0 }), TypeError);
  }
});
