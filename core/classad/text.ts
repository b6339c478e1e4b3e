/**
 * Strings of ads: bytes there, text here.
 *
 * HTCondor's strings are byte strings. Valid UTF-8 becomes the text it encodes; every byte that is
 * not part of valid UTF-8 becomes one lone surrogate, U+DC80 to U+DCFF for 0x80 to 0xFF, which no
 * valid text contains. So nothing is lost on the way through, and `String.isWellFormed()` tells.
 */

const ESCAPE_BASE = 0xdc00;
const NON_ASCII = /[^\0-\x7f]/;

/** Whether a string came from valid UTF-8, so that it may name a file or go into a URL. */
export function isWellFormedText(text: string): boolean {
  return text.isWellFormed();
}

/** Whether a string is plain ASCII, and so its own encoding. */
export function isAscii(text: string): boolean {
  return !NON_ASCII.test(text);
}

/** Bytes as a string of one character (U+0000 to U+00FF) per byte. */
export function bytesToBinary(bytes: Uint8Array): string {
  // Nearly all ads are ASCII, which the decoder handles far faster than the loop below.
  const text = new TextDecoder().decode(bytes);
  if (text.length === bytes.length && isAscii(text)) return text;
  const step = 0x2000;
  const parts: string[] = [];
  for (let at = 0; at < bytes.length; at += step) {
    parts.push(String.fromCharCode(...bytes.subarray(at, at + step)));
  }
  return parts.join("");
}

/** The bytes of a text as one character per byte; escaped bytes are restored. */
export function encodeBinary(text: string): string {
  if (isAscii(text)) return text;
  const parts: string[] = [];
  for (const character of text) {
    const code = character.codePointAt(0) ?? 0;
    parts.push(code < 0x80 ? character : encodeCodePoint(code));
  }
  return parts.join("");
}

function encodeCodePoint(code: number): string {
  if (code >= ESCAPE_BASE + 0x80 && code <= ESCAPE_BASE + 0xff) {
    return String.fromCharCode(code - ESCAPE_BASE);
  }
  // Any other lone surrogate has no encoding; U+FFFD is what TextEncoder makes of it.
  if (code >= 0xd800 && code <= 0xdfff) return "\xef\xbf\xbd";
  const tail = (shift: number): number => 0x80 | ((code >> shift) & 0x3f);
  if (code < 0x800) return String.fromCharCode(0xc0 | (code >> 6), tail(0));
  if (code < 0x10000) return String.fromCharCode(0xe0 | (code >> 12), tail(6), tail(0));
  return String.fromCharCode(0xf0 | (code >> 18), tail(12), tail(6), tail(0));
}

/** The bytes of a text; escaped bytes are restored. */
export function encodeText(text: string): Uint8Array {
  const binary = encodeBinary(text);
  return Uint8Array.from(binary, (byte) => byte.charCodeAt(0));
}

/** The text of bytes that are given as one character per byte. */
export function decodeBinary(binary: string): string {
  if (isAscii(binary)) return binary;
  const parts: string[] = [];
  let start = 0;
  for (let at = 0; at < binary.length;) {
    const byte = binary.charCodeAt(at);
    if (byte < 0x80) {
      at++;
      continue;
    }
    if (start < at) parts.push(binary.slice(start, at));
    const length = sequenceLength(binary, at);
    parts.push(
      length === 0
        ? String.fromCharCode(ESCAPE_BASE + byte)
        : String.fromCodePoint(decodeSequence(binary, at, length)),
    );
    at += Math.max(length, 1);
    start = at;
  }
  parts.push(binary.slice(start));
  return parts.join("");
}

/** Length of the valid UTF-8 sequence (RFC 3629, section 4) at a non-ASCII byte; 0 if none. */
function sequenceLength(binary: string, at: number): number {
  const first = binary.charCodeAt(at);
  const second = binary.charCodeAt(at + 1);
  const isTail = (offset: number): boolean => {
    const byte = binary.charCodeAt(at + offset);
    return byte >= 0x80 && byte <= 0xbf;
  };
  if (first >= 0xc2 && first <= 0xdf) return isTail(1) ? 2 : 0;
  if (first >= 0xe0 && first <= 0xef) {
    const low = first === 0xe0 ? 0xa0 : 0x80;
    const high = first === 0xed ? 0x9f : 0xbf;
    return second >= low && second <= high && isTail(2) ? 3 : 0;
  }
  if (first >= 0xf0 && first <= 0xf4) {
    const low = first === 0xf0 ? 0x90 : 0x80;
    const high = first === 0xf4 ? 0x8f : 0xbf;
    return second >= low && second <= high && isTail(2) && isTail(3) ? 4 : 0;
  }
  return 0;
}

function decodeSequence(binary: string, at: number, length: number): number {
  let code = binary.charCodeAt(at) & (0xff >> (length + 1));
  for (let i = 1; i < length; i++) code = (code << 6) | (binary.charCodeAt(at + i) & 0x3f);
  return code;
}

/** Whether a character is white space as C's isspace() has it. */
export function isSpace(code: number): boolean {
  return code === 0x20 || (code >= 0x09 && code <= 0x0d);
}

/** The text without white space (as C has it) at its ends. */
export function trimSpace(text: string): string {
  let start = 0;
  let end = text.length;
  while (start < end && isSpace(text.charCodeAt(start))) start++;
  while (end > start && isSpace(text.charCodeAt(end - 1))) end--;
  return text.slice(start, end);
}
