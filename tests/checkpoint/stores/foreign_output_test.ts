import { assertEquals } from "@std/assert";
import { BoundedOutput, OUTPUT_LIMIT } from "../../../core/checkpoint/stores/foreign_output.ts";

const bytes = (text: string) => new TextEncoder().encode(text);

Deno.test("BoundedOutput joins characters that were cut between two reads", () => {
  const output = new BoundedOutput();
  for (const byte of bytes("aé€")) output.add(Uint8Array.of(byte));
  assertEquals(output.text(), "aé€");
});

Deno.test("BoundedOutput keeps copies", () => {
  const output = new BoundedOutput();
  const lent = bytes("abc");
  output.add(lent);
  lent.fill(0);
  assertEquals(output.text(), "abc");
});

Deno.test("BoundedOutput keeps the beginning and says that it was cut", () => {
  const exact = new BoundedOutput(4);
  exact.add(bytes("abcd"));
  assertEquals(exact.text(), "abcd");
  exact.add(bytes("e"));
  assertEquals(exact.text(), "abcd...");
  const large = new BoundedOutput();
  for (let i = 0; i < 100; i++) large.add(new Uint8Array(4096).fill(0x61));
  assertEquals(large.text().length, OUTPUT_LIMIT + 3);
});

Deno.test("BoundedOutput shows what is no UTF-8 as U+FFFD", () => {
  const output = new BoundedOutput();
  output.add(Uint8Array.of(0xff, 0x61, 0xc3));
  assertEquals(output.text(), "\ufffda\ufffd");
});
