/** What the files of the demonstration hold. */

import { Buffer } from "node:buffer";
import { createHash } from "node:crypto";

/** Most bytes that one call to the cryptographic generator gives. */
const BLOCK = 65536;

/** Words as bytes. */
export function text(words: string): Uint8Array<ArrayBuffer> {
  return new TextEncoder().encode(words);
}

/** Random bytes, so that no misplaced part can pass for the right one. */
export function noise(size: number): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(size);
  for (let at = 0; at < size; at += BLOCK) crypto.getRandomValues(bytes.subarray(at, at + BLOCK));
  return bytes;
}

/** The header field that states a content's digest (RFC 9530). */
export function digestOf(content: Uint8Array): { "repr-digest": string } {
  const value = createHash("sha256").update(content).digest("base64");
  return { "repr-digest": `sha-256=:${value}:` };
}

/** Whether both hold the same bytes, or neither is there. */
export function sameBytes(a: Uint8Array | undefined, b: Uint8Array | undefined): boolean {
  if (a === undefined || b === undefined) return a === b;
  return Buffer.compare(a, b) === 0;
}
