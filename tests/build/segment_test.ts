import { assertEquals, assertThrows } from "@std/assert";
import { placeSegment, readElf } from "../../scripts/build/elf.ts";
import { ENTRY, makeSegment } from "../../scripts/build/segment.ts";
import { STUBS } from "../../scripts/build/stub.ts";
import { TINY, tinyElf } from "./tiny_elf.ts";

const elf = readElf(tinyElf());
const place = placeSegment(elf, 0x400);

Deno.test("makeSegment() lays out header, stub, pointers and strings", () => {
  const segment = makeSegment(
    { args: ["run", "ü"], variables: ["A=1"], keep: ["K="], drop: ["D_", "E_"] },
    { elf, place },
  );
  const view = new DataView(segment.buffer);
  const word = (i: number): number => Number(view.getBigInt64(i * 8, true));
  const string = (at: number): string =>
    new TextDecoder().decode(segment.subarray(at, segment.indexOf(0, at)));
  assertEquals(place.address + word(0), TINY.entry);
  assertEquals(place.address + word(1), TINY.slot);
  assertEquals([word(2), word(3)], [2, 1]);
  assertEquals(segment.subarray(ENTRY, ENTRY + STUBS.x86_64.length), STUBS.x86_64);
  const pointers = [0, 1, 2].map((i) => word(word(6) / 8 + i));
  assertEquals(pointers.map(string), ["run", "ü", "A=1"]);
  assertEquals([string(word(4)), string(word(4) + 3)], ["K=", ""]);
  assertEquals([0, 3, 6].map((n) => string(word(5) + n)), ["D_", "E_", ""]);
});

Deno.test("makeSegment() refuses what the stub could not hand on", () => {
  const good = { args: ["run"], variables: ["A=1"], keep: [], drop: [] };
  assertThrows(() => makeSegment({ ...good, args: [] }, { elf, place }), TypeError, "at least one");
  assertThrows(() => makeSegment({ ...good, variables: [] }, { elf, place }), TypeError);
  assertThrows(() => makeSegment({ ...good, args: ["a\0b"] }, { elf, place }), TypeError, "NUL");
});
