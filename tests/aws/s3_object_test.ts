import { assert, assertEquals, assertRejects } from "@std/assert";
import { getObject, objectAddress } from "../../core/aws/s3_object.ts";
import { AwsError } from "../../core/aws/service_error.ts";
import { AwsSession } from "../../core/aws/session.ts";
import { HttpClient } from "../../core/http/mod.ts";
import { type Routes, startFault } from "../servers/fault.ts";
import type { Fault } from "../servers/fault.ts";

const { signal } = new AbortController();
const PLACE = {
  bucket: "b",
  key: "config-a.tar.gz",
  region: "us-east-1",
  dnsSuffix: "amazonaws.com",
};
const NOW = Date.UTC(2026, 10, 1);

interface Asked {
  readonly fault: Fault;
  /** Names of the credentials that were handed out. */
  readonly given: string[];
  get(how?: Partial<typeof PLACE> & { etag?: string; expectedOwner?: string }): Promise<string>;
}

async function against(routes: Routes, work: (asked: Asked) => Promise<void>): Promise<void> {
  await using fault = await startFault(routes);
  const http = new HttpClient({ env: () => undefined, userAgent: "test" });
  const given: string[] = [];
  const session = new AwsSession({
    get() {
      given.push(`ID${given.length + 1}`);
      return Promise.resolve({
        accessKeyId: given.at(-1)!,
        secretAccessKey: "SECRET",
        sessionToken: "TOKEN",
      });
    },
  }, () => NOW);
  try {
    await work({
      fault,
      given,
      async get({ etag, expectedOwner, ...place } = {}) {
        const answer = await getObject({ ...PLACE, endpoint: fault.origin, ...place }, {
          http,
          session,
          signal,
          etag,
          expectedOwner,
        });
        return `${answer.status} ${await new Response(answer.body).text()}`;
      },
    });
  } finally {
    http.close();
  }
}

const refusal = (code: string, more = "") =>
  `<?xml version="1.0"?><Error><Code>${code}</Code><Message>m</Message>${more}</Error>`;

Deno.test("objectAddress() has the bucket in the host's name, or in the path where it must be", () => {
  const cases = [
    [PLACE, "https://b.s3.us-east-1.amazonaws.com/config-a.tar.gz"],
    [{ ...PLACE, key: "x/a b+é.gz" }, "https://b.s3.us-east-1.amazonaws.com/x/a%20b%2B%C3%A9.gz"],
    [{ ...PLACE, bucket: "b.c" }, "https://s3.us-east-1.amazonaws.com/b.c/config-a.tar.gz"],
    [
      { ...PLACE, region: "cn-north-1", dnsSuffix: "amazonaws.com.cn" },
      "https://b.s3.cn-north-1.amazonaws.com.cn/config-a.tar.gz",
    ],
    [
      { ...PLACE, region: "us-gov-west-1" },
      "https://b.s3.us-gov-west-1.amazonaws.com/config-a.tar.gz",
    ],
    [{ ...PLACE, endpoint: "http://[::1]:1" }, "http://[::1]:1/b/config-a.tar.gz"],
  ] as const;
  for (const [place, expected] of cases) {
    const { origin, path } = objectAddress(place);
    assertEquals(origin + path, expected);
  }
});

Deno.test("getObject() signs everything, session token and owner included", async () => {
  await against({ "/b/config-a.tar.gz": { body: "content" } }, async ({ fault, get }) => {
    assertEquals(await get({ expectedOwner: "123456789012" }), "200 content");
    const [request] = fault.requests;
    assertEquals(request?.header("x-amz-expected-bucket-owner"), "123456789012");
    assertEquals(request?.header("x-amz-security-token"), "TOKEN");
    assertEquals(request?.header("if-none-match"), undefined);
    assert(/^[0-9a-f]{64}$/.test(request?.header("x-amz-content-sha256") ?? ""));
    const authorization = request?.header("authorization") ?? "";
    assert(authorization.includes("Credential=ID1/20261101/us-east-1/s3/aws4_request"));
    assert(authorization.includes("x-amz-expected-bucket-owner;x-amz-security-token"));
    assertEquals(await get(), "200 content");
    assertEquals(fault.requests[1]?.header("x-amz-expected-bucket-owner"), undefined);
  });
});

Deno.test("getObject() asks for nothing that it has already", async () => {
  await against({ "/b/config-a.tar.gz": { status: 304 } }, async ({ fault, get }) => {
    assertEquals(await get({ etag: '"abc"' }), "304 ");
    assertEquals(fault.requests[0]?.header("if-none-match"), '"abc"');
    // Not asked for, so no answer.
    await assertRejects(() => get(), AwsError, "HTTP status 304");
  });
});

Deno.test("getObject() asks once more in the bucket's own region", async () => {
  const answers = [
    { status: 301, headers: { "x-amz-bucket-region": "eu-west-1" } },
    { status: 307, headers: { "x-amz-bucket-region": "eu-west-1" } },
    { status: 400, headers: { "x-amz-bucket-region": "eu-west-1" } },
    {
      status: 400,
      body: refusal("AuthorizationHeaderMalformed", "<Region>eu-west-1</Region>"),
    },
  ];
  for (const answer of answers) {
    const routes: Routes = { "/*": (_, n) => n === 1 ? answer : { body: "x" } };
    await against(routes, async ({ fault, get }) => {
      assertEquals(await get(), "200 x");
      assertEquals(
        fault.requests.map((request) => request.target),
        Array(2).fill("/b/config-a.tar.gz"),
      );
      assert(fault.requests[1]?.header("authorization")?.includes("/eu-west-1/s3/"));
    });
  }
});

Deno.test("getObject() follows no other redirect, and none twice", async () => {
  await using elsewhere = await startFault({ "/*": { body: "stolen" } });
  const location = { location: `${elsewhere.origin}/x` };
  const answers = [
    { status: 307, headers: location },
    { status: 302, headers: { ...location, "x-amz-bucket-region": "eu-west-1" } },
    { status: 301, headers: { ...location, "x-amz-bucket-region": "us-east-1" } },
    { status: 301, headers: { ...location, "x-amz-bucket-region": "evil.example/" } },
  ];
  for (const answer of answers) {
    await against({ "/*": answer }, async ({ fault, get }) => {
      await assertRejects(() => get(), AwsError);
      assertEquals(fault.requests.length, 1);
    });
  }
  const rounds: Routes = {
    "/*": (_, n) => ({ status: 301, headers: { "x-amz-bucket-region": `r-${n}` } }),
  };
  await against(rounds, async ({ fault, get }) => {
    await assertRejects(() => get(), AwsError);
    assertEquals(fault.requests.length, 2);
  });
  assertEquals(elsewhere.requests.length, 0);
});

Deno.test("getObject() gets new credentials once when S3 finds them out of date", async () => {
  for (const code of ["ExpiredToken", "InvalidAccessKeyId", "InvalidToken"]) {
    const routes: Routes = {
      "/*": (_, n) => n === 1 ? { status: 403, body: refusal(code) } : { body: "x" },
    };
    await against(routes, async ({ fault, get, given }) => {
      assertEquals(await get(), "200 x");
      assertEquals(given, ["ID1", "ID2"]);
      assert(fault.requests[1]?.header("authorization")?.includes("Credential=ID2/"));
    });
  }
});

Deno.test("getObject() takes S3's time where this machine's clock is wrong", async () => {
  const date = new Date(NOW + 3600_000).toUTCString();
  const routes: Routes = {
    "/*": (_, n) =>
      n === 1
        ? { status: 403, headers: { date }, body: refusal("RequestTimeTooSkewed") }
        : { body: "x" },
  };
  await against(routes, async ({ fault, get }) => {
    assertEquals(await get(), "200 x");
    assertEquals(fault.requests.map((request) => request.header("x-amz-date")), [
      "20261101T000000Z",
      "20261101T010000Z",
    ]);
  });
});

Deno.test("getObject() says why it was refused, whatever the answer is made of", async () => {
  const cases = [
    [{ status: 403, body: refusal("AccessDenied") }, "AccessDenied (m)"],
    [{ status: 404, body: refusal("NoSuchKey") }, "NoSuchKey (m)"],
    [{ status: 503, body: refusal("SlowDown") }, "SlowDown (m)"],
    [{ status: 403, body: "<html>" }, "HTTP status 403"],
    [{ status: 500, body: new Uint8Array(1 << 20) }, "HTTP status 500"],
    [{ status: 206, body: "part" }, "HTTP status 206"],
    [{ status: 200, contentLength: 0, raw: "HTTP/1.1 403 Forbidden\r\n\r\n" }, "HTTP status 403"],
  ] as const;
  for (const [answer, message] of cases) {
    await against({ "/*": answer }, async ({ get }) => {
      const error = await assertRejects(() => get(), AwsError);
      assertEquals(error.message, message);
    });
  }
});
