import { assertEquals } from "@std/assert";
import fc from "fast-check";
import {
  ANSWER_LIMIT,
  parseDeleteAnswer,
  parseDeleteList,
  printDeleteAnswer,
  printDeleteList,
} from "../../core/checkpoint/delete_list.ts";
import {
  CleanupFailure,
  type CleanupFailureKind,
  EXIT_STATUS,
} from "../../core/checkpoint/failure.ts";

const bytes = (text: string) => new TextEncoder().encode(text);
const name = fc.uint8Array({ min: 1, max: 255, maxLength: 50 });

Deno.test("printDeleteList() ends each name with a zero byte", () => {
  assertEquals(printDeleteList([]), new Uint8Array());
  assertEquals(printDeleteList([bytes("a"), bytes(""), bytes("b\n")]), bytes("a\0\0b\n\0"));
});

Deno.test("parseDeleteList() takes a last name without its zero byte", () => {
  assertEquals(parseDeleteList(bytes("a\0b")), [bytes("a"), bytes("b")]);
  assertEquals(parseDeleteList(bytes("a\0")), [bytes("a")]);
  assertEquals(parseDeleteList(new Uint8Array()), []);
});

Deno.test("parseDeleteList() reads what printDeleteList() writes", () => {
  fc.assert(fc.property(fc.array(name), (names) => {
    assertEquals(parseDeleteList(printDeleteList(names)).map((one) => [...one]), [
      ...names.map((one) => [...one]),
    ]);
  }));
});

Deno.test("printDeleteAnswer() prints one line of JSON", () => {
  assertEquals(
    printDeleteAnswer({
      name: bytes("a\nb"),
      failure: new CleanupFailure("Credentials", "No\nkey"),
    }),
    `{"name":"a\\nb","error":"No\\nkey","status":5}\n`,
  );
  assertEquals(
    printDeleteAnswer({
      name: Uint8Array.of(0xff),
      failure: new CleanupFailure("Transient", "Slow down", { retryAfter: 3 }),
    }),
    `{"name_base64":"/w==","error":"Slow down","status":75,"retry_after":3}\n`,
  );
});

Deno.test("parseDeleteAnswer() reads what printDeleteAnswer() writes", () => {
  const kind = fc.constantFrom(...Object.keys(EXIT_STATUS) as CleanupFailureKind[]);
  const text = fc.string({ unit: "binary", minLength: 1 });
  const wait = fc.option(fc.nat(), { nil: undefined });
  fc.assert(fc.property(name, kind, text, wait, (name, kind, text, retryAfter) => {
    const failure = new CleanupFailure(
      kind,
      text,
      retryAfter === undefined ? {} : { retryAfter },
    );
    const answer = parseDeleteAnswer(printDeleteAnswer({ name, failure }));
    assertEquals([...answer?.name ?? []], [...name]);
    assertEquals(answer?.failure.kind, kind);
    assertEquals(answer?.failure.message, text);
    assertEquals(answer?.failure.retryAfter, retryAfter);
  }));
});

Deno.test("printDeleteAnswer() stays within what is read, for a longest path and any text", () => {
  const line = printDeleteAnswer({
    name: new Uint8Array(4095).fill(1),
    failure: new CleanupFailure("NotDeleted", "\u0001".repeat(100_000)),
  });
  assertEquals(line.length < ANSWER_LIMIT, true);
  assertEquals(parseDeleteAnswer(line)?.name.length, 4095);
});

Deno.test("parseDeleteAnswer() forgives a missing or odd status and text", () => {
  for (const rest of [``, `,"status":99`, `,"status":"2"`, `,"error":7`, `,"error":""`]) {
    const failure = parseDeleteAnswer(`{"name":"a"${rest}}`)?.failure;
    assertEquals([failure?.kind, failure?.message], ["NotDeleted", "The plug-in gave no reason"]);
  }
  assertEquals(
    parseDeleteAnswer(`{"name":"a","error":"x","status":75,"retry_after":-1}`)?.failure.retryAfter,
    undefined,
  );
});

Deno.test("parseDeleteAnswer() takes nothing else for an answer", () => {
  for (
    const line of [
      ``,
      `{`,
      `{}`,
      `[]`,
      `null`,
      `"name"`,
      `{"name":1}`,
      `{"name_base64":"*"}`,
      `{"error":"x","status":2}`,
      `{"name":"${"a".repeat(ANSWER_LIMIT)}"}`,
    ]
  ) assertEquals(parseDeleteAnswer(line), undefined, line);
});

Deno.test("parseDeleteAnswer() never throws", () => {
  fc.assert(fc.property(fc.oneof(fc.string(), fc.json()), (line) => void parseDeleteAnswer(line)));
});
