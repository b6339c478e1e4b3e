/** Bodies sent by `exchange()`. */
import { createServer } from "node:net";
import { assert, assertEquals, assertRejects, assertStrictEquals } from "@std/assert";
import { TransferFailure } from "../../core/errors.ts";
import type { RequestBody } from "../../core/http/mod.ts";
import { cutUpload, neverDrain, tooLargeEarly } from "../servers/fault_scripts.ts";
import { startFault } from "../servers/fault.ts";
import { ask, askWith, factsOf, failureOf, makeClient } from "./engines.ts";

const CHUNK = 64 * 1024;

/** A body of so many bytes that counts how often it was opened. */
function bytes(size: number, options: Partial<RequestBody> = {}): RequestBody & { opened: number } {
  const body = {
    size,
    opened: 0,
    async *open() {
      body.opened++;
      for (let at = 0; at < size; at += CHUNK) {
        yield await Promise.resolve(new Uint8Array(Math.min(CHUNK, size - at)).fill(7));
      }
    },
    ...options,
  };
  return body;
}

const put = (body: RequestBody) => ({ request: { method: "PUT", body } });

Deno.test("exchange() sends a body with its length", async () => {
  await using fault = await startFault({ "/x": { status: 201 } });
  for (const size of [0, 1, 1_000_000]) {
    assertEquals((await ask("exchange", fault.url("/x"), put(bytes(size)))).status, 201);
  }
  assertEquals(fault.requests.map((r) => [r.method, r.header("content-length")]), [
    ["PUT", "0"],
    ["PUT", "1"],
    ["PUT", "1000000"],
  ]);
  assertEquals(fault.requests[2]?.body?.bytes.length, 1_000_000);
  assertEquals(fault.requests[2]?.header("content-type"), undefined);
  assertEquals(fault.requests[2]?.header("expect"), undefined);
});

Deno.test("fetch() hands a body over to the exact engine", async () => {
  await using fault = await startFault({ "/x": { status: 201 } });
  assertEquals((await ask("fetch", fault.url("/x"), put(bytes(9)))).status, 201);
  assertEquals(fault.requests[0]?.header("content-length"), "9");
});

Deno.test("exchange() waits for the server's consent when told so", async () => {
  await using fault = await startFault({ "/x": { status: 201 } });
  const body = bytes(200_000, { expectContinue: true });
  assertEquals((await ask("exchange", fault.url("/x"), put(body))).status, 201);
  assertEquals(fault.requests[0]?.header("expect"), "100-continue");
  assertEquals(fault.requests[0]?.body?.bytes.length, 200_000);
});

Deno.test("exchange() sends the body all the same when no consent comes", async () => {
  await using fault = await startFault({ "/x": { status: 201, sendContinue: false } });
  const body = bytes(200_000, { expectContinue: true });
  assertEquals((await ask("exchange", fault.url("/x"), put(body))).status, 201);
  assertEquals(fault.requests[0]?.body?.bytes.length, 200_000);
});

Deno.test("exchange() does not open a body that the server refused by its head", async () => {
  await using fault = await startFault({ "/x": { status: 413, sendContinue: false, receive: 0 } });
  const body = bytes(10_000_000, { expectContinue: true });
  assertEquals((await ask("exchange", fault.url("/x"), put(body))).status, 413);
  assertEquals(body.opened, 0);
});

for (
  const [end, reply] of [["fin", tooLargeEarly()], ["reset", {
    ...tooLargeEarly(),
    end: "reset" as const,
  }]] as const
) {
  Deno.test(`exchange() hears a refusal while it sends, then ${end}`, async () => {
    await using fault = await startFault({ "/x": reply });
    const answer = await ask("exchange", fault.url("/x"), put(bytes(30_000_000)));
    assertEquals(answer.status, 413);
  });
}

Deno.test("exchange() reports a server that hangs up while it is sent to", async () => {
  await using fault = await startFault({ "/x": cutUpload(1000) });
  const failure = await failureOf("exchange", fault.url("/x"), put(bytes(30_000_000)));
  assertEquals([failure.kind, failure.facts.failureType], ["Transfer", "Incomplete"]);
  assert([52, 55, 56].includes(failure.facts.errorCode), failure.message);
});

for (const [name, given] of [["shorter", 10], ["longer", 300]] as const) {
  Deno.test(`exchange() reports a file that became ${name} while it was sent`, async () => {
    await using fault = await startFault({ "/x": { status: 201 } });
    const body: RequestBody = { ...bytes(100), open: () => bytes(given).open() };
    assertEquals(factsOf(await failureOf("exchange", fault.url("/x"), put(body))), {
      kind: "Parameter",
      message: "Cannot upload: the local file's size changed from 100 bytes while sending",
      errorCode: 26,
      retryable: -1,
      server: `127.0.0.1:${fault.port}`,
    });
  });
}

Deno.test("exchange() rejects with what reading the body threw", async () => {
  await using fault = await startFault({ "/x": { status: 201 } });
  const thrown = new TransferFailure("Parameter", "disk gone", { errorCode: 5, retryable: -1 });
  const body: RequestBody = {
    size: 100_000,
    async *open() {
      yield await Promise.resolve(new Uint8Array(10));
      throw thrown;
    },
  };
  assertStrictEquals(await failureOf("exchange", fault.url("/x"), put(body)), thrown);
});

Deno.test("exchange() stops with the signal's reason while the server reads nothing", async () => {
  await using fault = await startFault({ "/x": neverDrain() });
  const stop = new AbortController();
  const reason = new TransferFailure("Transfer", "stalled", { errorCode: 42, retryable: 0 });
  let yielded = 0;
  const body: RequestBody = {
    size: 1 << 30,
    async *open() {
      for (;;) {
        yielded++;
        yield await Promise.resolve(new Uint8Array(1 << 20));
      }
    },
  };
  const sent = ask("exchange", fault.url("/x"), {
    request: { method: "PUT", body, signal: stop.signal },
  });
  await fault.arrived(1);
  stop.abort(reason);
  assertStrictEquals(await assertRejects(() => sent), reason);
  assert(yielded < 1024);
});

Deno.test("exchange() sends anew when a kept connection was closed meanwhile", async () => {
  await using fault = await startFault({
    "/x": (_request, n) => n === 2 ? { raw: "", end: "reset" } : { status: 201 },
  });
  const client = makeClient();
  const body = bytes(100_000);
  try {
    for (let i = 0; i < 2; i++) {
      const answer = await askWith(client, "exchange", { url: fault.url("/x"), ...put(body) });
      assertEquals(answer.status, 201);
    }
  } finally {
    client.close();
  }
  assertEquals(body.opened, 3);
  assertEquals(fault.requests.map((request) => request.connection), [1, 1, 2]);
});

Deno.test("exchange() hears a refusal that comes together with the end of the line", async () => {
  const server = createServer((socket) => {
    socket.on("error", () => undefined);
    socket.once("data", () => {
      socket.write("HTTP/1.1 413 Too Large\r\nContent-Length: 3\r\n\r\nabc", () => {
        socket.resetAndDestroy();
      });
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", () => resolve()));
  const address = server.address();
  const port = typeof address === "object" ? address?.port : 0;
  try {
    const answer = await ask("exchange", `http://127.0.0.1:${port}/`, put(bytes(30_000_000)));
    assertEquals([answer.status, answer.text], [413, "abc"]);
  } finally {
    await new Promise((resolve) => server.close(resolve));
  }
});
