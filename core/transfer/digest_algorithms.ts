/** The digests that are known by name. */

/** Known algorithms with the length of their values in bytes, the most telling first. */
export const DIGEST_LENGTHS: Readonly<Record<string, number>> = {
  sha512: 64,
  sha384: 48,
  sha256: 32,
  sha1: 20,
  md5: 16,
  crc32c: 4,
  crc32: 4,
  adler32: 4,
};

/** Bytes of an algorithm's value; undefined when the algorithm is not known. */
export function digestLength(algorithm: string): number | undefined {
  return Object.hasOwn(DIGEST_LENGTHS, algorithm) ? DIGEST_LENGTHS[algorithm] : undefined;
}
