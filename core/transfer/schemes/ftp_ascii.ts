/** Line ends of text files: LF here, CR LF on the wire (RFC 959, section 3.1.1.1). */

const CR = 0x0d;
const LF = 0x0a;

/**
 * Makes a converter of received text: each CR LF becomes LF, also where the two come in different
 * chunks; a CR alone stays. The last call flushes.
 */
export function fromNetworkText(): (bytes: Uint8Array, last: boolean) => Uint8Array {
  let pending = false;
  return (bytes, last) => {
    const out = new Uint8Array(bytes.length + 1);
    let length = 0;
    for (const byte of bytes) {
      if (pending && byte !== LF) out[length++] = CR;
      pending = byte === CR;
      if (!pending) out[length++] = byte;
    }
    if (last && pending) {
      out[length++] = CR;
      pending = false;
    }
    return out.subarray(0, length);
  };
}

/** Makes a converter of text to be sent: each LF that follows no CR becomes CR LF. */
export function toNetworkText(): (bytes: Uint8Array) => Uint8Array {
  let before = 0;
  return (bytes) => {
    const out = new Uint8Array(2 * bytes.length);
    let length = 0;
    for (const byte of bytes) {
      if (byte === LF && before !== CR) out[length++] = CR;
      out[length++] = byte;
      before = byte;
    }
    return out.subarray(0, length);
  };
}
