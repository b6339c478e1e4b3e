import { assert, assertEquals, assertInstanceOf, assertThrows } from "@std/assert";
import fc from "fast-check";
import { ElfError, PF, placeSegment, PT, readElf, replaceNote } from "../../scripts/build/elf.ts";
import { TINY, tinyElf } from "./tiny_elf.ts";

Deno.test("readElf() finds machine, entry, loader and the slot of environ", () => {
  for (const [number, machine] of [[62, "x86_64"], [183, "aarch64"]] as const) {
    const elf = readElf(tinyElf(number));
    assertEquals(elf.machine, machine);
    assertEquals(elf.entry, TINY.entry);
    assertEquals(elf.interpreter, "/ld.so");
    assertEquals(elf.environSlot, TINY.slot);
    assertEquals(elf.headers.map(({ type }) => type), [PT.INTERP, PT.LOAD, PT.DYNAMIC, PT.NOTE]);
  }
});

Deno.test("readElf() refuses what it cannot link, and says why", () => {
  const broken = (change: (file: Uint8Array<ArrayBuffer>, view: DataView) => void): Uint8Array => {
    const file = tinyElf();
    change(file, new DataView(file.buffer));
    return file;
  };
  const cases: readonly (readonly [Uint8Array, string])[] = [
    [new Uint8Array(0), "cut short"],
    [broken((file) => file[0] = 0), "wrong magic"],
    [broken((file) => file[4] = 1), "not 64-bit"],
    [broken((file) => file[18] = 8), "unknown machine"],
    [broken((file) => file[54] = 32), "odd program header size"],
    [broken((file) => file[64] = 0), "need one segment of type 3"],
    [broken((file) => file[0x200] = 0), "no STRTAB entry"],
    [broken((file) => file[0x281] = 0x45), 'does not refer to "environ"'],
    [broken((_, view) => view.setUint32(0x20c, 1, true)), "outside every segment"],
    [broken((_, view) => view.setUint32(28, 0xffffffff, true)), "out of range"],
    [tinyElf().subarray(0, 0x308), "cut short"],
  ];
  for (const [file, text] of cases) assertThrows(() => readElf(file), ElfError, text);
});

Deno.test("readElf() never throws anything but its own error", () => {
  const change = fc.tuple(fc.nat(0x33f), fc.nat(255));
  fc.assert(fc.property(fc.array(change, { maxLength: 6 }), fc.nat(0x400), (changes, length) => {
    const file = tinyElf();
    for (const [at, byte] of changes) file[at] = byte;
    try {
      readElf(file.subarray(0, length));
    } catch (error) {
      assertInstanceOf(error, ElfError);
    }
  }));
});

Deno.test("replaceNote() loads the segment past everything else and starts in it", () => {
  const file = tinyElf();
  const elf = readElf(file);
  const place = placeSegment(elf, file.length);
  assertEquals(place, { offset: 0x1000, address: 0x2000, align: 0x1000 });
  const head = replaceNote(file, { elf, place, size: 123, entry: 64 });
  const changed = tinyElf();
  changed.set(head);
  const again = readElf(changed);
  assertEquals(again.entry, 0x2000 + 64);
  const segment = { ...place, type: PT.LOAD, flags: PF.R | PF.X, fileSize: 123, memorySize: 123 };
  assertEquals(again.headers, [...elf.headers.slice(0, 2), segment, ...elf.headers.slice(2, 3)]);
  assert(changed.subarray(head.length).every((byte, i) => byte === file[head.length + i]));
  assertThrows(
    () => replaceNote(changed, { elf: again, place, size: 1, entry: 0 }),
    ElfError,
    "need one segment of type 4",
  );
});
