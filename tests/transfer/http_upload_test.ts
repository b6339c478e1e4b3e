import { assert, assertEquals, assertMatch } from "@std/assert";
import {
  available as apacheAvailable,
  missing as apacheMissing,
  startApache,
} from "../servers/apache.ts";
import { startFault } from "../servers/fault.ts";
import { cutUpload, davStore, tooLargeEarly } from "../servers/fault_scripts.ts";
import {
  available as nginxAvailable,
  missing as nginxMissing,
  startNginx,
} from "../servers/nginx.ts";
import { failureOf, pattern, Scratch } from "./run_files.ts";

const MB = 1_000_000;

for (const size of [0, 1, MB - 1, MB, 5 * MB]) {
  Deno.test(`http uploads ${size} bytes with their length, asking first from 1 MB on`, async () => {
    await using server = await startFault({ "/f": { status: 201 } });
    using scratch = new Scratch();
    scratch.write("f0", pattern(size));
    const { status, ads } = await scratch.run([server.url("/f")], { upload: true });
    assertEquals(status, 0);
    const [request] = server.requests;
    assertEquals(request?.method, "PUT");
    assertEquals(request?.header("content-length"), String(size));
    assertEquals(request?.header("transfer-encoding"), undefined);
    assertEquals(request?.header("content-type"), undefined);
    assertEquals(request?.header("expect"), size >= MB ? "100-continue" : undefined);
    assertEquals(request?.body?.length ?? 0, size);
    assertEquals(ads[0]?.getInteger("TransferFileBytes"), size);
    assertEquals(ads[0]?.getString("TransferType"), "upload");
  });
}

Deno.test("http uploads to a server that never says 100", async () => {
  await using server = await startFault({ "/f": { status: 200, sendContinue: false } });
  using scratch = new Scratch();
  scratch.write("f0", pattern(MB));
  assertEquals((await scratch.run([server.url("/f")], { upload: true })).status, 0);
  assertEquals(server.requests[0]?.body?.length, MB);
});

Deno.test("http reports an early 413 instead of the broken connection", async () => {
  await using server = await startFault({ "/f": tooLargeEarly() });
  using scratch = new Scratch();
  scratch.write("f0", pattern(8 * MB));
  const { ads, waits } = await scratch.run([server.url("/f")], { upload: true });
  assertEquals(failureOf(ads[0]).text, "The requested URL returned error: 413");
  assertEquals([failureOf(ads[0]).kind, waits.length], ["Specification", 0]);
});

for (const code of [301, 302, 307, 308]) {
  Deno.test(`http sends the body again where a ${code} leads`, async () => {
    await using server = await startFault({
      "/f": { status: code, headers: { Location: "/g" } },
      "/g": { status: 201 },
    });
    using scratch = new Scratch();
    scratch.write("f0", pattern(300_000));
    assertEquals((await scratch.run([server.url("/f")], { upload: true })).status, 0);
    const last = server.requests.at(-1);
    assertEquals([last?.method, last?.path, last?.body?.length], ["PUT", "/g", 300_000]);
  });
}

Deno.test("http fetches what a 303 names after an upload", async () => {
  await using server = await startFault({
    "/f": { status: 303, headers: { Location: "/done" } },
    "/done": { body: "thanks" },
  });
  using scratch = new Scratch();
  scratch.write("f0", "x");
  assertEquals((await scratch.run([server.url("/f")], { upload: true })).status, 0);
  assertEquals(server.requests.at(-1)?.method, "GET");
});

Deno.test("http repeats an upload that broke off", async () => {
  await using server = await startFault({
    "/f": (_request, n) => n === 1 ? cutUpload(100_000) : { status: 201 },
  });
  using scratch = new Scratch();
  scratch.write("f0", pattern(4 * MB));
  const { status, waits } = await scratch.run([server.url("/f")], { upload: true });
  assertEquals([status, waits.length], [0, 1]);
  assertEquals(server.requests.at(-1)?.body?.length, 4 * MB);
});

Deno.test("http waits as a 503 to an upload asks", async () => {
  await using server = await startFault({
    "/f": (_request, n) =>
      n === 1 ? { status: 503, headers: { "Retry-After": "3" } } : { status: 204 },
  });
  using scratch = new Scratch();
  scratch.write("f0", "x");
  const { status, waits } = await scratch.run([server.url("/f")], { upload: true });
  assertEquals([status, waits], [0, [3]]);
});

Deno.test("http reports local files that cannot be sent, with all that HTCondor asks of the ad", async () => {
  await using server = await startFault({ "/d/f": { status: 201 } });
  using scratch = new Scratch();
  Deno.mkdirSync(scratch.path("dir"));
  const { status, ads } = await scratch.run(
    [{ url: server.url("/d/f"), name: "missing" }, { url: server.url("/d/f"), name: "dir" }],
    { upload: true },
  );
  assertEquals(status, 1);
  assertMatch(
    String(failureOf(ads[0]).text),
    /^could not open local file .*missing, error 2 \(No such file or directory\)$/,
  );
  assertMatch(String(failureOf(ads[1]).text), /^local file .*dir is a directory$/);
  for (const ad of ads) {
    assertEquals(failureOf(ad).kind, "Parameter");
    assertEquals(ad.getBoolean("TransferSuccess"), false);
    assert(ad.getString("TransferFileName") && ad.getString("TransferUrl"));
  }
  assertEquals(server.requests.length, 0);
});

Deno.test("http notices a file that shrinks while it is sent", async () => {
  using scratch = new Scratch();
  scratch.write("f0", pattern(32 * MB));
  await using server = await startFault({
    "/f": (_request) => {
      Deno.truncateSync(scratch.path("f0"), MB);
      return { status: 201 };
    },
  });
  const { ads } = await scratch.run([server.url("/f")], { upload: true });
  assertEquals(failureOf(ads[0]).kind, "Parameter");
  assertMatch(String(failureOf(ads[0]).text), /changed its size/);
});

Deno.test("dav makes the collections that are missing, and http does not", async () => {
  const store = davStore("/dav");
  await using server = await startFault({ "/dav/*": store.script });
  using scratch = new Scratch();
  scratch.write("f0", "deep");
  const url = server.url("/dav/a/b%20c/f");
  const http = await scratch.run([url], { upload: true });
  assertEquals(failureOf(http.ads[0]).text, "The requested URL returned error: 409");
  const dav = await scratch.run([url.replace("http:", "dav:")], { upload: true });
  assertEquals(dav.status, 0, dav.stderr);
  assertEquals(dav.ads[0]?.getString("TransferUrl"), url.replace("http:", "dav:"));
  assertEquals(dav.ads[0]?.getString("TransferProtocol"), "dav");
  assertEquals([...store.files.keys()], ["/dav/a/b%20c/f"]);
});

Deno.test("http checks an upload's size where it is told to", async () => {
  await using server = await startFault({
    "/f": (request) => request.method === "PUT" ? { status: 201 } : { contentLength: 3 },
  });
  using scratch = new Scratch();
  scratch.write("f0", "four");
  const { ads } = await scratch.run([server.url("/f")], {
    upload: true,
    env: { CURL_VERIFY_UPLOAD: "1", CURL_MAX_RETRY_ATTEMPTS: "0" },
  });
  assertEquals(failureOf(ads[0]).type, "Checksum");
  assertMatch(server.requests[0]?.header("repr-digest") ?? "", /^sha-256=:.*:$/);
});

Deno.test({
  name: `dav uploads to Apache and back, below collections that did not exist${
    apacheAvailable ? "" : ` (needs ${apacheMissing})`
  }`,
  ignore: !apacheAvailable,
  async fn() {
    await using server = await startApache({});
    using scratch = new Scratch();
    scratch.write("f0", pattern(3 * MB));
    scratch.write("f1", "");
    const urls = ["x/y/one", "x//z/two"].map((path) =>
      `${server.origin}/dav/${path}`.replace("http", "dav")
    );
    assertEquals((await scratch.run(urls, { upload: true })).status, 0);
    using back = new Scratch();
    assertEquals((await back.run(urls)).status, 0);
    assertEquals(back.read("f0"), pattern(3 * MB));
  },
});

Deno.test({
  name: `dav uploads to nginx below collections that did not exist${
    nginxAvailable ? "" : ` (needs ${nginxMissing})`
  }`,
  ignore: !nginxAvailable,
  async fn() {
    await using server = await startNginx({ dav: true });
    using scratch = new Scratch();
    scratch.write("f0", "deep");
    const url = `${server.origin}/a/b/f`.replace("http", "dav");
    assertEquals((await scratch.run([url], { upload: true })).status, 0);
    assertEquals(Deno.readTextFileSync(`${server.root}/a/b/f`), "deep");
  },
});

Deno.test({
  name: `http uploads to nginx over what was there${
    nginxAvailable ? "" : ` (needs ${nginxMissing})`
  }`,
  ignore: !nginxAvailable,
  async fn() {
    await using server = await startNginx({ dav: true });
    using scratch = new Scratch();
    for (const content of ["first", "second and longer", "3"]) {
      scratch.write("f0", content);
      assertEquals((await scratch.run([`${server.origin}/f`], { upload: true })).status, 0);
      assertEquals(Deno.readTextFileSync(`${server.root}/f`), content);
    }
  },
});
