import { assertEquals, assertMatch } from "@std/assert";
import {
  available as apacheAvailable,
  missing as apacheMissing,
  startApache,
} from "../servers/apache.ts";
import {
  available as caAvailable,
  makeCa,
  missing as caMissing,
  type TestCa,
} from "../servers/ca.ts";
import { type Fault, startFault } from "../servers/fault.ts";
import { startOldTls } from "../servers/old_tls.ts";
import {
  available as squidAvailable,
  missing as squidMissing,
  startSquid,
} from "../servers/squid.ts";
import { failureOf, Scratch } from "./run_files.ts";

const ignore = !caAvailable;
const needs = ignore ? ` (needs ${caMissing})` : "";

const ONE_TRY = { CURL_MAX_RETRY_ATTEMPTS: "0" };

for (const scheme of ["https", "davs"]) {
  Deno.test({
    name: `${scheme} trusts the authorities in X509_CERT_DIR${needs}`,
    ignore,
    async fn() {
      const ca = await makeCa();
      await using server = await startFault({ "/f": { body: "safe" } }, { tls: ca.good });
      using scratch = new Scratch();
      const url = server.url("/f").replace("https:", `${scheme}:`);
      const { status, ads } = await scratch.run([url], { env: { X509_CERT_DIR: ca.hashedDir } });
      assertEquals(status, 0);
      assertEquals(ads[0]?.getString("TransferProtocol"), scheme);
    },
  });
}

const refused: [string, (ca: TestCa) => TestCa["good"], RegExp][] = [
  ["a self-signed certificate", (ca) => ca.selfSigned, /self-signed|unknown issuer/i],
  ["an expired certificate", (ca) => ca.expired, /expired/],
  ["a certificate for another name", (ca) => ca.wrongName, /name|subject/i],
  ["a certificate of an unknown authority", (ca) => ca.unknownCa, /issuer|signature|self-signed/i],
];

for (const [what, choose, text] of refused) {
  Deno.test({
    name: `https refuses ${what}, at once and with a reason${needs}`,
    ignore,
    async fn() {
      const ca = await makeCa();
      await using server = await startFault({ "/f": { body: "x" } }, { tls: choose(ca) });
      using scratch = new Scratch();
      const { ads, waits } = await scratch.run([server.url("/f")], {
        env: { X509_CERT_DIR: ca.hashedDir },
      });
      const failure = failureOf(ads[0]);
      assertEquals([failure.kind, failure.type, failure.code], [
        "Authorization",
        "Authentication",
        60,
      ]);
      assertMatch(String(failure.text), text);
      assertEquals(waits, []);
    },
  });
}

Deno.test({
  name: `https reports a server that speaks only TLS 1.0${needs}`,
  ignore,
  async fn() {
    const ca = await makeCa();
    await using server = await startOldTls(ca.good);
    using scratch = new Scratch();
    const { ads } = await scratch.run([`https://localhost:${server.port}/f`], {
      env: { X509_CERT_DIR: ca.hashedDir, ...ONE_TRY },
    });
    assertEquals([failureOf(ads[0]).kind, failureOf(ads[0]).code], ["Contact", 35]);
  },
});

Deno.test({
  name: `https follows no redirect to http unless told to${needs}`,
  ignore,
  async fn() {
    const ca = await makeCa();
    await using plain = await startFault({ "/f": { body: "plain" } });
    await using server = await startFault({
      "/f": { status: 302, headers: { Location: plain.url("/f") } },
    }, { tls: ca.good });
    using scratch = new Scratch();
    const env = { X509_CERT_DIR: ca.hashedDir };
    const { ads } = await scratch.run([
      server.url("/f"),
      { url: server.url("/f"), ad: "PluginData = [ AllowHttpDowngrade = true ]" },
    ], { env });
    assertEquals(failureOf(ads[0]).kind, "Specification");
    assertEquals(ads[1]?.getBoolean("TransferSuccess"), true);
  },
});

Deno.test({
  name: `https shows the job's proxy certificate where asked to${
    apacheAvailable ? needs : ` (needs ${apacheMissing})`
  }`,
  ignore: ignore || !apacheAvailable,
  async fn() {
    const ca = await makeCa();
    await using server = await startApache({
      tls: ca.good,
      clientCa: { file: ca.caFile, required: true },
    });
    Deno.writeTextFileSync(`${server.root}/f`, "for members");
    using scratch = new Scratch();
    const env = { X509_CERT_DIR: ca.hashedDir, X509_USER_PROXY: ca.client.bundleFile, ...ONE_TRY };
    const url = `${server.origin}/f`;
    const { ads } = await scratch.run([
      { url, ad: 'PluginData = [ ClientCert = "x509" ]' },
      url,
      { url, name: "f2", ad: 'PluginData = [ ClientCert = "/nowhere.pem" ]' },
    ], { env });
    assertEquals(ads.map((ad) => ad.getBoolean("TransferSuccess")), [true, false, false]);
    assertEquals(ads.slice(1).map((ad) => failureOf(ad).kind), ["Authorization", "Authorization"]);
  },
});

async function throughSquid(
  use: (server: Fault, proxy: string, scratch: Scratch) => Promise<void>,
) {
  await using squid = await startSquid({});
  await using server = await startFault({ "/f": { body: "x" }, "/no": { status: 404 } });
  using scratch = new Scratch();
  await use(server, squid.origin, scratch);
}

Deno.test({
  name: `http goes through http_proxy and tells of its cache${
    squidAvailable ? "" : ` (needs ${squidMissing})`
  }`,
  ignore: !squidAvailable,
  fn: () =>
    throughSquid(async (server, http_proxy, scratch) => {
      const { status, ads } = await scratch.run([server.url("/f")], { env: { http_proxy } });
      assertEquals(status, 0);
      assertEquals(ads[0]?.getAd("DeveloperData")?.getString("HttpCacheHitOrMiss"), "MISS");
      assertEquals(server.requests[0]?.header("via")?.includes("squid"), true);
    }),
});

Deno.test({
  name: `http forgets http_proxy for CURL_IGNORE_HTTP_PROXY and no_proxy${
    squidAvailable ? "" : ` (needs ${squidMissing})`
  }`,
  ignore: !squidAvailable,
  fn: () =>
    throughSquid(async (server, http_proxy, scratch) => {
      await scratch.run([server.url("/f")], { env: { http_proxy, CURL_IGNORE_HTTP_PROXY: "1" } });
      await scratch.run([server.url("/f")], {
        env: { http_proxy, no_proxy: "example.org,127.0.0.1" },
      });
      assertEquals(server.requests.map((request) => request.header("via")), [undefined, undefined]);
    }),
});

Deno.test("http reports a proxy that refuses connections, and whose fault it is", async () => {
  using scratch = new Scratch();
  const { ads } = await scratch.run(["http://h.example/f"], {
    env: { http_proxy: "http://me:hush@127.0.0.1:9", ...ONE_TRY },
  });
  const failure = failureOf(ads[0]);
  assertEquals([failure.kind, failure.code], ["Contact", 7]);
  assertMatch(
    String(failure.text),
    /over proxy 127\.0\.0\.1:9 .*\(with environment: http_proxy='[^']*'\)$/,
  );
  assertEquals(String(failure.text).includes("hush"), false);
});
