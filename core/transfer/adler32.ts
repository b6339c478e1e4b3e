/** Adler-32 (RFC 1950, section 8.2), which the platform does not offer. */

/** The largest prime below 2^16. */
const BASE = 65521;

/** Bytes after which the sums must be reduced to stay below 2^32 (RFC 1950, section 9). */
const RUN = 5552;

/**
 * Continues an Adler-32 over more bytes.
 *
 * @param previous the result for the bytes before, 1 at the start
 * @returns the value as an unsigned integer of 32 bits
 */
export function adler32(bytes: Uint8Array, previous = 1): number {
  let a = previous & 0xffff;
  let b = previous >>> 16;
  for (let i = 0; i < bytes.length;) {
    const end = Math.min(i + RUN, bytes.length);
    for (; i < end; i++) {
      a += bytes[i]!;
      b += a;
    }
    a %= BASE;
    b %= BASE;
  }
  return (b << 16 | a) >>> 0;
}
