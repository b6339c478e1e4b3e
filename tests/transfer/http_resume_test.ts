import { assertEquals } from "@std/assert";
import { type Reply, type Script, startFault } from "../servers/fault.ts";
import { pattern, Scratch } from "./run_files.ts";

const MIB = 1 << 20;
const BEFORE = pattern(2 * MIB);
const AFTER = BEFORE.map((byte) => byte ^ 1);
const YEAR = ["Mon, 01 Jan 2024 00:00:00 GMT", "Wed, 01 Jan 2025 00:00:00 GMT"] as const;

/** A 206 with the second MiB of `bytes`, or with what `body` says it is. */
function rest(bytes: Uint8Array<ArrayBuffer>, reply: Reply = {}): Reply {
  return {
    status: 206,
    body: bytes.slice(MIB),
    ...reply,
    headers: { "Content-Range": `bytes ${MIB}-${2 * MIB - 1}/${2 * MIB}`, ...reply.headers },
  };
}

/** Half of `BEFORE`; then what `answer` makes of the range asked for; else `whole`. */
function broken(first: Record<string, string>, answer: Reply, whole: Uint8Array): Script {
  return (request, n) => {
    if (n === 1) return { headers: first, body: BEFORE, cutAfter: MIB };
    return request.header("range") === undefined ? { body: whole } : answer;
  };
}

const cases: [string, Script, Uint8Array][] = [
  [
    "a part from a server that sends another date and does not heed If-Range",
    broken(
      { "Last-Modified": YEAR[0] },
      rest(AFTER, { headers: { "Last-Modified": YEAR[1] } }),
      AFTER,
    ),
    AFTER,
  ],
  [
    "a part with another weak entity tag",
    broken(
      { "ETag": 'W/"1"', "Last-Modified": YEAR[0] },
      rest(AFTER, { headers: { "ETag": 'W/"2"', "Last-Modified": YEAR[0] } }),
      AFTER,
    ),
    AFTER,
  ],
  [
    "a part that is shorter than its range",
    broken({ "ETag": '"1"' }, rest(BEFORE, { body: BEFORE.slice(MIB, MIB + 900) }), BEFORE),
    BEFORE,
  ],
  [
    "a part in chunks that is longer than its range",
    broken({ "ETag": '"1"' }, rest(BEFORE, { body: pattern(MIB + 5), framing: "chunked" }), BEFORE),
    BEFORE,
  ],
  [
    "a 416 of a file that has become as short as what is there",
    broken(
      { "ETag": '"1"' },
      { status: 416, headers: { "Content-Range": `bytes */${MIB}` } },
      AFTER.slice(0, MIB),
    ),
    AFTER.slice(0, MIB),
  ],
];

for (const [name, script, right] of cases) {
  Deno.test(`http starts anew after ${name}`, async () => {
    await using server = await startFault({ "/f": script });
    using scratch = new Scratch();
    assertEquals((await scratch.run([server.url("/f")])).status, 0);
    assertEquals(scratch.read("f0"), right);
    assertEquals(server.requests.length, 3);
    assertEquals(scratch.names(), ["f0"]);
  });
}

Deno.test("http takes a file of unknown length as whole when a 416 says so", async () => {
  await using server = await startFault({
    "/f": (request, n) =>
      n === 1
        ? { headers: { "ETag": '"1"' }, body: BEFORE, framing: "chunked", cutAfter: MIB }
        : request.header("range") === undefined
        ? { body: AFTER }
        : { status: 416, headers: { "Content-Range": `bytes */${MIB}`, "ETag": '"1"' } },
  });
  using scratch = new Scratch();
  assertEquals((await scratch.run([server.url("/f")])).status, 0);
  assertEquals(scratch.read("f0"), BEFORE.slice(0, MIB));
});

Deno.test("http joins nothing from two places when no validator tells that it belongs together", async () => {
  const [one, other] = [pattern(3 * MIB), pattern(3 * MIB).map((byte) => byte ^ 1)];
  await using server = await startFault({
    "/f": (_request, n) => ({ status: 302, headers: { Location: n === 1 ? "/one" : "/other" } }),
    "/one": { body: one, cutAfter: 2 * MIB },
    "/other": (request) =>
      request.header("range") === undefined ? { body: other } : {
        status: 206,
        headers: { "Content-Range": `bytes ${2 * MIB}-${3 * MIB - 1}/${3 * MIB}` },
        body: other.slice(2 * MIB),
      },
  });
  using scratch = new Scratch();
  assertEquals((await scratch.run([server.url("/f")])).status, 0);
  assertEquals(scratch.read("f0"), other);
});
