import { assert, assertEquals, assertMatch, assertRejects } from "@std/assert";
import { connect } from "node:net";
import { type FaultRequest, type Script, startFault, Valve } from "./fault.ts";

/** What raw bytes come back for raw bytes, and how the connection ended. */
function exchange(port: number, text: string): Promise<{ text: string; end: string }> {
  return new Promise((resolve) => {
    const socket = connect(port, "127.0.0.1");
    const pieces: string[] = [];
    let end = "fin";
    socket.setEncoding("latin1");
    socket.on("data", (piece) => pieces.push(String(piece)));
    socket.on("error", (error) => end = (error as Error & { code?: string }).code ?? "error");
    socket.on("end", () => socket.end());
    socket.on("close", () => resolve({ text: pieces.join(""), end }));
    socket.write(text);
  });
}

const get = (path: string) => `GET ${path} HTTP/1.1\r\nHost: a\r\n\r\n`;

/** The lines after the status line. */
async function answer(script: Script): Promise<{ text: string; end: string }> {
  await using fault = await startFault({ "/": script });
  return await exchange(fault.port, get("/"));
}

Deno.test("startFault() writes exactly the framing asked for", async (t) => {
  const ok = "HTTP/1.1 200 OK\r\n";
  const cases: Record<string, [Script, string]> = {
    "one body": [{ body: "abc", end: "fin" }, `${ok}Content-Length: 3\r\n\r\nabc`],
    "cut by FIN": [{ body: "abc", cutAfter: 2 }, `${ok}Content-Length: 3\r\n\r\nab`],
    "a length too large": [
      { body: "abc", contentLength: 9, end: "fin" },
      `${ok}Content-Length: 9\r\n\r\nabc`,
    ],
    "two lengths": [
      { body: "abc", contentLength: [3, 4], end: "fin" },
      `${ok}Content-Length: 3\r\nContent-Length: 4\r\n\r\nabc`,
    ],
    "chunks": [
      { body: "abc", framing: "chunked", chunkSize: 2, end: "fin" },
      `${ok}Transfer-Encoding: chunked\r\n\r\n2\r\nab\r\n1\r\nc\r\n0\r\n\r\n`,
    ],
    "a bad chunk": [
      { body: "abc", framing: "chunked", cutAfter: 2, atCut: "zz\r\n" },
      `${ok}Transfer-Encoding: chunked\r\n\r\n2\r\nab\r\nzz\r\n`,
    ],
    "trailers": [
      { body: "a", framing: "chunked", trailers: ["X-Transfer-Status: 500: x"], end: "fin" },
      `${ok}Transfer-Encoding: chunked\r\n\r\n1\r\na\r\n0\r\nX-Transfer-Status: 500: x\r\n\r\n`,
    ],
    "extra bytes": [
      { body: "abc", extra: "def", end: "fin" },
      `${ok}Content-Length: 3\r\n\r\nabcdef`,
    ],
    "end by close": [{ body: "abc", framing: "close" }, `${ok}\r\nabc`],
    "odd lines": [
      { lines: ["X-Cache:", "no colon"], end: "fin" },
      `${ok}X-Cache:\r\nno colon\r\nContent-Length: 0\r\n\r\n`,
    ],
    "no body with 204": [{ status: 204, end: "fin" }, "HTTP/1.1 204 Status\r\n\r\n"],
    "nothing": [{ raw: "" }, ""],
  };
  for (const [name, [script, text]] of Object.entries(cases)) {
    await t.step(name, async () => assertEquals(await answer(script), { text, end: "fin" }));
  }
});

Deno.test("startFault() resets the connection in mid-body", async () => {
  const { end } = await answer({ body: "abc", cutAfter: 2, end: "reset" });
  assertEquals(end, "ECONNRESET");
});

Deno.test("startFault() gives each request its number on its path and keeps connections", async () => {
  await using fault = await startFault({
    "/a": (_request, n) => ({ body: `a${n}` }),
    "/b/*": (request) => ({ body: request.query }),
  });
  const texts: string[] = [];
  for (const target of ["/a", "/b/x?s=%2F&t=a+b", "/a", "/none"]) {
    texts.push(await (await fetch(fault.url(target))).text());
  }
  assertEquals(texts, ["a1", "s=%2F&t=a+b", "a2", ""]);
  assertEquals(fault.requests.map((request) => request.connection), [1, 1, 1, 1]);
  assertEquals(fault.to("/b/x").map((request) => request.target), ["/b/x?s=%2F&t=a+b"]);
});

Deno.test("startFault() holds the first byte until it is released", async () => {
  let release = () => {};
  const silence = new Promise<void>((resolve) => release = resolve);
  await using fault = await startFault({ "/": { silence, body: "late" }, "/other": {} });
  let isAnswered = false;
  const reply = fetch(fault.url("/")).then((answer) => {
    isAnswered = true;
    return answer.text();
  });
  await fault.arrived(1);
  // Another request gives this one's answer all the time it would need.
  await (await fetch(fault.url("/other"))).bytes();
  assertEquals(isAnswered, false);
  release();
  assertEquals(await reply, "late");
});

Deno.test("Valve lets counted bytes through, then all", async () => {
  const valve = new Valve(2);
  await using fault = await startFault({ "/": { body: "abcdef", valve } });
  const reply = await fetch(fault.url("/"));
  const reader = reply.body!.getReader();
  const read = async () => new TextDecoder().decode((await reader.read()).value);
  assertEquals(await read(), "ab");
  valve.let(1);
  assertEquals(await read(), "c");
  await valve.passed(3);
  valve.open();
  assertEquals(await read(), "def");
  assertEquals((await reader.read()).done, true);
});

Deno.test("Valve gives nothing to connections that are gone", async () => {
  const valve = new Valve(1);
  await using fault = await startFault({ "/": { body: "abcd", valve } });
  const controller = new AbortController();
  const given = await fetch(fault.url("/"), { signal: controller.signal });
  await valve.passed(1);
  controller.abort();
  await assertRejects(() => given.text());
  await fault.requests[0]?.closed;
  const reply = await fetch(fault.url("/"));
  valve.let(4);
  assertEquals(await reply.text(), "abcd");
});

Deno.test("startFault() ends silent and stalled connections when disposed", async () => {
  const pending: Promise<unknown>[] = [];
  {
    await using fault = await startFault({
      "/silent": { silence: new Promise(() => undefined) },
      "/stalled": { body: "abc", valve: new Valve(1) },
    });
    for (const path of ["/silent", "/stalled"]) {
      const reply = fetch(fault.url(path)).then((reply) => reply.text());
      // Expected at once: both may end together, and neither may do so unheard.
      pending.push(assertRejects(() => reply, TypeError));
    }
    await fault.arrived(2);
  }
  await Promise.all(pending);
});

Deno.test("startFault() says when the client has gone", async () => {
  await using fault = await startFault({ "/": { silence: new Promise(() => undefined) } });
  const controller = new AbortController();
  const reply = fetch(fault.url("/"), { signal: controller.signal });
  const request = await fault.arrived(1);
  controller.abort();
  await assertRejects(() => reply);
  await request.closed;
});

Deno.test("startFault() records an upload with its headers, plain and chunked", async () => {
  await using fault = await startFault({ "/up": { status: 201 } });
  const sent = new Uint8Array(300_000).fill(7);
  const stream = new Blob([sent]).stream();
  for (const body of [sent, stream]) {
    const reply = await fetch(fault.url("/up"), { method: "PUT", body });
    assertEquals(reply.status, 201);
    await reply.body?.cancel();
  }
  const hash = new Uint8Array(await crypto.subtle.digest("SHA-256", sent)).toHex();
  for (const request of fault.requests) {
    assertEquals(request.body?.length, sent.length);
    assertEquals(request.body?.sha256, hash);
    assertEquals(request.body?.complete, true);
  }
  assertEquals(fault.requests[0]?.header("Content-Length"), "300000");
  assertEquals(fault.requests[1]?.header("transfer-encoding"), "chunked");
});

Deno.test("startFault() answers Expect with 100, or never", async () => {
  const put = "PUT /up HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\nExpect: 100-continue\r\n\r\nab";
  for (const sendContinue of [true, false]) {
    await using fault = await startFault({ "/up": { sendContinue, end: "fin" } });
    const { text } = await exchange(fault.port, put);
    assertEquals(text.startsWith("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200"), sendContinue);
    assertEquals(fault.requests[0]?.body?.length, 2);
  }
});

Deno.test("startFault() answers before the body, or cuts it, when told so", async () => {
  await using fault = await startFault({
    "/early": { status: 413, receive: 0 },
    "/cut": { receive: 5, raw: "", end: "reset" },
  });
  const put = (path: string) => `PUT ${path} HTTP/1.1\r\nHost: a\r\nContent-Length: 100\r\n\r\n`;
  assertMatch((await exchange(fault.port, put("/early") + "half")).text, /^HTTP\/1\.1 413 /);
  assertEquals(fault.requests[0]?.body, undefined);
  const cut = await exchange(fault.port, put("/cut") + "hello and more");
  assertEquals(cut, { text: "", end: "ECONNRESET" });
  assertEquals(fault.requests[1]?.body?.complete, false);
});

Deno.test("startFault() listens on IPv6 and takes requests as a proxy would", async () => {
  await using fault = await startFault({ "/a": { body: "six" } }, { hostname: "::1" });
  assertMatch(fault.origin, /^http:\/\/\[::1\]:\d+$/);
  assertEquals(await (await fetch(fault.url("/a"))).text(), "six");
  using client = Deno.createHttpClient({ proxy: { url: fault.origin } });
  const reply = await fetch("http://elsewhere.invalid/a?x", { client });
  assertEquals(await reply.text(), "six");
  const last: FaultRequest | undefined = fault.requests[1];
  assertEquals(last?.target, "http://elsewhere.invalid/a?x");
  assert(last?.path === "/a" && last.query === "x");
});
