/**
 * CRC-32C (Castagnoli; RFC 3720, appendix B.4), which the platform does not offer.
 *
 * Eight tables let the loop take eight bytes a turn.
 */

/** The polynomial, bits reversed. */
const POLYNOMIAL = 0x82f63b78;

const TABLES = makeTables();

/**
 * Continues a CRC-32C over more bytes.
 *
 * @param previous the result for the bytes before, 0 at the start
 * @returns the value as an unsigned integer of 32 bits
 */
export function crc32c(bytes: Uint8Array, previous = 0): number {
  const t = TABLES;
  const words = bytes.length - bytes.length % 8;
  let crc = ~previous;
  let i = 0;
  while (i < words) {
    crc ^= bytes[i]! | bytes[i + 1]! << 8 | bytes[i + 2]! << 16 | bytes[i + 3]! << 24;
    crc = t[0x700 | (crc & 0xff)]! ^ t[0x600 | (crc >>> 8 & 0xff)]! ^
      t[0x500 | (crc >>> 16 & 0xff)]! ^ t[0x400 | (crc >>> 24)]! ^
      t[0x300 | bytes[i + 4]!]! ^ t[0x200 | bytes[i + 5]!]! ^
      t[0x100 | bytes[i + 6]!]! ^ t[bytes[i + 7]!]!;
    i += 8;
  }
  for (; i < bytes.length; i++) crc = t[(crc ^ bytes[i]!) & 0xff]! ^ crc >>> 8;
  return ~crc >>> 0;
}

/** Table k, at k * 256, holds the effect of a byte followed by k zero bytes. */
function makeTables(): Int32Array {
  const tables = new Int32Array(8 * 256);
  for (let byte = 0; byte < 256; byte++) {
    let crc = byte;
    for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? crc >>> 1 ^ POLYNOMIAL : crc >>> 1;
    tables[byte] = crc;
  }
  for (let i = 256; i < tables.length; i++) {
    const before = tables[i - 256]!;
    tables[i] = tables[before & 0xff]! ^ before >>> 8;
  }
  return tables;
}
