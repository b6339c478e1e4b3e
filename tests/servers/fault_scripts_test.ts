import { assertEquals, assertMatch, assertRejects } from "@std/assert";
import { request } from "node:http";
import { startFault } from "./fault.ts";
import { crc32c, digestHeaders } from "./fault_digests.ts";
import {
  busy,
  content,
  type ContentOptions,
  cutUpload,
  davStore,
  emptyReply,
  hops,
  inTurn,
  neverDrain,
  redirect,
  silent,
  times,
  tooLargeEarly,
} from "./fault_scripts.ts";

const BYTES = new TextEncoder().encode("0123456789");

async function ask(options: ContentOptions, headers: Record<string, string>): Promise<Response> {
  await using fault = await startFault({ "/": content(BYTES, options) });
  const reply = await fetch(fault.url("/"), { headers });
  return new Response(await reply.bytes(), { status: reply.status, headers: reply.headers });
}

Deno.test("content() honours ranges, or lies about them as told", async (t) => {
  const cases: [ContentOptions["ranges"], number, string | null, string][] = [
    ["right", 206, "bytes 4-9/10", "456789"],
    ["ignored", 200, null, "0123456789"],
    ["wrongStart", 206, "bytes 5-9/10", "56789"],
    ["wrongTotal", 206, "bytes 4-9/11", "456789"],
    ["wrongEtag", 206, "bytes 4-9/10", "456789"],
    ["wrongBytes", 206, "bytes 4-9/10", "\u00cb\u00ca\u00c9\u00c8\u00c7\u00c6"],
    ["unsatisfiable", 416, "bytes */10", ""],
    ["failed", 412, null, ""],
  ];
  for (const [ranges = "right", status, contentRange, text] of cases) {
    await t.step(ranges, async () => {
      const reply = await ask({ etag: '"v1"', ranges }, { range: "bytes=4-" });
      assertEquals([reply.status, reply.headers.get("content-range")], [status, contentRange]);
      assertEquals(reply.headers.get("etag"), ranges === "wrongEtag" ? '"another"' : '"v1"');
      assertEquals(String.fromCharCode(...await reply.bytes()), text);
    });
  }
});

Deno.test("content() compares If-Range, unless told not to", async () => {
  const range = { range: "bytes=4-", "if-range": '"old"' };
  assertEquals((await ask({ etag: '"v1"' }, range)).status, 200);
  assertEquals((await ask({ etag: '"v1"', ifRange: false }, range)).status, 206);
  assertEquals((await ask({ etag: '"old"' }, range)).status, 206);
  assertEquals((await ask({ etag: 'W/"v1"' }, { ...range, "if-range": 'W/"v1"' })).status, 200);
});

Deno.test("content() cuts the requests it is told to", async () => {
  await using fault = await startFault({ "/": content(BYTES, { cuts: [3, undefined] }) });
  await assertRejects(() => fetch(fault.url("/")).then((reply) => reply.text()));
  assertEquals(await fetch(fault.url("/")).then((reply) => reply.text()), "0123456789");
});

Deno.test("content() sends digests of the whole and of the part, right or wrong", async () => {
  const digests = ["Repr-Digest", "Content-MD5"] as const;
  const range = { range: "bytes=4-" };
  const right = await ask({ digests }, range);
  const part = digestHeaders(digests, { whole: BYTES, part: BYTES.slice(4) });
  assertEquals(right.headers.get("repr-digest"), part["Repr-Digest"]);
  assertEquals(right.headers.get("content-md5"), part["Content-MD5"]);
  const wrong = await ask({ digests, wrongDigests: true }, range);
  assertEquals(wrong.headers.get("repr-digest") === part["Repr-Digest"], false);
});

Deno.test("crc32c() gives the check value of RFC 9260", () => {
  assertEquals(crc32c(new TextEncoder().encode("123456789")), btoa("\xe3\x06\x92\x83"));
});

Deno.test("digestHeaders() gives the examples of RFC 9530", () => {
  const whole = new TextEncoder().encode('{"hello": "world"}\n');
  const expected = "sha-256=:RK/0qy18MlBSVnWgjwz6lZEWjP/lF5HF9bvEF8FabDg=:";
  assertEquals(digestHeaders(["Content-Digest"], { whole }), { "Content-Digest": expected });
});

Deno.test("inTurn() and times() count each script's own requests", async () => {
  const numbered = (name: string) => (_request: unknown, n: number) => ({ body: `${name}${n}` });
  await using fault = await startFault({
    "/turn": inTurn(busy(503, "1"), numbered("b"), numbered("c")),
    "/times": times(2, numbered("x"), numbered("y")),
  });
  const texts = async (path: string) => {
    const all: string[] = [];
    for (let count = 0; count < 4; count++) {
      const reply = await fetch(fault.url(path));
      all.push(`${reply.status} ${await reply.text()}`);
    }
    return all;
  };
  assertEquals(await texts("/turn"), ["503 ", "200 b1", "200 c1", "200 c2"]);
  assertEquals(await texts("/times"), ["200 x1", "200 x2", "200 y1", "200 y2"]);
});

Deno.test("hops() and redirect() lead a client to the end, or nowhere", async () => {
  await using fault = await startFault({
    "/hops/*": hops({ body: "there" }, 307),
    "/nowhere": redirect(302),
    "/empty": emptyReply(),
  });
  assertEquals(await (await fetch(fault.url("/hops/3"))).text(), "there");
  assertEquals(fault.requests.map((request) => request.path).at(-1), "/hops/0");
  const nowhere = await fetch(fault.url("/nowhere"), { redirect: "manual" });
  assertEquals([nowhere.status, nowhere.headers.get("location")], [302, null]);
  await assertRejects(() => fetch(fault.url("/empty")));
});

Deno.test("davStore() wants collections made from the top", async () => {
  const store = davStore("/dav");
  await using fault = await startFault({ "/dav/*": store.script });
  const statuses: number[] = [];
  const steps = [["PUT", "/dav/a/b"], ["MKCOL", "/dav/a/"], ["MKCOL", "/dav/a"], [
    "PUT",
    "/dav/a/b",
  ]];
  for (const [method = "", path = ""] of steps) {
    const body = method === "PUT" ? "data" : null;
    const reply = await fetch(fault.url(path), { method, body });
    await reply.body?.cancel();
    statuses.push(reply.status);
  }
  assertEquals(statuses, [409, 201, 405, 201]);
  assertEquals(await (await fetch(fault.url("/dav/a/b"))).text(), "data");
});

/** How `node:http` sees an upload of `size` bytes end: the status, or the error's code. */
function upload(url: string, size: number, isGiven: AbortSignal): Promise<string> {
  return new Promise((resolve) => {
    const sending = request(url, { method: "PUT", headers: { "Content-Length": size } });
    sending.on("response", (reply) => resolve(String(reply.resume().statusCode)));
    sending.on("error", (error) => resolve((error as Error & { code?: string }).code ?? "error"));
    isGiven.addEventListener("abort", () => sending.destroy());
    sending.end(new Uint8Array(size));
  });
}

Deno.test("tooLargeEarly(), cutUpload() and neverDrain() stop uploads in their ways", async () => {
  await using fault = await startFault({
    "/early": tooLargeEarly(),
    "/cut": cutUpload(1000),
    "/stuck": neverDrain(),
  });
  const size = 32 * 1024 * 1024;
  const giveUp = new AbortController();
  assertEquals(await upload(fault.url("/early"), size, giveUp.signal), "413");
  assertMatch(await upload(fault.url("/cut"), size, giveUp.signal), /ECONNRESET|EPIPE/);
  const stuck = upload(fault.url("/stuck"), size, giveUp.signal);
  await fault.arrived(3);
  giveUp.abort();
  assertEquals(await stuck, "ECONNRESET");
  assertEquals(fault.requests.map(({ body }) => body?.complete), [undefined, false, undefined]);
});

Deno.test("silent() says nothing until it is released", async () => {
  const { promise, resolve } = Promise.withResolvers<void>();
  await using fault = await startFault({ "/": { ...silent(promise), body: "late" } });
  const reply = fetch(fault.url("/")).then((answer) => answer.text());
  await fault.arrived(1);
  resolve();
  assertEquals(await reply, "late");
});
