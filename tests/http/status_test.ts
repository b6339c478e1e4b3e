import { assertEquals } from "@std/assert";
import fc from "fast-check";
import { type StatusFacts, statusFailure } from "../../core/http/mod.ts";
import { factsOf } from "./engines.ts";

const NOW = Date.UTC(2026, 0, 1, 12, 0, 0);

function factsFor(status: number, facts: Partial<StatusFacts> = {}): Record<string, unknown> {
  return factsOf(statusFailure(status, { server: "h.example:443", now: () => NOW, ...facts }));
}

const specification = { kind: "Specification", retryable: -1 };
const serverError = { kind: "Transfer", failureType: "ServerError", retryable: 0 };
const timedOut = { kind: "Transfer", failureType: "TimedOut", retryable: 0 };

const CASES: [statuses: number[], facts: Record<string, unknown>][] = [
  [[400, 404, 405, 409, 410, 412, 413, 414, 416, 418, 451, 501, 505], specification],
  [[401, 407], {
    kind: "Authorization",
    failureType: "Authentication",
    shouldRefresh: false,
    retryable: -1,
  }],
  [[403], {
    kind: "Authorization",
    failureType: "Authorization",
    shouldRefresh: false,
    retryable: -1,
  }],
  [[408, 504], timedOut],
  [[425, 429, 500, 502, 503, 520, 599], serverError],
  [[507], { kind: "Transfer", failureType: "Quota", retryable: -1 }],
];

for (const [statuses, facts] of CASES) {
  for (const status of statuses) {
    Deno.test(`statusFailure() classes ${status}`, () => {
      assertEquals(factsFor(status), {
        ...facts,
        message: `The requested URL returned error: ${status}`,
        errorCode: 22,
        status,
        server: "h.example:443",
      });
    });
  }
}

Deno.test("statusFailure() asks for a fresh credential where one was refused", () => {
  for (const status of [401, 403]) {
    assertEquals(factsFor(status, { credential: "sent" })["shouldRefresh"], true);
  }
  assertEquals(factsFor(401, { credential: "expired" })["retryable"], 0);
  assertEquals(factsFor(403, { credential: "expired" })["retryable"], -1);
  assertEquals(factsFor(407, { credential: "sent" })["shouldRefresh"], false);
});

const RETRY_AFTER: [value: string, seconds: number][] = [
  ["0", 0],
  ["17", 17],
  [" 17 ", 17],
  ["999999999999", 86400],
  ["-5", 0],
  ["1.5", 0],
  ["soon", 0],
  ["Thu, 01 Jan 2026 12:01:30 GMT", 90],
  ["Thu, 01 Jan 2026 11:00:00 GMT", 0],
  ["Fri, 01 Jan 2027 00:00:00 GMT", 86400],
];

for (const [value, seconds] of RETRY_AFTER) {
  Deno.test(`statusFailure() reads Retry-After: ${value}`, () => {
    const headers = new Headers({ "retry-after": value });
    assertEquals(factsFor(503, { headers })["retryable"], seconds);
    assertEquals(factsFor(404, { headers })["retryable"], -1);
  });
}

Deno.test("statusFailure() names the proxy that answered in the server's place", () => {
  const intermediate = { server: "p:3128", errorType: "PostConnection" };
  const squid = new Headers({ "x-squid-error": "ERR_ACCESS_DENIED 0" });
  assertEquals(factsFor(407, { proxy: "p:3128" })["intermediate"], intermediate);
  assertEquals(factsFor(504, { proxy: "p:3128" })["intermediate"], intermediate);
  assertEquals(factsFor(403, { proxy: "p:3128", headers: squid })["intermediate"], intermediate);
  assertEquals(factsFor(403, { proxy: "p:3128" })["intermediate"], undefined);
  assertEquals(factsFor(404, { proxy: "p:3128" })["intermediate"], undefined);
  const via = new Headers({ via: "1.1 cache.example:80 (squid)" });
  assertEquals(factsFor(504, { headers: via })["intermediate"], {
    server: "cache.example:80",
    errorType: "PostConnection",
  });
  for (const odd of ["", "1.1", "1.1 <x>"]) {
    assertEquals(factsFor(504, { headers: new Headers({ via: odd }) })["intermediate"], undefined);
  }
});

Deno.test("statusFailure() bounds the pause for any Retry-After", () => {
  fc.assert(fc.property(fc.stringMatching(/^[ -~]*$/), (value) => {
    const { retryable } = factsFor(503, { headers: new Headers({ "retry-after": value }) });
    return typeof retryable === "number" && retryable >= 0 && retryable <= 86400;
  }));
});
