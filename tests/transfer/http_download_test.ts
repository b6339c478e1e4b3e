import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { type Reply, startFault, Valve } from "../servers/fault.ts";
import { content } from "../servers/fault_scripts.ts";
import { failureOf, pattern, Scratch, stanzas } from "./run_files.ts";

const MIB = 1 << 20;

for (const cut of [0, 1, 500, MIB + 1]) {
  for (
    const ranges of [
      "right",
      "ignored",
      "wrongStart",
      "wrongTotal",
      "wrongEtag",
      "unsatisfiable",
      "failed",
    ] as const
  ) {
    for (const end of ["fin", "reset"] as const) {
      Deno.test(`http restarts or continues a body cut (${end}) after ${cut} bytes, ranges ${ranges}`, async () => {
        const bytes = pattern(MIB + 70_000);
        await using server = await startFault({
          "/f": content(bytes, { etag: '"v1"', cuts: [cut], ranges, end }),
        });
        using scratch = new Scratch();
        const { status, ads } = await scratch.run([server.url("/f"), server.url("/f")]);
        assertEquals(status, 0);
        assertEquals(scratch.read("f0"), bytes);
        assertEquals(scratch.read("f1"), bytes);
        assertEquals(stanzas(ads[0]).length + stanzas(ads[1]).length, 1);
        assertEquals(scratch.names(), ["f0", "f1"]);
      });
    }
  }
}

Deno.test("http continues with the range that is missing and nothing more", async () => {
  const bytes = pattern(3 * MIB);
  await using server = await startFault({
    "/f": content(bytes, { etag: '"v1"', cuts: [2 * MIB], end: "fin" }),
  });
  using scratch = new Scratch();
  const { ads } = await scratch.run([server.url("/f")]);
  assertEquals(scratch.read("f0"), bytes);
  assertEquals(ads[0]?.getInteger("TransferTotalBytes"), bytes.length);
  const [, second] = server.requests;
  assertEquals(second?.header("range"), `bytes=${2 * MIB}-`);
  assertEquals(second?.header("if-range"), '"v1"');
});

Deno.test("http does not continue a short beginning that has no validator", async () => {
  const bytes = pattern(600_000);
  await using server = await startFault({ "/f": content(bytes, { cuts: [500_000] }) });
  using scratch = new Scratch();
  assertEquals((await scratch.run([server.url("/f")])).status, 0);
  assertEquals(scratch.read("f0"), bytes);
  assertEquals(server.requests[1]?.header("range"), undefined);
});

Deno.test("http leaves no Range behind for the next file", async () => {
  const bytes = pattern(2 * MIB);
  await using server = await startFault({
    "/a": content(bytes, { etag: '"v1"', cuts: [MIB] }),
    "/b": content(pattern(20_000), { etag: '"w"' }),
  });
  using scratch = new Scratch();
  const { status } = await scratch.run([server.url("/a"), server.url("/b")], {
    env: { CURL_PARALLEL: "1" },
  });
  assertEquals(status, 0);
  assertEquals(scratch.read("f1"), pattern(20_000));
});

const broken: [string, Reply, Record<string, unknown>][] = [
  ["a body shorter than its length", { body: "12345", contentLength: 909, end: "fin" }, {
    kind: "Transfer",
    type: "Incomplete",
    code: 18,
    text: "end of response with 904 bytes missing",
  }],
  ["a large body shorter than its length", {
    body: pattern(600_000),
    contentLength: 600_904,
    end: "fin",
  }, { type: "Incomplete", code: 18, text: "end of response with 904 bytes missing" }],
  ["a chunked body that ends early", { body: pattern(5000), framing: "chunked", cutAfter: 2000 }, {
    kind: "Transfer",
    type: "Incomplete",
    code: 18,
    text: "transfer closed with outstanding read data remaining",
  }],
  ["a bad chunk", { body: pattern(5000), framing: "chunked", cutAfter: 2000, atCut: "zz\r\n" }, {
    kind: "Transfer",
    type: "Incomplete",
  }],
  ["an empty reply", { raw: "" }, { kind: "Transfer", code: 52, text: "Empty reply from server" }],
  ["two different lengths", { body: "12345", contentLength: [5, 6] }, { kind: "Transfer" }],
  ["a header line without colon", { lines: ["Nonsense"], body: "x" }, { kind: "Transfer" }],
  ["status 404", { status: 404 }, {
    kind: "Specification",
    code: 22,
    retryable: -1,
    text: "The requested URL returned error: 404",
  }],
  ["status 403", { status: 403 }, {
    kind: "Authorization",
    type: "Authorization",
    text: "The requested URL returned error: 403",
  }],
  ["status 401", { status: 401 }, { kind: "Authorization", type: "Authentication" }],
  ["status 500", { status: 500 }, {
    kind: "Transfer",
    type: "ServerError",
    retryable: 0,
    text: "The requested URL returned error: 500",
  }],
  ["status 507", { status: 507 }, { kind: "Transfer", type: "Quota", retryable: -1 }],
  ["a 206 that nobody asked for", { status: 206, body: "xy" }, { kind: "Transfer" }],
  ["a redirect without Location", { status: 302 }, {
    kind: "Specification",
    code: 78,
    text: "The URL you requested could not be found.",
  }],
  ["a redirect to file:", { status: 302, headers: { Location: "file:///etc/passwd" } }, {
    kind: "Specification",
  }],
  ["a redirect to ftp:", { status: 302, headers: { Location: "ftp://127.0.0.1/x" } }, {
    kind: "Specification",
  }],
  ["a redirect to a refused port", { status: 302, headers: { Location: "http://127.0.0.1:9/x" } }, {
    kind: "Contact",
    code: 7,
    server: "127.0.0.1:9",
  }],
  ["a loop of redirects", { status: 302, headers: { Location: "/f" } }, {
    kind: "Specification",
    code: 47,
    text: "Maximum (30) redirects followed",
  }],
];

for (const [what, reply, expected] of broken) {
  Deno.test(`http reports ${what}, and leaves the old file alone`, async () => {
    await using server = await startFault({ "/f": reply });
    using scratch = new Scratch();
    scratch.write("f0", "old");
    const { status, ads, waits } = await scratch.run([server.url("/f")], {
      env: { CURL_MAX_RETRY_ATTEMPTS: "2" },
    });
    assertEquals(status, 1);
    const failure = failureOf(ads[0]);
    for (const [name, value] of Object.entries(expected)) assertEquals(failure[name], value, name);
    if (failure.kind !== "Contact") {
      assertEquals(
        failure.server,
        failure.kind === "Parameter" ? undefined : new URL(server.origin).host,
      );
    }
    assertEquals(waits.length, failure.retryable === -1 ? 0 : 2);
    assertEquals(new TextDecoder().decode(scratch.read("f0")), "old");
    assertEquals(scratch.names(), ["f0"]);
  });
}

Deno.test("http takes what is odd but right", async () => {
  await using server = await startFault({
    "/empty-x-cache": { body: "a", headers: { "X-Cache": "", Via: "1.1" } },
    "/cache": {
      body: "b",
      headers: { "X-Cache": "HIT from squid", Via: "1.1 cache.example:3128 (squid)" },
    },
    "/204": { status: 204 },
    "/nothing": { body: "" },
    "/close": { body: "until close", framing: "close" },
    "/chunked": { body: pattern(100_000), framing: "chunked" },
    "/more": { body: "right", extra: "and more" },
  });
  using scratch = new Scratch();
  const names = ["empty-x-cache", "cache", "204", "nothing", "close", "chunked", "more"];
  const { status, ads } = await scratch.run(
    names.map((name) => ({ url: server.url(`/${name}`), name })),
  );
  assertEquals(status, 0);
  assertEquals(scratch.read("chunked"), pattern(100_000));
  assertEquals(scratch.read("204").length, 0);
  assertEquals(new TextDecoder().decode(scratch.read("more")), "right");
  const cache = ads[1]?.getAd("DeveloperData");
  assertEquals(cache?.getString("HttpCacheHitOrMiss"), "HIT");
  assertEquals(cache?.getString("HttpCacheHost"), "cache.example:3128");
});

Deno.test("http does not crash on 64 KiB of header", async () => {
  await using server = await startFault({
    "/f": { body: "x", headers: { "X-Big": "y".repeat(65536) } },
  });
  using scratch = new Scratch();
  const { ads } = await scratch.run([server.url("/f")], { env: { CURL_MAX_RETRY_ATTEMPTS: "0" } });
  assertEquals(ads.length, 1);
});

for (const url of ["http://", "", "http://h/a b", "foo://x/y", "file://etc/x"]) {
  Deno.test(`the plug-in reports the URL "${url}" as a Parameter failure`, async () => {
    using scratch = new Scratch();
    const { status, ads } = await scratch.run([{ url, name: "x" }]);
    assertEquals(status, 1);
    assertEquals(failureOf(ads[0]).kind, "Parameter");
  });
}

for (const [retryAfter, seconds] of [["1", 1], ["7", 7]] as const) {
  for (const code of [429, 503]) {
    Deno.test(`http waits ${seconds} s as a ${code} with Retry-After asks`, async () => {
      await using server = await startFault({
        "/f": (_request, n) =>
          n <= 2 ? { status: code, headers: { "Retry-After": retryAfter } } : { body: "good" },
      });
      using scratch = new Scratch();
      const { status, ads, waits } = await scratch.run([server.url("/f")]);
      assertEquals(status, 0);
      assertEquals(waits, [seconds, Math.max(seconds, 1)]);
      assertEquals(stanzas(ads[0]).map((ad) => ad.getInteger("Retryable")), [seconds, seconds]);
      assertEquals(ads[0]?.getAd("DeveloperData")?.getInteger("TransferTries"), 3);
    });
  }
}

Deno.test("http gives up at once when Retry-After is longer than may be waited", async () => {
  await using server = await startFault({
    "/f": { status: 503, headers: { "Retry-After": "1000000" } },
  });
  using scratch = new Scratch();
  const { status, ads, waits } = await scratch.run([server.url("/f")]);
  assertEquals([status, waits.length], [1, 0]);
  assert(Number(failureOf(ads[0]).retryable) >= 86400);
});

Deno.test("http follows 30 redirects of every kind, relative ones too", async () => {
  const codes = [301, 302, 303, 307, 308];
  await using server = await startFault(Object.fromEntries([
    ...Array.from({ length: 30 }, (_, i): [string, Reply] => [
      `/d/${i}`,
      { status: codes[i % 5]!, headers: { Location: i % 2 ? `/d/${i + 1}` : `${i + 1}` } },
    ]),
    ["/d/30", { body: "there" }] as [string, Reply],
  ]));
  using scratch = new Scratch();
  assertEquals((await scratch.run([server.url("/d/0")])).status, 0);
  assertEquals(new TextDecoder().decode(scratch.read("f0")), "there");
});

Deno.test("http sends a token to its own origin only", async () => {
  await using other = await startFault({ "/got": { body: "public" } });
  await using server = await startFault({
    "/cross": { status: 302, headers: { Location: other.url("/got") } },
    "/same": { status: 302, headers: { Location: "/direct" } },
    "/direct": (request) =>
      request.header("authorization") === "Bearer s3cret-token"
        ? { body: "private" }
        : { status: 401 },
  });
  using scratch = new Scratch();
  Deno.mkdirSync(scratch.path("creds"));
  scratch.write("creds/chtc_ro.use", '\n{\n "access_token": "s3cret-token"\n}\n');
  const cred = (path: string) => server.url(path).replace("http:", "chtc.ro+http:");
  const { status, ads, out, stderr } = await scratch.run(
    [cred("/cross"), cred("/same"), cred("/direct"), server.url("/direct")],
    { env: { _CONDOR_CREDS: scratch.path("creds"), CURL_PARALLEL: "1" } },
  );
  assertEquals(status, 1);
  assertEquals(ads.map((ad) => ad.getBoolean("TransferSuccess")), [true, true, true, false]);
  assertEquals(ads.map((ad) => ad.getString("TransferProtocol")), ["http", "http", "http", "http"]);
  assertEquals(other.requests[0]?.header("authorization"), undefined);
  assert(!(out + stderr).includes("s3cret"));
});

Deno.test("http leaves a signed URL as it is, and adds no credential", async () => {
  const query =
    "X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=AK%2F1&b=2&a=%7e&X-Amz-Signature=abc123";
  await using server = await startFault({ "/f": { status: 403 } });
  using scratch = new Scratch();
  Deno.mkdirSync(scratch.path("creds"));
  scratch.write("creds/t.use", "tok");
  const { out, stderr } = await scratch.run(
    [server.url(`/f?${query}`).replace("http:", "t+http:")],
    {
      env: { _CONDOR_CREDS: scratch.path("creds") },
    },
  );
  assertEquals(server.requests[0]?.target, `/f?${query}`);
  assertEquals(server.requests[0]?.header("authorization"), undefined);
  assertEquals(out.split("abc123").length, 2, "the signature stands in TransferUrl alone");
  assert(!stderr.includes("abc123"));
});

for (const verify of ["off", "if-offered", "required"] as const) {
  for (const wrong of [false, true]) {
    Deno.test(`http with Verify ${verify} and ${wrong ? "wrong" : "right"} digests`, async () => {
      const bytes = pattern(100_000);
      await using server = await startFault({
        "/f": content(bytes, { digests: ["Repr-Digest"], wrongDigests: wrong }),
      });
      using scratch = new Scratch();
      const { status, ads } = await scratch.run([server.url("/f")], {
        env: { CURL_VERIFY: verify, CURL_MAX_RETRY_ATTEMPTS: "1" },
      });
      assertEquals(status, wrong && verify !== "off" ? 1 : 0);
      if (status === 1) assertEquals(failureOf(ads[0]).type, "Checksum");
      assertEquals(scratch.names(), status === 1 ? [] : ["f0"]);
    });
  }
}

Deno.test("http with Verify required refuses a file that nobody vouches for", async () => {
  await using server = await startFault({ "/f": { body: "x" } });
  using scratch = new Scratch();
  const { ads, waits } = await scratch.run([server.url("/f")], {
    env: { CURL_VERIFY: "required" },
  });
  assertEquals([failureOf(ads[0]).type, waits.length], ["Checksum", 0]);
});

Deno.test("http hears the trailer of a body that broke off on the way to the server", async () => {
  await using server = await startFault({
    "/announced": {
      body: "part",
      framing: "chunked",
      headers: { Trailer: "X-Transfer-Status" },
      trailers: ["X-Transfer-Status: 500: sTREAM ioctl timeout"],
    },
    "/asked": {
      body: "part",
      framing: "chunked",
      trailers: ["X-Transfer-Status: 500: unexpected EOF"],
    },
    "/good": { body: "whole", framing: "chunked", trailers: ["X-Transfer-Status: 200: OK"] },
  });
  using scratch = new Scratch();
  const asks = "PluginData = [ TransferStatus = true; MaxRetries = 0 ]";
  const { ads } = await scratch.run([
    { url: server.url("/announced"), ad: "PluginData = [ MaxRetries = 0 ]" },
    { url: server.url("/asked"), ad: asks },
    { url: server.url("/good"), ad: asks },
  ]);
  assertMatch(String(failureOf(ads[0]).text), /ioctl timeout/);
  assertMatch(String(failureOf(ads[1]).text), /unexpected EOF/);
  assertEquals(ads[2]?.getBoolean("TransferSuccess"), true);
});

Deno.test("http goes on to a mirror at once when the first place has no such file", async () => {
  await using server = await startFault({ "/no": { status: 404 }, "/yes": { body: "here" } });
  using scratch = new Scratch();
  const mirrors = `PluginData = [ Mirrors = { "${server.url("/yes")}" } ]`;
  const { status, ads, waits } = await scratch.run([{ url: server.url("/no"), ad: mirrors }]);
  assertEquals([status, waits.length, stanzas(ads[0]).length], [0, 0, 1]);
});

Deno.test("http errors tell of the proxies in the environment, without passwords", async () => {
  await using server = await startFault({ "/f": { status: 404 } });
  using scratch = new Scratch();
  const { ads } = await scratch.run([server.url("/f")], {
    env: { http_proxy: "http://user:hush@proxy.invalid:3128", no_proxy: "127.0.0.1" },
  });
  const text = String(failureOf(ads[0]).text);
  assertStringIncludes(
    text,
    "The requested URL returned error: 404 (with environment: http_proxy='",
  );
  assert(!text.includes("hush"));
});

Deno.test("-diagnostic shows what went over the wire, without what was secret in it", async () => {
  await using server = await startFault({
    "/f?a=s3cret": { status: 302, headers: { Location: "/g?sig=s3cret" } },
    "/f": { status: 302, headers: { Location: "/g?sig=s3cret" } },
    "/g": { body: "x", headers: { "X-Answer": "42", "Set-Cookie": "id=s3cret" } },
  });
  using scratch = new Scratch();
  const url = server.url("/f?a=s3cret").replace("http://", "http://me:s3cret@");
  const { status, stderr } = await scratch.run([url], { diagnostic: true });
  assertEquals(status, 0);
  assertMatch(stderr, /> http:\/\/127\.0\.0\.1:\d+\/f\?\.\.\.$/m);
  assertMatch(stderr, /> authorization/);
  assertMatch(stderr, /< 302$/m);
  assertMatch(stderr, /< x-answer: 42$/m);
  assert(!stderr.includes("s3cret"));
});

Deno.test("http tells of a small body's bytes as they come, so that a slow one is no stall", async () => {
  const valve = new Valve(5);
  await using server = await startFault({ "/f": { body: "0123456789", valve } });
  using scratch = new Scratch();
  let now = 0;
  let tick = () => {};
  const clock = {
    monotonic: () => now,
    every: (_ms: number, work: () => void) => {
      tick = work;
      return () => {};
    },
  };
  const run = scratch.run([server.url("/f")], {
    clock,
    env: { CURL_STALL_BYTES_PER_SECOND: "0.1" },
  });
  await valve.passed(5);
  await untilWritten(server);
  for (now = 1000; now <= 31_000; now += 1000) tick();
  valve.open();
  assertEquals((await run).status, 0);
});

Deno.test("64 files at once from one server all arrive whole", async () => {
  await using server = await startFault({
    "/f/*": (request) => ({ body: pattern(Number(request.path.slice(3))) }),
  });
  using scratch = new Scratch();
  const files = Array.from({ length: 500 }, (_, i) => server.url(`/f/${i * 37}`));
  const { status } = await scratch.run(files, {
    env: { CURL_PARALLEL: "64", CURL_PER_HOST: "64" },
  });
  assertEquals(status, 0);
  for (let i = 0; i < files.length; i++) assertEquals(scratch.read(`f${i}`), pattern(i * 37));
});

/** Lets what a server has written reach the client, which is a matter of turns of the loop. */
async function untilWritten(server: { requests: readonly unknown[] }): Promise<void> {
  for (let turns = 0; turns < 50 || server.requests.length === 0; turns++) {
    await new Promise((resolve) => setTimeout(resolve));
  }
}
