import { assertEquals } from "@std/assert";
import fc from "fast-check";
import { parseNotice, parseRebalance } from "../../../core/annex/spot/notice.ts";

const TIME = "2026-11-01T08:22:00Z";
const MS = Date.UTC(2026, 10, 1, 8, 22);

Deno.test("parseNotice() reads what EC2 documents", () => {
  for (const action of ["terminate", "stop", "hibernate"]) {
    assertEquals(parseNotice(`{"action": "${action}", "time": "${TIME}"}`), { action, time: MS });
  }
  assertEquals(parseNotice(`{\n  "time" : "${TIME}",\n  "action" : "stop",\n  "x" : 1\n}`), {
    action: "stop",
    time: MS,
  });
});

Deno.test("parseNotice() takes a notice that it does not understand for a notice", async (t) => {
  const unknown = { action: "unknown", time: undefined };
  const cases: Record<string, ReturnType<typeof parseNotice>> = {
    "": unknown,
    "<html>": unknown,
    "null": unknown,
    "[]": unknown,
    '"terminate"': unknown,
    "{}": unknown,
    '{"action": "relocate", "time": "soon"}': { action: "relocate", time: undefined },
    '{"action": "a\\nb", "time": 7}': unknown,
    [`{"action": "${"x".repeat(33)}"}`]: unknown,
    '{"action": "stop", "time": "2026-13-41T99:99:99Z"}': { action: "stop", time: undefined },
    '{"action": "stop", "time": "2026-11-01"}': { action: "stop", time: undefined },
    '{"action": "stop", "time": "2026-11-01T08:22:00.5Z"}': { action: "stop", time: MS + 500 },
  };
  for (const [text, notice] of Object.entries(cases)) {
    await t.step(text, () => assertEquals(parseNotice(text), notice));
  }
});

Deno.test("parseNotice() and parseRebalance() throw for no text, and give words and times alone", () => {
  const json = fc.json();
  fc.assert(fc.property(fc.oneof(fc.string(), json), (text) => {
    const { action, time } = parseNotice(text);
    assertEquals(/^[a-z-]{1,32}$/.test(action), true);
    assertEquals(time === undefined || Number.isFinite(time), true);
    const rebalance = parseRebalance(text);
    assertEquals(rebalance === undefined || Number.isFinite(rebalance), true);
  }));
});

Deno.test("parseRebalance() reads the time of the recommendation", () => {
  assertEquals(parseRebalance(`{"noticeTime": "${TIME}"}`), MS);
  assertEquals(parseRebalance("{}"), undefined);
});
