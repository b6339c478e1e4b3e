/** SHA-256 (FIPS 180-4), in lower-case hexadecimal digits. */
import type { Hash } from "node:crypto";

/** Buffers beyond this are not handed to Web Crypto, which copies them. */
const SMALL = 4 * 1024 * 1024;

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
