import { assertEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import type { CredentialRecord } from "../../../core/credentials/daemon/record.ts";
import {
  encodeStatus,
  LARGEST_STATUS,
  MOST_ENTRIES,
  parseStatus,
  statusReport,
} from "../../../core/credentials/daemon/status_file.ts";

const NOW = Date.UTC(2026, 10, 26, 12);

function record(user: string, more: Partial<CredentialRecord> = {}): CredentialRecord {
  return {
    user,
    name: "scitokens",
    monitor: "LOCAL",
    seen: 1,
    busy: false,
    again: false,
    ended: 0,
    ...more,
  };
}

const failure = { code: "disk", text: "No space", since: NOW - 60_000, count: 3, logged: 0 };

Deno.test("statusReport() has failures first, each credential with its times", () => {
  const report = statusReport({
    records: [
      record("bob", { expires: NOW + 1000, renewed: NOW, next: NOW + 500 }),
      record("alice"),
      record("carol", { failure }),
    ],
    pid: 7,
    now: NOW,
  });
  assertEquals([report.credentials, report.failed, report.omitted, report.pid], [3, 1, 0, 7]);
  assertEquals(report.list, [
    {
      user: "carol",
      name: "scitokens",
      monitor: "LOCAL",
      lastFailure: {
        code: "disk",
        text: "No space",
        since: "2026-11-26T11:59:00.000Z",
        count: 3,
      },
    },
    { user: "alice", name: "scitokens", monitor: "LOCAL" },
    {
      user: "bob",
      name: "scitokens",
      monitor: "LOCAL",
      expires: "2026-11-26T12:00:01.000Z",
      lastSuccess: "2026-11-26T12:00:00.000Z",
      nextTry: "2026-11-26T12:00:00.500Z",
    },
  ]);
});

Deno.test("statusReport() is bounded, whatever fails", () => {
  const long = { ...failure, text: "\u{10ffff}".repeat(250) };
  const records = Array.from(
    { length: MOST_ENTRIES + 5 },
    (_, i) => record(`${"u".repeat(120)}${i}`, { failure: long, name: "n".repeat(190), next: NOW }),
  );
  const report = statusReport({ records, pid: 1, now: NOW });
  assertEquals([report.list.length, report.omitted, report.failed], [
    MOST_ENTRIES,
    5,
    MOST_ENTRIES + 5,
  ]);
  const bytes = encodeStatus(report);
  assertEquals(bytes.length < LARGEST_STATUS, true);
  assertEquals(parseStatus(bytes).omitted, 5);
});

Deno.test("parseStatus() reads what was written, whatever the records are", () => {
  const time = fc.option(fc.double(), { nil: undefined });
  const anyRecord = fc.record({
    user: fc.string(),
    expires: time,
    renewed: time,
    next: time,
    text: fc.option(fc.string(), { nil: undefined }),
  }).map(({ user, text, ...times }) =>
    record(user, { ...times, ...(text === undefined ? {} : { failure: { ...failure, text } }) })
  );
  fc.assert(fc.property(fc.array(anyRecord, { maxLength: 5 }), (records) => {
    const report = statusReport({ records, pid: 1, now: NOW });
    assertEquals(parseStatus(encodeStatus(report)), report);
  }));
});

Deno.test("parseStatus() throws nothing but SyntaxError for what others may have written", () => {
  const good = statusReport({ records: [record("a", { failure })], pid: 1, now: NOW });
  const cases: unknown[] = [
    null,
    1,
    [],
    {},
    { ...good, version: 2 },
    { ...good, pid: "1" },
    { ...good, list: {} },
    { ...good, list: [null] },
    { ...good, list: [{ user: "a" }] },
    { ...good, list: [{ ...good.list[0], lastFailure: null }] },
    { ...good, list: [{ ...good.list[0], lastFailure: { code: 1 } }] },
    { ...good, list: [{ ...good.list[0], expires: 1 }] },
  ];
  for (const one of cases) {
    const bytes = new TextEncoder().encode(JSON.stringify(one));
    assertThrows(() => parseStatus(bytes), SyntaxError, undefined, JSON.stringify(one));
  }
  fc.assert(fc.property(fc.oneof(fc.string(), fc.json()), (text) => {
    try {
      parseStatus(new TextEncoder().encode(text));
      return true;
    } catch (error) {
      return error instanceof SyntaxError;
    }
  }));
});
