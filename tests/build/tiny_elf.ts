/** The smallest file that the linker takes for an executable; it is never run. */

/** Where its `environ` slot is, and where it starts. */
export const TINY = { slot: 0x2010, entry: 0x2000, noteIndex: 3 } as const;

/** Makes the file: a loaded segment of everything, a loader's name, symbols, one relocation. */
export function tinyElf(machine: 62 | 183 = 62): Uint8Array<ArrayBuffer> {
  const file = new Uint8Array(0x400);
  const view = new DataView(file.buffer);
  const word = (at: number, value: number): void => view.setBigUint64(at, BigInt(value), true);
  view.setUint32(0, 0x7f454c46);
  view.setUint16(4, 0x0201);
  view.setUint16(18, machine, true);
  word(24, TINY.entry);
  word(32, 64);
  view.setUint16(54, 56, true);
  view.setUint16(56, 4, true);
  const header = (
    i: number,
    [type, offset, size, align]: [number, number, number, number],
  ): void => {
    const at = 64 + i * 56;
    view.setUint32(at, type, true);
    view.setUint32(at + 4, 4, true);
    word(at + 8, offset);
    word(at + 16, 0x1000 + offset);
    word(at + 32, size);
    word(at + 40, size);
    word(at + 48, align);
  };
  header(0, [3, 0x180, 8, 1]);
  header(1, [1, 0, 0x400, 0x1000]);
  header(2, [2, 0x200, 64, 8]);
  header(3, [4, 0x190, 16, 4]);
  file.set(new TextEncoder().encode("/ld.so\0"), 0x180);
  // Dynamic section: string table, symbols, relocations and their size.
  [[5, 0x1280], [6, 0x12c0], [7, 0x1300], [8, 24]].forEach(([tag, value], i) => {
    word(0x200 + i * 16, tag ?? 0);
    word(0x208 + i * 16, value ?? 0);
  });
  file.set(new TextEncoder().encode("\0environ\0"), 0x280);
  view.setUint32(0x2c0 + 24, 1, true);
  word(0x300, TINY.slot);
  view.setUint32(0x308, machine === 62 ? 6 : 1025, true);
  view.setUint32(0x30c, 1, true);
  return file;
}
