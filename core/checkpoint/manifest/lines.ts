/**
 * Lines of a MANIFEST: 64 hexadecimal digits of SHA-256, a blank, `*`, the file's name, as
 * `sha256sum --binary` writes them. All of it is bytes; names need not be UTF-8.
 */

/** Line feed. */
export const LF = 0x0a;
const BLANK = 0x20;
const ASTERISK = 0x2a;

/** Bytes of a checksum in a line. */
export const CHECKSUM_LENGTH = 64;

const encoder = new TextEncoder();

/** The checksum in a line: everything before the first blank, else the whole line. */
export function checksumFromLine(line: Uint8Array): Uint8Array {
  const blank = line.indexOf(BLANK);
  return blank < 0 ? line : line.subarray(0, blank);
}

/** The name in a line: everything after the first blank less one `*`; empty without a blank. */
export function fileFromLine(line: Uint8Array): Uint8Array {
  const blank = line.indexOf(BLANK);
  if (blank < 0) return line.subarray(line.length);
  return line.subarray(line[blank + 1] === ASTERISK ? blank + 2 : blank + 1);
}

/** A line without white space (C's `isspace`) at both ends, which is how upstream reads it. */
export function trimLine(line: Uint8Array): Uint8Array {
  let start = 0;
  let end = line.length;
  while (start < end && isSpace(line[start]!)) start++;
  while (end > start && isSpace(line[end - 1]!)) end--;
  return line.subarray(start, end);
}

function isSpace(byte: number): boolean {
  return byte === BLANK || (byte >= 0x09 && byte <= 0x0d);
}

/** The byte after the line that begins at an offset, its line feed included. */
export function endOfLine(bytes: Uint8Array, start: number): number {
  const end = bytes.indexOf(LF, start);
  return end < 0 ? bytes.length : end + 1;
}

/** Where the last line begins. */
export function startOfLastLine(bytes: Uint8Array): number {
  return bytes.length < 2 ? 0 : bytes.lastIndexOf(LF, bytes.length - 2) + 1;
}

/** A line without its line feed. */
export function withoutLineFeed(line: Uint8Array): Uint8Array {
  return line.at(-1) === LF ? line.subarray(0, -1) : line;
}

/** 1 for the bytes that are hexadecimal digits. */
const HEX_DIGITS = new Uint8Array(256);
for (const digit of encoder.encode("0123456789abcdefABCDEF")) HEX_DIGITS[digit] = 1;

/** How many bytes from an offset on are hexadecimal digits, 64 at most. */
export function countHexDigits(bytes: Uint8Array, start: number): number {
  const end = Math.min(start + CHECKSUM_LENGTH, bytes.length);
  let at = start;
  while (at < end && HEX_DIGITS[bytes[at]!] === 1) at++;
  return at - start;
}

/** Whether a record begins at an offset: 64 hexadecimal digits and a blank. */
export function isRecordStart(bytes: Uint8Array, start: number): boolean {
  return bytes[start + CHECKSUM_LENGTH] === BLANK &&
    countHexDigits(bytes, start) === CHECKSUM_LENGTH;
}

/** The line for a file. */
export function makeLine(checksum: string, name: Uint8Array): Uint8Array<ArrayBuffer> {
  const line = new Uint8Array(CHECKSUM_LENGTH + 3 + name.length);
  encoder.encodeInto(`${checksum} *`, line);
  line.set(name, CHECKSUM_LENGTH + 2);
  line[line.length - 1] = LF;
  return line;
}
