/** Base64 in the forms that URLs and header fields use. */
import { Buffer } from "node:buffer";

/**
 * Decodes base64 (RFC 4648, sections 4 and 5): either alphabet, padding complete or left out.
 *
 * @returns undefined when the text is not base64
 */
export function decodeBase64(text: string): Uint8Array<ArrayBuffer> | undefined {
  if (!/^[A-Za-z0-9+/_-]*={0,2}$/.test(text)) return undefined;
  const padding = text.length - text.replace(/=+$/, "").length;
  if (padding > 0 ? text.length % 4 !== 0 : text.length % 4 === 1) return undefined;
  return new Uint8Array(Buffer.from(text, "base64"));
}
