/** Base64 in the forms that URLs and header fields use. */

/**
 * Decodes base64 (RFC 4648, sections 4 and 5): either alphabet, padding complete or left
 * out, blanks and line ends anywhere.
 *
 * @returns undefined when the text is not base64
 */
export function decodeBase64(text: string): Uint8Array<ArrayBuffer> | undefined {
  try {
    const alphabet = /[_-]/.test(text) ? "base64url" : "base64";
    return Uint8Array.fromBase64(text, { alphabet });
  } catch {
    return undefined;
  }
}
