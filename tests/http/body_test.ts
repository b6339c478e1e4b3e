import { assertEquals, assertStrictEquals } from "@std/assert";
import { TransferFailure } from "../../core/errors.ts";
import { bodyFailure, shortBodyFailure } from "../../core/http/mod.ts";

const url = new URL("https://[::1]/x");
const withHeaders = (headers: Record<string, string>) => ({ url, headers: new Headers(headers) });
const coded = (code: string, text: string) => Object.assign(new Error(text), { code });

const CASES: [
  what: string,
  error: Error,
  headers: Record<string, string>,
  message: string,
  code: number,
][] = [
  [
    "a short body",
    new Error("x"),
    { "content-length": "10" },
    "end of response with 7 bytes missing",
    18,
  ],
  [
    "a cut chunked body",
    new Error("x"),
    { "transfer-encoding": "chunked" },
    "transfer closed with outstanding read data remaining",
    18,
  ],
  [
    "chunks in spite of a length",
    new Error("x"),
    { "transfer-encoding": "chunked", "content-length": "10" },
    "transfer closed with outstanding read data remaining",
    18,
  ],
  [
    "a reset",
    coded("ECONNRESET", "read ECONNRESET"),
    { "content-length": "10" },
    "Recv failure: Connection reset by peer",
    56,
  ],
  [
    "a bad chunk",
    coded("HPE_INVALID_CHUNK_SIZE", "Parse Error: odd"),
    {},
    "Illegal chunk in the response: odd",
    56,
  ],
  ["an unknown end", new Error("x"), {}, "Recv failure: connection broken", 56],
  [
    "a hostile length",
    new Error("x"),
    { "content-length": "1e99" },
    "Recv failure: connection broken",
    56,
  ],
];

for (const [what, error, headers, message, code] of CASES) {
  Deno.test(`bodyFailure() names ${what}`, () => {
    const failure = bodyFailure(error, withHeaders(headers), 3);
    assertEquals([failure.message, failure.kind], [message, "Transfer"]);
    assertEquals({ ...failure.facts, cause: undefined }, {
      errorCode: code,
      retryable: 0,
      failureType: "Incomplete",
      server: "[::1]:443",
      cause: undefined,
    });
    assertStrictEquals(failure.facts.cause, error);
  });
}

Deno.test("bodyFailure() keeps a failure, such as the reason of a signal", () => {
  const failure = new TransferFailure("Transfer", "stop", { errorCode: 42, retryable: 0 });
  assertStrictEquals(bodyFailure(failure, withHeaders({}), 0), failure);
});

Deno.test("shortBodyFailure() sees a body that ended early without an error", () => {
  const answer = withHeaders({ "content-length": "10" });
  assertEquals(shortBodyFailure(answer, 10), undefined);
  assertEquals(shortBodyFailure(answer, 4)?.message, "end of response with 6 bytes missing");
  assertEquals(shortBodyFailure(withHeaders({}), 4), undefined);
});
