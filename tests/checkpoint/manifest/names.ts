/** Names of files: odd ones, any ones, and files that have them. */
import fc from "fast-check";
import { joinBytes } from "../../../core/checkpoint/manifest/answer.ts";

/** A checksum of no particular file. */
export const SOME_CHECKSUM = "0123456789abcdef".repeat(4);

/** Names as bytes, the odd ones likelier than by chance: all but those with a zero byte. */
export const anyName: fc.Arbitrary<Uint8Array<ArrayBuffer>> = fc.array(
  fc.oneof(
    fc.constantFrom("\n", " ", "\r", "\t", "*", "/", "..", ".", "a", "é", SOME_CHECKSUM),
    fc.uint8Array({ min: 1, maxLength: 3 }),
  ),
  { minLength: 1, maxLength: 8 },
).map((parts) => joinBytes(...parts)).filter((name) => name.length > 0);

/** Whether a name holds what cannot be told from the beginning of another record. */
export function isAmbiguous(name: Uint8Array): boolean {
  return /\n[0-9a-f]{64} /i.test(new TextDecoder("latin1").decode(name));
}

/** A name that is no text. */
export const NOT_UTF_8 = new Uint8Array([0x66, 0xff, 0xfe, 0x2e, 0xc3]);

const SYMBOLS = {
  close: { parameters: ["i32"], result: "i32" },
  creat: { parameters: ["buffer", "u32"], result: "i32" },
  mkdir: { parameters: ["buffer", "u32"], result: "i32" },
  write: { parameters: ["i32", "buffer", "usize"], result: "isize" },
} as const;

function libc() {
  return Deno.dlopen("libc.so.6", SYMBOLS).symbols;
}

/** Writes a file whose path the runtime may not be able to name. */
export function writeFile(path: Uint8Array, content: Uint8Array<ArrayBuffer>): void {
  const { close, creat, write } = libc();
  const fd = creat(joinBytes(path, "\0"), 0o644);
  const written = fd < 0 ? -1 : Number(write(fd, content, BigInt(content.length)));
  if (fd >= 0) close(fd);
  if (written !== content.length) throw new Error(`Cannot write ${path}`);
}

/** Makes a directory likewise. */
export function makeDirectory(path: Uint8Array): void {
  if (libc().mkdir(joinBytes(path, "\0"), 0o755) !== 0) throw new Error(`Cannot make ${path}`);
}
