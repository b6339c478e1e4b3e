import { assertEquals } from "@std/assert";
import fc from "fast-check";
import { ANSWER_LIMIT } from "../../../core/checkpoint/delete_list.ts";
import { AnswerReader } from "../../../core/checkpoint/stores/foreign_answers.ts";

const encoder = new TextEncoder();
const decoder = new TextDecoder();

/** What becomes of the lines of some output that comes in pieces. */
function read(pieces: Iterable<Uint8Array>): string[] {
  const found: string[] = [];
  const reader = new AnswerReader({
    answer: ({ name, failure }) => found.push(`${decoder.decode(name)}: ${failure.message}`),
    broken: () => found.push("broken"),
    noise: (line) => found.push(`noise ${line.length}`),
  });
  for (const piece of pieces) reader.add(piece);
  reader.end();
  return found;
}

Deno.test("AnswerReader tells answers, broken answers and noise apart", () => {
  const output = `{"name":"a","error":"x"}\n\nnoise\n{"name":\n{"name":"b","error":"y"}`;
  assertEquals(read([encoder.encode(output)]), ["a: x", "noise 1", "noise 6", "broken", "b: y"]);
  assertEquals(read([]), []);
});

Deno.test("AnswerReader does not care how output is cut", () => {
  const output = encoder.encode(
    `{"name":"é","error":"x"}\nnoise\n{"error":1}\n{"name":"b","error":"€"}\n`,
  );
  const expected = read([output]);
  assertEquals(expected.length, 4);
  fc.assert(fc.property(fc.array(fc.nat(output.length)), (cuts) => {
    const places = [0, ...cuts.toSorted((a, b) => a - b), output.length];
    assertEquals(read(places.slice(1).map((to, i) => output.subarray(places[i], to))), expected);
  }));
});

Deno.test("AnswerReader keeps no more of a line than an answer may be long", () => {
  const long = new Uint8Array(3 * ANSWER_LIMIT).fill(0x61);
  const end = encoder.encode(`\n{"name":"a","error":"x"}\n`);
  assertEquals(read([long, end]), [`noise ${ANSWER_LIMIT}`, "a: x"]);
  long[0] = 0x7b;
  assertEquals(read([long, end]), ["broken", "a: x"]);
});
