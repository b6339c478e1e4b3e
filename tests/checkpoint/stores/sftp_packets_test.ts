import { assertEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import {
  LARGEST_PACKET,
  PACKET,
  PacketReader,
  PacketSplitter,
  printPacket,
  SftpProtocolError,
} from "../../../core/checkpoint/stores/sftp_packets.ts";

const bytes = fc.uint8Array({ maxLength: 200 });

Deno.test("PacketSplitter finds packets however they are cut", () => {
  fc.assert(fc.property(
    fc.array(bytes, { maxLength: 10 }),
    fc.integer({ min: 1, max: 40 }),
    (texts, size) => {
      const stream = texts.flatMap((text, i) => [...printPacket(PACKET.REMOVE, i, text)]);
      const splitter = new PacketSplitter();
      const found: PacketReader[] = [];
      for (let at = 0; at < stream.length; at += size) {
        const part = Uint8Array.from(stream.slice(at, at + size));
        found.push(...splitter.add(part).map((packet) => new PacketReader(packet.slice())));
      }
      assertEquals(found.map(({ type }) => type), texts.map(() => PACKET.REMOVE));
      assertEquals(
        found.map((reader) => [reader.number(), reader.bytes()]),
        texts.map((text, i) => [i, text]),
      );
    },
  ));
});

Deno.test("PacketSplitter refuses lengths that no server means", () => {
  for (const length of [0, LARGEST_PACKET + 1, 0xffffffff, 0x57656c63]) {
    const data = new Uint8Array(4);
    new DataView(data.buffer).setUint32(0, length);
    assertThrows(() => new PacketSplitter().add(data), SftpProtocolError, `${length} bytes`);
  }
});

Deno.test("PacketReader throws nothing but its own error, whatever it reads", () => {
  fc.assert(fc.property(bytes, (packet) => {
    for (const read of ["number", "bytes", "kind", "entries"] as const) {
      try {
        new PacketReader(packet)[read]();
      } catch (error) {
        if (!(error instanceof SftpProtocolError)) throw error;
      }
    }
  }));
});

/** A NAME packet of one entry, with a mode after all other attributes that can come before it. */
function namePacket(name: string, mode: number): Uint8Array {
  const text = (value: string) => [0, 0, 0, value.length, ...new TextEncoder().encode(value)];
  const attributes = [0x80, 0, 0, 0xf, ...Array(16).fill(9), 0, 0, mode >> 8, mode & 0xff];
  const extended = [...Array(8).fill(9), 0, 0, 0, 1, ...text("a@b"), ...text("c")];
  return Uint8Array.from([
    ...[PACKET.NAME, 0, 0, 0, 1, ...text(name), ...text("ls -l")],
    ...[...attributes, ...extended],
  ]);
}

Deno.test("entries() tells directories, links and other files apart", () => {
  const kinds = [0o040755, 0o120777, 0o100644, 0].map((mode) =>
    new PacketReader(namePacket("a", mode)).entries()[0]?.kind
  );
  assertEquals(kinds, ["directory", "link", "other", "unknown"]);
});

Deno.test("entries() leaves out dots and refuses what is no name", () => {
  assertEquals(
    ["...", ".", ".."].map((name) => new PacketReader(namePacket(name, 0)).entries().length),
    [1, 0, 0],
  );
  for (const name of ["", "a/b", "../x", "a\0"]) {
    assertThrows(() => new PacketReader(namePacket(name, 0)).entries(), SftpProtocolError);
  }
});
