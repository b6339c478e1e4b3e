/** SHA-256 (FIPS 180-4), in lower-case hexadecimal digits. */
import type { Hash } from "node:crypto";

/** Buffers beyond this are not handed to Web Crypto, which copies them. */
const SMALL = 1024 * 1024;

/** What bytes are read from, piece by piece. */
export interface ByteSource {
  /** Bytes it has, as far as is known. */
  readonly size: number;
  /** Reads some bytes into a buffer; how many, or null at the end. */
  read(buffer: Uint8Array): Promise<number | null>;
}

/** A hash to be fed piece by piece. Loads a module that costs some start-up time. */
export async function newSha256(): Promise<Hash> {
  const { createHash } = await import("node:crypto");
  return createHash("sha256");
}

/** The hash of a buffer. */
export async function sha256(bytes: Uint8Array<ArrayBuffer>): Promise<string> {
  if (bytes.length > SMALL) return (await newSha256()).update(bytes).digest("hex");
  return new Uint8Array(await crypto.subtle.digest("SHA-256", bytes)).toHex();
}

/** The hash of all that a source has: small ones at once, which does not keep this thread. */
export async function sha256Of(source: ByteSource): Promise<string> {
  const buffer = new Uint8Array(Math.max(Math.min(source.size + 1, SMALL), 4096));
  let filled = await fill(source, buffer);
  if (filled < buffer.length) return await sha256(buffer.subarray(0, filled));
  const hash = await newSha256();
  while (filled > 0) {
    hash.update(buffer.subarray(0, filled));
    filled = await fill(source, buffer);
  }
  return hash.digest("hex");
}

/** Reads until a buffer is full or nothing is left. */
async function fill(source: ByteSource, buffer: Uint8Array): Promise<number> {
  let filled = 0;
  while (filled < buffer.length) {
    const n = await source.read(buffer.subarray(filled));
    if (n === null) break;
    filled += n;
  }
  return filled;
}
