/** Percent-encoding (RFC 3986, section 2.1) by bytes. */

const PERCENT = 0x25;
const HEX = "0123456789ABCDEF";

/** The bytes behind a percent-encoded text; what is not an escape stands for itself. */
export function percentDecode(text: string | Uint8Array): Uint8Array<ArrayBuffer> {
  const bytes = typeof text === "string" ? new TextEncoder().encode(text) : new Uint8Array(text);
  let length = 0;
  for (let i = 0; i < bytes.length; i++, length++) {
    const byte = bytes[i]!;
    const high = byte === PERCENT ? hexDigit(bytes[i + 1]) : -1;
    const low = high < 0 ? -1 : hexDigit(bytes[i + 2]);
    bytes[length] = low < 0 ? byte : high * 16 + low;
    if (low >= 0) i += 2;
  }
  return bytes.slice(0, length);
}

/**
 * Bytes as the target of a request has to have them: visible ASCII as it is, `%` included, all else
 * percent-encoded. This is what libcurl does to a URL.
 */
export function sendable(text: string | Uint8Array): string {
  const bytes = typeof text === "string" ? new TextEncoder().encode(text) : text;
  let encoded = "";
  for (const byte of bytes) {
    encoded += byte > 0x20 && byte < 0x7f
      ? String.fromCharCode(byte)
      : `%${HEX[byte >> 4]}${HEX[byte & 15]}`;
  }
  return encoded;
}

function hexDigit(byte: number | undefined): number {
  if (byte === undefined) return -1;
  if (byte >= 0x30 && byte <= 0x39) return byte - 0x30;
  const letter = byte | 0x20;
  return letter >= 0x61 && letter <= 0x66 ? letter - 0x57 : -1;
}
