/** Percent-encoding as AWS signs it (RFC 3986, section 2.3): the same on the wire and in a signature. */

const SLASH = 0x2f;
const encoder = new TextEncoder();

/** How each byte is written: itself if unreserved, else `%XX`. */
const WRITTEN = Array.from({ length: 256 }, (_, byte) => {
  const text = String.fromCharCode(byte);
  return /[A-Za-z0-9._~-]/.test(text)
    ? text
    : `%${byte.toString(16).toUpperCase().padStart(2, "0")}`;
});

/** A path of S3: every segment encoded, slashes kept, nothing normalised. */
export function encodePath(path: Uint8Array | string): string {
  let written = "";
  for (const byte of bytesOf(path)) written += byte === SLASH ? "/" : WRITTEN[byte];
  return written;
}

/** A name or value of a query. */
export function encodeValue(value: string): string {
  let written = "";
  for (const byte of encoder.encode(value)) written += WRITTEN[byte];
  return written;
}

/** A query in the order in which it is signed. */
export function encodeQuery(query: Readonly<Record<string, string>>): string {
  return Object.entries(query)
    .map(([name, value]) => [encodeValue(name), encodeValue(value)] as const)
    .sort(([a, x], [b, y]) => a < b ? -1 : a > b ? 1 : x < y ? -1 : 1)
    .map((pair) => pair.join("="))
    .join("&");
}

function bytesOf(data: Uint8Array | string): Uint8Array {
  return typeof data === "string" ? encoder.encode(data) : data;
}
