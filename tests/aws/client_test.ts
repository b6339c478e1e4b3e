import { assertEquals, assertRejects } from "@std/assert";
import { AwsClient } from "../../core/aws/client.ts";
import { AwsError } from "../../core/aws/service_error.ts";
import { TransferFailure } from "../../core/errors.ts";
import { HttpClient } from "../../core/http/mod.ts";
import { startFault } from "../servers/fault.ts";
import type { Routes } from "../servers/fault.ts";

const { signal } = new AbortController();

async function against(
  routes: Routes,
  work: (send: (path: string, how?: { signal?: AbortSignal }) => Promise<string>) => Promise<void>,
  timeout?: number,
): Promise<void> {
  await using service = await startFault(routes);
  const http = new HttpClient({ env: () => undefined, userAgent: "test" });
  const client = new AwsClient({
    http,
    service: "s3",
    credentials: { accessKeyId: "ID", secretAccessKey: "SECRET" },
    now: () => Date.UTC(2026, 0, 2),
    ...(timeout !== undefined && { timeout }),
  });
  try {
    await work(async (path, how) => {
      const request = { method: "GET", origin: service.origin, path };
      const answer = await client.send(request, { region: "r-1", signal, ...how });
      return new TextDecoder().decode(answer.body);
    });
  } finally {
    http.close();
  }
}

Deno.test("AwsClient sends signed requests over one connection, paths as they are", async () => {
  const seen: unknown[] = [];
  const routes: Routes = {
    "/*": (request) => {
      seen.push([request.target, request.connection]);
      return { body: request.header("authorization")!.replace(/Signature=.*/, "") };
    },
  };
  await against(routes, async (send) => {
    assertEquals(
      await send("/a//../b"),
      "AWS4-HMAC-SHA256 Credential=ID/20260102/r-1/s3/aws4_request, " +
        "SignedHeaders=host;x-amz-content-sha256;x-amz-date, ",
    );
    await send("/c%FF");
  });
  assertEquals(seen, [["/a//../b", 1], ["/c%FF", 1]]);
});

Deno.test("AwsClient throws what the service answers, and the pause it asks for", async () => {
  const routes: Routes = {
    "/busy": {
      status: 503,
      headers: { "retry-after": "12" },
      body: "<Error><Code>Slow</Code></Error>",
    },
    "/away": { status: 302, headers: { location: "/elsewhere" } },
  };
  await against(routes, async (send) => {
    const busy = await assertRejects(() => send("/busy"), AwsError);
    assertEquals([busy.facts.code, busy.facts.retryAfter, busy.facts.status], ["Slow", 12, 503]);
    const away = await assertRejects(() => send("/away"), AwsError, "HTTP status 302");
    assertEquals(away.facts.retryAfter, undefined);
  });
});

Deno.test("AwsClient does not read answers without end", async () => {
  const endless = { body: "x".repeat((8 << 20) + 1), contentLength: 2 ** 40 };
  await against({ "/": endless }, async (send) => {
    await assertRejects(() => send("/"), AwsError, "the answer is longer than 8388608 bytes");
  });
});

Deno.test("AwsClient says that an answer broke off", async () => {
  await against({ "/": { body: "0123456789", cutAfter: 4 } }, async (send) => {
    const failure = await assertRejects(() => send("/"), TransferFailure);
    assertEquals([failure.retryable, failure.facts.failureType], [true, "Incomplete"]);
  });
});

Deno.test("AwsClient gives up what takes too long, and what is not wanted any more", async () => {
  const silence = Promise.withResolvers<void>();
  const routes: Routes = { "/": { silence: silence.promise } };
  await against(routes, async (send) => {
    await assertRejects(() => send("/"), TransferFailure, "No whole answer after 0.05 s");
    const reason = new TransferFailure("Transfer", "Not wanted", { errorCode: 42, retryable: 0 });
    const stop = AbortSignal.abort(reason);
    await assertRejects(() => send("/", { signal: stop }), TransferFailure, "Not wanted");
    silence.resolve();
  }, 0.05);
});
