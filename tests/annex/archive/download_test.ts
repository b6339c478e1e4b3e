import { assert, assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { createHash } from "node:crypto";
import { downloadArchive } from "../../../core/annex/archive/download.ts";
import type { Download, DownloadPlan } from "../../../core/annex/contracts.ts";
import { AnnexError } from "../../../core/annex/errors.ts";
import { AwsSession } from "../../../core/aws/mod.ts";
import { HttpClient } from "../../../core/http/mod.ts";
import { type Routes, startFault, Valve } from "../../servers/fault.ts";
import { TestHost } from "../test_host.ts";

const BODY = crypto.getRandomValues(new Uint8Array(40_000));
const INCOMING = "/var/lib/condor-annex/incoming.tar.gz";

interface Case {
  readonly host: TestHost;
  /** Headers of the requests, in order. */
  seen(name: string): (string | undefined)[];
  download(plan?: Partial<DownloadPlan>, stallMs?: number): Promise<Download>;
}

async function against(routes: Routes, work: (one: Case) => Promise<void>, signal?: AbortSignal) {
  await using fault = await startFault(routes);
  using host = new TestHost({ ...(signal && { signal }) });
  const http = new HttpClient({ env: () => undefined, userAgent: "test" });
  const credentials = { accessKeyId: "ID", secretAccessKey: "SECRET", sessionToken: "TOKEN" };
  const session = new AwsSession({ get: () => Promise.resolve(credentials) }, () => 0);
  const plan = {
    bucket: "annex",
    key: "config-a.tar.gz",
    region: "us-east-1",
    dnsSuffix: "amazonaws.com",
    endpoint: fault.origin,
  };
  try {
    await work({
      host,
      seen: (name) => fault.requests.map((request) => request.header(name)),
      download: (more, stallMs) =>
        downloadArchive(host, { ...plan, ...more }, {
          http,
          session,
          ...(stallMs !== undefined && { stallMs }),
        }),
    });
  } finally {
    http.close();
  }
}

/** What lies in the program's own directory. */
function left(host: TestHost): string[] {
  return Array.from(Deno.readDirSync(`${host.root}/var/lib/condor-annex`), ({ name }) => name);
}

async function failure(routes: Routes, plan: Partial<DownloadPlan> = {}): Promise<AnnexError> {
  let error: AnnexError | undefined;
  await against(routes, async ({ host, download }) => {
    error = await assertRejects(() => download(plan), AnnexError);
    assertEquals(left(host), []);
  });
  return error!;
}

Deno.test("downloadArchive() puts the archive where only root can read it", async () => {
  const headers = { etag: '"0123abcd"' };
  await against(
    { "/annex/config-a.tar.gz": { body: BODY, headers } },
    async ({ host, download }) => {
      const before = Deno.umask(0);
      let done;
      try {
        done = await download();
      } finally {
        Deno.umask(before);
      }
      assertEquals(done, {
        kind: "archive",
        path: host.root + INCOMING,
        etag: '"0123abcd"',
        sha256: createHash("sha256").update(BODY).digest("hex"),
        size: BODY.length,
      });
      assertEquals(Deno.readFileSync(host.root + INCOMING), BODY);
      const modeOf = (path: string) => Deno.statSync(host.root + path).mode! & 0o7777;
      assertEquals([modeOf(INCOMING), modeOf("/var/lib/condor-annex")], [0o600, 0o700]);
    },
  );
});

Deno.test("downloadArchive() takes what comes in chunks without a length", async () => {
  await against({ "/*": { body: BODY, framing: "chunked" } }, async ({ download }) => {
    const done = await download();
    assertEquals(done.kind === "archive" && done.size, BODY.length);
  });
});

Deno.test("downloadArchive() replaces what an earlier run left, and follows no link", async () => {
  await against({ "/*": { body: "new" } }, async ({ host, download }) => {
    host.write("/outside", "stays");
    host.makeDir("/var/lib/condor-annex");
    Deno.chmodSync(`${host.root}/var/lib/condor-annex`, 0o700);
    Deno.symlinkSync(`${host.root}/outside`, host.root + INCOMING);
    await download();
    assertEquals([host.read("/outside"), host.read(INCOMING)], ["stays", "new"]);
    await download();
    assertEquals(host.read(INCOMING), "new");
  });
});

Deno.test("downloadArchive() asks for what is new only, and for the owner's bucket only", async () => {
  await against({ "/*": { status: 304 } }, async ({ host, download, seen }) => {
    const done = await download({ etag: '"0123abcd"', expectedOwner: "123456789012" });
    assertEquals(done, { kind: "not-modified" });
    assertEquals(seen("if-none-match"), ['"0123abcd"']);
    assertEquals(seen("x-amz-expected-bucket-owner"), ["123456789012"]);
    assertEquals(left(host), []);
  });
});

Deno.test("downloadArchive() neither sends nor keeps a tag that is none", async () => {
  for (const etag of ["", "abc", '"a\u0001b"', '"é"', `"${"x".repeat(300)}"`]) {
    await against({ "/*": { body: "x" } }, async ({ download, seen }) => {
      await download({ etag });
      assertEquals(seen("if-none-match"), [undefined]);
    });
  }
  await against({ "/*": { body: "x", headers: { etag: "unquoted" } } }, async ({ download }) => {
    const done = await download();
    assertEquals(done.kind === "archive" && done.etag, "");
  });
});

Deno.test("downloadArchive() takes 403 and 404 for an archive that is not there", async () => {
  const denied = "<Error><Code>AccessDenied</Code></Error>";
  for (
    const answer of [
      { status: 403, body: denied },
      { status: 403 },
      { status: 404, body: "<Error><Code>NoSuchKey</Code></Error>" },
      { status: 404, body: "<Error><Code>NoSuchBucket</Code></Error>" },
    ]
  ) {
    const error = await failure({ "/*": answer }, { expectedOwner: "123456789012" });
    assertEquals([error.code, error.retryable], ["archive-absent", true]);
    assertStringIncludes(error.message, 'Cannot fetch "s3://annex/config-a.tar.gz": ');
    assertStringIncludes(error.remedy ?? "", "account 123456789012");
  }
  const error = await failure({ "/*": { status: 403, body: denied } });
  assertEquals(error.remedy?.includes("account"), false);
});

Deno.test("downloadArchive() tells a refusal that is not about the archive", async () => {
  const answer = (status: number, code: string) => ({
    "/*": {
      status,
      body: `<Error><Code>${code}</Code></Error>`,
      headers: { "retry-after": "7" },
    },
  });
  for (
    const [status, code] of [
      [403, "SignatureDoesNotMatch"],
      [403, "InvalidAccessKeyId"],
      [503, "SlowDown"],
      [500, "InternalError"],
      [301, "PermanentRedirect"],
    ] as const
  ) {
    const error = await failure(answer(status, code));
    assertEquals([error.code, error.retryable], ["s3-refused", true]);
    if (status === 503) assertEquals(error.retryAfter, 7);
  }
});

Deno.test("downloadArchive() leaves nothing of a transfer that broke", async () => {
  const broken: Record<string, Routes> = {
    cut: { "/*": { body: BODY, cutAfter: 20_000, end: "fin" } },
    reset: { "/*": { body: BODY, cutAfter: 20_000, end: "reset" } },
    "longer than said": { "/*": { body: "x", contentLength: 5, end: "fin" } },
    "bad chunk": { "/*": { body: BODY, framing: "chunked", cutAfter: 20_000, atCut: "zz\r\n" } },
  };
  for (const [title, routes] of Object.entries(broken)) {
    const error = await failure(routes);
    assertEquals([error.code, error.retryable], ["transfer-failed", true], title);
  }
});

Deno.test("downloadArchive() retries nobody that is not there", async () => {
  const { port } = await using(startFault({}), (fault) => fault);
  const error = await failure({}, { endpoint: `http://127.0.0.1:${port}` });
  assertEquals([error.code, error.retryable], ["transfer-failed", true]);
});

/** Something closed again at once. */
async function using<T extends AsyncDisposable, R>(made: Promise<T>, use: (made: T) => R) {
  await using thing = await made;
  return use(thing);
}

Deno.test("downloadArchive() blames its own disk for what cannot be written, and may try again", async () => {
  await against({ "/*": { body: BODY } }, async ({ host, download }) => {
    const open = Deno.open;
    Deno.open = (path, options) =>
      String(path).endsWith("incoming.tar.gz")
        ? Promise.reject(new Error("No space left on device (os error 28): open"))
        : open(path, options);
    try {
      const error = await assertRejects(
        () => download(),
        AnnexError,
        `Cannot write "${INCOMING}": no space left on device`,
      );
      assertEquals([error.code, error.retryable], ["write-failed", true]);
    } finally {
      Deno.open = open;
    }
    assertEquals(left(host), []);
  });
});

Deno.test("downloadArchive() refuses what is too big, said or not", async () => {
  const said = await failure({ "/*": { body: "x", contentLength: (64 << 20) + 1 } });
  assertEquals([said.code, said.retryable], ["archive-rejected", false]);
  const endless = await failure({
    "/*": { body: new Uint8Array((64 << 20) + 1), framing: "chunked", chunkSize: 1 << 20 },
  });
  assertEquals([endless.code, endless.retryable], ["archive-rejected", false]);
  assertStringIncludes(endless.message, "bigger than 67108864 bytes");
});

Deno.test("downloadArchive() gives up where nothing comes any more", async () => {
  for (const sent of [0, 20_000]) {
    const valve = new Valve(sent);
    await against({ "/*": { body: BODY, valve } }, async ({ host, download }) => {
      const error = await assertRejects(() => download({}, 40), AnnexError);
      assertEquals([error.code, error.retryable], ["transfer-failed", true]);
      assertStringIncludes(error.message, "nothing came for 0.04 s");
      assertEquals(left(host), []);
      valve.open();
    });
  }
});

Deno.test("downloadArchive() ends when all work is to end", async () => {
  const stop = new AbortController();
  const valve = new Valve(20_000);
  await against({ "/*": { body: BODY, valve } }, async ({ host, download }) => {
    const ended = assertRejects(() => download(), Error, "stopped");
    await valve.passed(20_000);
    stop.abort(new Error("stopped"));
    await ended;
    assertEquals(left(host), []);
    valve.open();
  }, stop.signal);
});

Deno.test("downloadArchive() shows no credentials in its failures", async () => {
  const echo = "<Error><Code>SignatureDoesNotMatch</Code><Message>m</Message>" +
    "<AWSAccessKeyId>ID</AWSAccessKeyId><StringToSign>TOKEN SECRET</StringToSign></Error>";
  const error = await failure({ "/*": { status: 403, body: echo } });
  assert(!/TOKEN|SECRET/.test(error.message + error.remedy));
});
