/** Digest headers as servers send them, right or wrong. */

import { createHash } from "node:crypto";

/** The digest headers the fault server can send. */
export type DigestName =
  | "Repr-Digest"
  | "Content-Digest"
  | "Digest"
  | "Content-MD5"
  | "x-goog-hash";

/** What the digests are of. */
export interface DigestedBytes {
  /** The whole file: `Repr-Digest`, `Digest` and `x-goog-hash` are of it (RFC 9530, RFC 3230). */
  readonly whole: Uint8Array;
  /** The bytes in this answer: `Content-Digest` and `Content-MD5` are of them; default: the whole. */
  readonly part?: Uint8Array;
}

/**
 * Makes digest headers for an answer.
 *
 * @example
 * const headers = digestHeaders(["Repr-Digest"], { whole: bytes });
 */
export function digestHeaders(
  names: readonly DigestName[],
  { whole, part = whole }: DigestedBytes,
): Record<string, string> {
  const makers: Record<DigestName, () => string> = {
    "Repr-Digest": () => `sha-256=:${digest("sha256", whole)}:`,
    "Content-Digest": () => `sha-256=:${digest("sha256", part)}:`,
    "Digest": () => `SHA-256=${digest("sha256", whole)}`,
    "Content-MD5": () => digest("md5", part),
    "x-goog-hash": () => `crc32c=${crc32c(whole)},md5=${digest("md5", whole)}`,
  };
  return Object.fromEntries(names.map((name) => [name, makers[name]()]));
}

function digest(algorithm: string, bytes: Uint8Array): string {
  return createHash(algorithm).update(bytes).digest("base64");
}

/** CRC-32C (Castagnoli, RFC 9260 appendix A) in base64, bit by bit: slow and plainly right. */
export function crc32c(bytes: Uint8Array): string {
  let crc = 0xffffffff;
  for (const byte of bytes) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit++) crc = (crc >>> 1) ^ (crc & 1 ? 0x82f63b78 : 0);
  }
  const value = new DataView(new ArrayBuffer(4));
  value.setUint32(0, ~crc >>> 0);
  return btoa(String.fromCharCode(...new Uint8Array(value.buffer)));
}
