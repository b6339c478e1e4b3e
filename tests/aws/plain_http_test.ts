import { assertEquals, assertRejects, assertThrows } from "@std/assert";
import fc from "fast-check";
import { parseAnswer, plainExchange, PlainHttpError } from "../../core/aws/plain_http.ts";
import { startFault } from "../servers/fault.ts";

const { signal } = new AbortController();
const LIMITS = { connectMs: 1000, totalMs: 2000, size: 100, signal };
const bytes = (text: string) => new TextEncoder().encode(text);
const whole = (text: string) => parseAnswer(bytes(text), { size: 100, ended: true });
const text = (body: Uint8Array | undefined) => new TextDecoder().decode(body);

Deno.test("parseAnswer() reads bodies with a length, in chunks, and to the end", () => {
  for (
    const [answer, body] of [
      ["HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nabc", "ab"],
      ["HTTP/1.0 404\r\n\r\nabc", "abc"],
      [
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: Chunked\r\n\r\n2\r\nab\r\n1;x=y\r\nc\r\n0\r\n\r\n",
        "abc",
      ],
      ["HTTP/1.1 204 No\r\nContent-Length: 9\r\n\r\n", ""],
      ["HTTP/1.1 200 OK\r\nX:\t y \r\nContent-Length: 0\r\n\r\n", ""],
    ] as const
  ) assertEquals([answer, text(whole(answer)?.body)], [answer, body]);
});

Deno.test("parseAnswer() refuses what is not HTTP/1.1, too long or of two minds", () => {
  for (
    const answer of [
      "HTTP/2 200\r\n\r\n",
      "HTTP/1.1 100 Continue\r\n\r\n",
      "SSH-2.0-x\r\n\r\n",
      "HTTP/1.1 200 OK\r\nno field\r\n\r\n",
      "HTTP/1.1 200 OK\r\nContent-Length: 101\r\n\r\n",
      "HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n",
      "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab",
      "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
      "HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip\r\n\r\n",
      "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
      "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nabc\r\n",
      "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n65\r\n",
      `HTTP/1.1 200 OK\r\n\r\n${"x".repeat(101)}`,
      `HTTP/1.1 200 OK\r\nX: ${"x".repeat(16384)}\r\n\r\n`,
      "x".repeat(16385),
    ]
  ) assertThrows(() => whole(answer), PlainHttpError, "Cannot read the answer", answer);
});

Deno.test("parseAnswer() waits for the rest, however an answer is cut", () => {
  const answers = [
    "HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nabc",
    "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n",
  ];
  for (const answer of answers) {
    for (let end = 0; end < answer.length; end++) {
      const part = bytes(answer.slice(0, end));
      assertEquals(parseAnswer(part, { size: 9, ended: false }), undefined);
    }
    assertEquals(text(whole(answer)?.body), "abc");
  }
});

Deno.test("parseAnswer() throws nothing but its own error, whatever comes", () => {
  const start = fc.constantFrom(
    "",
    "HTTP/1.1 200 OK\r\n",
    "HTTP/1.1 200 OK\r\n\r\n",
    "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n",
  );
  fc.assert(fc.property(start, fc.uint8Array({ maxLength: 300 }), (head, rest) => {
    const data = new Uint8Array([...bytes(head), ...rest]);
    try {
      const answer = parseAnswer(data, { size: 100, ended: true });
      assertEquals((answer?.body.length ?? 0) <= 100, true);
    } catch (error) {
      if (!(error instanceof PlainHttpError)) throw error;
    }
  }));
});

Deno.test("plainExchange() tells broken, short and endless answers from others", async () => {
  await using server = await startFault({
    "/cut": { body: "abcdef", cutAfter: 3 },
    "/long": { body: "x".repeat(1000) },
    "/good": { body: "good" },
  });
  const ask = (path: string) =>
    plainExchange({ hostname: "127.0.0.1", port: server.port, method: "GET", path }, LIMITS);
  assertEquals(text((await ask("/good")).body), "good");
  for (const path of ["/long", "/cut"]) {
    const error = await assertRejects(() => ask(path), PlainHttpError);
    assertEquals(error.failure, "bad-answer");
  }
});

Deno.test("plainExchange() reads no more than it may of an answer without end", async () => {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const server = (async () => {
    using connection = await listener.accept();
    const flood = bytes("HTTP/1.1 200 OK\r\n\r\n" + "x".repeat(65536));
    try {
      while (true) await connection.write(flood);
    } catch {
      // The client has left.
    }
  })();
  const request = { hostname: "127.0.0.1", port: listener.addr.port, method: "GET", path: "/" };
  const error = await assertRejects(
    () => plainExchange(request as never, LIMITS),
    PlainHttpError,
  );
  assertEquals(error.failure, "bad-answer");
  await server;
});

Deno.test("plainExchange() waits no longer than it may for an answer that stalls", async () => {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const accepted = listener.accept();
  const request = { hostname: "127.0.0.1", port: listener.addr.port, method: "GET", path: "/" };
  const error = await assertRejects(
    () => plainExchange(request as never, { ...LIMITS, totalMs: 50 }),
    PlainHttpError,
    "after 50 ms",
  );
  assertEquals(error.failure, "timeout");
  (await accepted).close();
});

Deno.test("plainExchange() sends nothing that would begin a line of its own", async () => {
  for (
    const [path, value] of [["/a b", ""], ["/a\r\nX: y", ""], ["/é", ""], ["/a", "b\r\nX: y"]]
  ) {
    const request = { hostname: "127.0.0.1", port: 1, method: "GET", path, headers: { A: value } };
    await assertRejects(() => plainExchange(request as never, LIMITS), TypeError);
  }
});
