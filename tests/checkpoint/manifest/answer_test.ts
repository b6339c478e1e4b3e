import { assertEquals } from "@std/assert";
import { answer, joinAll } from "../../../core/checkpoint/manifest/answer.ts";

Deno.test("joinAll() joins more than a call takes arguments", () => {
  const joined = joinAll(Array.from({ length: 300_000 }, (_, at) => at % 2 === 0 ? "é" : "x"));
  assertEquals([joined.length, ...joined.subarray(-3)], [450_000, 0xc3, 0xa9, 0x78]);
});

Deno.test("answer() puts bytes between texts as they are", () => {
  const { stdout, stderr, status } = answer(3, "é", new Uint8Array([0xff]), "\n");
  assertEquals([[...stdout], stderr, status], [[0xc3, 0xa9, 0xff, 0x0a], "", 3]);
});
