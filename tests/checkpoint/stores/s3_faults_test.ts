import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { baseOf } from "../../../core/checkpoint/location.ts";
import { s3BackEnd } from "../../../core/checkpoint/stores/s3.ts";
import type { Leftover, Store } from "../../../core/checkpoint/store.ts";
import { type Fault, type FaultRequest, type Reply, startFault } from "../../servers/fault.ts";
import { assertFails, GONE, removeFrom } from "./contract.ts";
import { homeWithKeys, surroundings } from "./s3_buckets.ts";

const GID = "ap_1.0_1795235583";
const LOCATION = { destination: "s3://b/ck", gid: GID };
const BASE = baseOf(LOCATION, "0000");
const SECRET = "very/secret+example";

/** A service that answers lists of deletions, deletions and listings by script. */
interface Scripts {
  readonly list?: (request: FaultRequest, n: number) => Reply | Promise<Reply>;
  readonly one?: (name: string, request: FaultRequest) => Reply;
}

/** A store with a scripted service behind it. */
interface Scripted extends AsyncDisposable {
  readonly store: Store;
  readonly service: Fault;
}

async function scripted(
  { list = () => deleted(), one = () => ({ status: 204 }) }: Scripts,
  args: readonly string[] = [],
): Promise<Scripted> {
  const service = await startFault({
    "/b": list,
    "/b/*": (request) => one(request.path.replace(`/b/ck/${GID}/0000/`, ""), request),
  });
  await using home = await homeWithKeys({ secret: SECRET });
  const store = await s3BackEnd.open(["-endpoint", service.origin, ...args], surroundings(home));
  return {
    store,
    service,
    async [Symbol.asyncDispose]() {
      await store[Symbol.asyncDispose]();
      await service[Symbol.asyncDispose]();
    },
  };
}

function xml(text: string, reply: Reply = {}): Reply {
  return { headers: { "content-type": "application/xml" }, ...reply, body: text };
}

function refusal(status: number, code: string, reply: Reply = {}): Reply {
  return xml(`<Error><Code>${code}</Code><Message>words of ${code}</Message></Error>`, {
    ...reply,
    status,
  });
}

function deleted(errors: Readonly<Record<string, string>> = {}): Reply {
  const elements = Object.entries(errors).map(([name, code]) =>
    `<Error><Key>ck/${GID}/0000/${name}</Key><Code>${code}</Code><Message>m</Message></Error>`
  );
  return xml(`<DeleteResult xmlns="http://s3.example/">${elements.join("")}</DeleteResult>`);
}

function page(keys: readonly string[], next?: string): Reply {
  const entries = keys.map((key) => `<Contents><Key>${key}</Key></Contents>`).join("");
  const more = next === undefined
    ? "<IsTruncated>false</IsTruncated>"
    : `<IsTruncated>true</IsTruncated><NextContinuationToken>${next}</NextContinuationToken>`;
  return xml(
    `<ListBucketResult>${more}<EncodingType>url</EncodingType>${entries}</ListBucketResult>`,
  );
}

async function leftovers(store: Store): Promise<string[]> {
  const found: Leftover[] = [];
  for await (const one of store.leftovers!(LOCATION, new AbortController().signal)) found.push(one);
  return found.map(({ number, name }) => `${number}/${new TextDecoder().decode(name)}`);
}

const remove = (store: Store, names: readonly string[]) => removeFrom(store, BASE, { names });

Deno.test("S3 asks for many deletions with one list, digests and no echo", async () => {
  await using it = await scripted({});
  assertEquals(await remove(it.store, ["a&<b>", `"c'`]), [GONE, GONE]);
  const [request] = it.service.requests;
  assertEquals([request?.method, request?.target], ["POST", "/b?delete="]);
  const body = new TextDecoder().decode(request?.body?.bytes);
  const key = (name: string) => `<Object><Key>ck/${GID}/0000/${name}</Key></Object>`;
  assertStringIncludes(
    body,
    `<Quiet>true</Quiet>${key("a&#38;&#60;b&#62;")}${key("&#34;c&#39;")}</Delete>`,
  );
  const sha256 = new Uint8Array(
    await crypto.subtle.digest("SHA-256", new TextEncoder().encode(body)),
  );
  assertEquals(request?.header("x-amz-checksum-sha256"), sha256.toBase64());
  assertEquals(request?.header("x-amz-content-sha256"), sha256.toHex());
  assertMatch(request?.header("content-md5") ?? "", /^[A-Za-z0-9+/]{22}==$/);
  assertMatch(
    request?.header("authorization") ?? "",
    /Credential=AKIDEXAMPLE\/\d{8}\/us-east-1\/s3\/aws4_request, SignedHeaders=content-md5;.*host/,
  );
});

Deno.test("S3 reports the errors of a list by file", async () => {
  const errors = {
    denied: "AccessDenied",
    busy: "InternalError",
    missing: "NoSuchKey",
    odd: "PreconditionFailed",
  };
  await using it = await scripted({ list: () => deleted(errors) });
  const names = ["fine", ...Object.keys(errors)];
  assertEquals(await remove(it.store, names), [
    GONE,
    "Credentials",
    "Transient",
    GONE,
    "NotDeleted",
  ]);
  assertEquals(it.service.requests.length, 1);
});

Deno.test("S3 deletes one by one what a list's errors cannot be matched with", async () => {
  await using it = await scripted({ list: () => deleted({ "A": "AccessDenied" }) });
  assertEquals(await remove(it.store, ["a", "b"]), [GONE, GONE]);
  assertEquals(it.service.requests.map(({ method }) => method).toSorted(), [
    "DELETE",
    "DELETE",
    "POST",
  ]);
});

const WITHOUT_LISTS: Readonly<Record<string, Reply>> = {
  "501 NotImplemented": refusal(501, "NotImplemented"),
  "405 MethodNotAllowed": refusal(405, "MethodNotAllowed"),
  "400 InvalidArgument, as Google": refusal(400, "InvalidArgument"),
  "400 MalformedXML": refusal(400, "MalformedXML"),
  "400 without a word": { status: 400 },
  "404 without a word": { status: 404 },
  "200 and a web page": { body: "<html><body>Welcome</body></html>" },
  "200 and something else": { body: "no XML" },
  "200 and 10 MB": { body: `<DeleteResult>${" ".repeat(10 << 20)}</DeleteResult>` },
  "200 and entities": xml(
    '<!DOCTYPE x [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]><DeleteResult>&b;</DeleteResult>',
  ),
  "200 and a deep nest": xml("<DeleteResult>".repeat(200_000)),
};
for (const [what, reply] of Object.entries(WITHOUT_LISTS)) {
  Deno.test(`S3 deletes one by one after a list was answered with ${what}, and goes on so`, async () => {
    await using it = await scripted({ list: () => reply });
    const names = Array.from({ length: 40 }, (_, i) => `f${i}`);
    for (let i = 0; i < 2; i++) {
      assertEquals(await remove(it.store, names), names.map(() => GONE));
    }
    const posts = it.service.requests.filter(({ method }) => method === "POST");
    assertEquals([posts.length, it.service.requests.length], [1, 81]);
  });
}

Deno.test("S3 says of all files that the service wants to be left alone", async () => {
  const slow = refusal(503, "SlowDown", { headers: { "retry-after": "7" } });
  await using it = await scripted({
    list: (_request, n) => n === 1 ? slow : deleted(),
    one: () => slow,
  });
  for (const names of [["a", "b"], ["a"]]) {
    const failure = await assertFails(() => remove(it.store, names), "Transient");
    assertEquals(failure.retryAfter, 7);
    assertStringIncludes(failure.message, "SlowDown (words of SlowDown)");
  }
  assertEquals(await remove(it.store, ["a", "b"]), [GONE, GONE]);
});

Deno.test("S3 begins nothing more once the service asked for a pause", async () => {
  await using it = await scripted({ list: () => refusal(501, "x"), one: () => ({ status: 503 }) });
  const names = Array.from({ length: 500 }, (_, i) => `f${i}`);
  await assertFails(() => remove(it.store, names), "Transient");
  assert(it.service.requests.length <= 20, `${it.service.requests.length} requests`);
});

Deno.test("S3 takes trouble with single files for theirs alone", async () => {
  const replies: Readonly<Record<string, Reply>> = {
    broken: { raw: "", end: "reset" },
    busy: refusal(500, "InternalError"),
    denied: refusal(403, "AccessDenied"),
    gone: refusal(404, "NoSuchKey"),
    locked: refusal(400, "InvalidRequest"),
  };
  await using it = await scripted({
    list: () => refusal(501, "NotImplemented"),
    one: (name) => replies[name] ?? { status: 204 },
  });
  assertEquals(await remove(it.store, [...Object.keys(replies), "fine"]), [
    "Transient",
    "Transient",
    "Credentials",
    GONE,
    "NotDeleted",
    GONE,
  ]);
});

const FOR_ALL: Readonly<Record<string, readonly [Reply, string, RegExp]>> = {
  "a skewed clock": [
    refusal(403, "RequestTimeTooSkewed", { headers: { date: "Tue, 01 Jan 2019 00:00:00 GMT" } }),
    "Credentials",
    /RequestTimeTooSkewed .*; this machine's clock is \d+ s ahead of the service's$/,
  ],
  "an expired token": [refusal(400, "ExpiredToken"), "Credentials", /: ExpiredToken /],
  "a web page": [
    {
      status: 404,
      headers: { "content-type": "text/html" },
      body: "<html>Not here</html>",
    },
    "StoreUnavailable",
    /HTTP status 404/,
  ],
  "a web page instead of an answer": [
    {
      headers: { "content-type": "text/html" },
      body: "<html>Log in</html>",
    },
    "StoreUnavailable",
    /that is no answer of S3's/,
  ],
  "a redirect to elsewhere": [
    {
      status: 307,
      headers: { location: "http://127.0.0.2:9/" },
    },
    "StoreUnavailable",
    /HTTP status 307/,
  ],
  "no such bucket": [refusal(404, "NoSuchBucket"), "StoreUnavailable", /NoSuchBucket/],
};
for (const [what, [reply, kind, words]] of Object.entries(FOR_ALL)) {
  Deno.test(`S3 takes ${what} for trouble with all files`, async () => {
    await using it = await scripted({ one: () => reply });
    const failure = await assertFails(
      () => remove(it.store, ["a"]),
      kind as Parameters<typeof assertFails>[1],
    );
    assertMatch(failure.message, words);
    assert(!failure.message.includes(SECRET));
  });
}

Deno.test("S3 goes once to the region that the service names", async () => {
  const region = (request: FaultRequest) =>
    /\/(\S+)\/s3\/aws4_request/.exec(request.header("authorization") ?? "")?.[1]?.split("/").at(-1);
  const moved = (to: string) =>
    refusal(301, "PermanentRedirect", { headers: { "x-amz-bucket-region": to } });
  await using good = await scripted({
    one: (_name, request) => region(request) === "eu-west-3" ? { status: 204 } : moved("eu-west-3"),
  }, ["-region", "us-west-2"]);
  assertEquals(await remove(good.store, ["a"]), [GONE]);
  assertEquals(await remove(good.store, ["b"]), [GONE]);
  assertEquals(good.service.requests.map(region), ["us-west-2", "eu-west-3", "eu-west-3"]);

  await using endless = await scripted({
    one: (_name, request) => moved(region(request) === "eu-west-3" ? "eu-west-1" : "eu-west-3"),
  });
  const failure = await assertFails(() => remove(endless.store, ["a"]), "StoreUnavailable");
  assertStringIncludes(failure.message, "PermanentRedirect");
  assertEquals(endless.service.requests.length, 2);

  await using hostile = await scripted({ one: () => moved("evil.example/") });
  await assertFails(() => remove(hostile.store, ["a"]), "StoreUnavailable");
});

Deno.test("S3 reads the region of a malformed authorization from the answer", async () => {
  await using it = await scripted({
    list: (_request, n) =>
      n > 1 ? page([]) : xml(
        "<Error><Code>AuthorizationHeaderMalformed</Code><Region>ap-south-1</Region></Error>",
        { status: 400 },
      ),
  });
  assertEquals(await leftovers(it.store), []);
  assertStringIncludes(it.service.requests[1]?.header("authorization") ?? "", "/ap-south-1/s3/");
});

Deno.test("S3 walks the pages of a listing and keeps to what HTCondor made", async () => {
  const start = `ck/${GID}`;
  await using it = await scripted({
    list: (request) =>
      request.query.includes("continuation-token")
        ? page([`${start}/0001//etc/hostname`, `${start}/00012/b%2B+c%25`, `elsewhere/0000/x`])
        : page([
          `${start}/0000/`,
          `${start}/0000/a`,
          `${start}/notes`,
          `${start}/12/x`,
          `${start}/`,
        ], "t&#43;1="),
  });
  assertEquals(await leftovers(it.store), ["0000/a", "0001//etc/hostname", "00012/b+ c%"]);
  assertEquals(it.service.requests.map(({ query }) => query), [
    `encoding-type=url&list-type=2&prefix=ck%2F${GID}%2F`,
    `continuation-token=t%2B1%3D&encoding-type=url&list-type=2&prefix=ck%2F${GID}%2F`,
  ]);
});

Deno.test("S3 lists no further when it was stopped", async () => {
  const stop = new AbortController();
  await using it = await scripted({
    list: (_request, n) => page([`ck/${GID}/0000/a${n}`], `page${n}`),
  });
  let count = 0;
  for await (const _ of it.store.leftovers!(LOCATION, stop.signal)) {
    if (++count === 2) stop.abort();
  }
  assertEquals([count, it.service.requests.length], [2, 3]);
});

const ENDLESS: Readonly<Record<string, (n: number) => Reply>> = {
  "leads to the same page": () => page([`ck/${GID}/0000/a`], "again"),
  "has only empty pages": (n) => page([], `page${n}`),
  "does not say where the next page is": () =>
    xml("<ListBucketResult><IsTruncated>true</IsTruncated></ListBucketResult>"),
  "is none": () => xml("<ListAllMyBucketsResult/>"),
  "is no XML": () => ({ body: "<" }),
  "is too long": () => ({ body: " ".repeat(10 << 20) }),
};
for (const [what, reply] of Object.entries(ENDLESS)) {
  Deno.test(`S3 gives up a listing that ${what}`, async () => {
    await using it = await scripted({ list: (_request, n) => reply(n) });
    const failure = await assertFails(() => leftovers(it.store), "StoreUnavailable");
    assertMatch(failure.message, /^Cannot list/);
    assert(it.service.requests.length < 200);
  });
}

Deno.test("S3 with -all-versions reports a file of which one version stays", async () => {
  const key = `ck/${GID}/0000`;
  const version = (name: string, id: string) =>
    `<Version><Key>${key}/${name}</Key><VersionId>${id}</VersionId></Version>`;
  const versions = ["v1", "v2"].flatMap((id) => [version("a", id), version("b", id)]).join("");
  const marker = `<DeleteMarker><Key>${key}/b</Key><VersionId>&lt;m&gt;</VersionId></DeleteMarker>`;
  await using it = await scripted({
    list: ({ method }) =>
      method === "GET"
        ? xml(`<ListVersionsResult>${versions}${marker}</ListVersionsResult>`)
        : deleted({ b: "AccessDenied" }),
  }, ["-all-versions"]);
  assertEquals(await remove(it.store, ["a", "b", "c"]), [GONE, "Credentials", GONE]);
  const [listing, deletion] = it.service.requests;
  assertEquals(listing?.query, `encoding-type=url&prefix=ck%2F${GID}%2F0000%2F&versions=`);
  const body = new TextDecoder().decode(deletion?.body?.bytes);
  assertEquals(body.match(/<VersionId>[^<]*/g)?.toSorted(), [
    "<VersionId>&#60;m&#62;",
    ...["v1", "v1", "v2", "v2"].map((id) => `<VersionId>${id}`),
  ]);
});

Deno.test("S3 ends soon after it was stopped, though no answer comes", async () => {
  const silence = Promise.withResolvers<void>();
  await using it = await scripted({ list: () => ({ silence: silence.promise }) });
  const stop = new AbortController();
  let start = Infinity;
  it.service.arrived(1).then(() => {
    start = performance.now();
    stop.abort();
  });
  const outcome = await removeFrom(it.store, BASE, { names: ["a", "b"], signal: stop.signal });
  assertEquals(outcome, [undefined, undefined]);
  assert(performance.now() - start < 20_000, "it did not wait for the request's own limit");
  silence.resolve();
});

Deno.test("S3 does not connect anywhere for nothing, and says so when nobody answers", async () => {
  const it = await scripted({});
  await it.service[Symbol.asyncDispose]();
  assertEquals(await remove(it.store, []), []);
  assertEquals(await remove(it.store, ["../x", ""]), ["Unsafe", "NotDeleted"]);
  const failure = await assertFails(() => remove(it.store, ["a", "b"]), "Transient");
  assertMatch(failure.message, /^Cannot delete "a": Failed to connect to 127.0.0.1 /);
  await it.store[Symbol.asyncDispose]();
});

Deno.test("S3 takes names only as their turn comes, where no lists are taken", async () => {
  await using it = await scripted({ list: () => refusal(501, "NotImplemented") });
  const stop = new AbortController();
  const [count, taken] = [10_000, new Set<number>()];
  let gone = 0;
  await it.store.remove({
    base: BASE,
    ignoreMissing: false,
    count,
    name(index) {
      taken.add(index);
      return new TextEncoder().encode(`f${index}`);
    },
  }, { signal: stop.signal, done: () => void (++gone === 100 && stop.abort()) });
  // Four lists were made before the first of them was refused.
  assert(gone >= 100 && gone < 200, `${gone} are gone`);
  assert(taken.size < 6000, `${taken.size} of ${count} names were taken`);
});
