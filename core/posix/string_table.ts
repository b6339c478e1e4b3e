/** Lists of texts as the C library takes them. */
import { PosixError } from "./error.ts";

const EINVAL = 22;

/**
 * Texts as C has them in argv and environ: pointers, the last one null, to bytes that end in zero.
 * Both lie in one buffer, so that whoever holds the pointers holds the bytes.
 *
 * @param action for the error
 * @throws {PosixError} for a zero byte inside a text
 */
export function stringTable(
  texts: readonly Uint8Array[],
  action: string,
): Uint8Array<ArrayBuffer> {
  let at = 8 * (texts.length + 1);
  const table = new Uint8Array(texts.reduce((sum, { length }) => sum + length + 1, at));
  const pointers = new BigUint64Array(table.buffer, 0, texts.length + 1);
  const address = BigInt(Deno.UnsafePointer.value(Deno.UnsafePointer.of(table)));
  texts.forEach((text, i) => {
    if (text.includes(0)) throw new PosixError(EINVAL, action);
    pointers[i] = address + BigInt(at);
    table.set(text, at);
    at += text.length + 1;
  });
  return table;
}
