/**
 * Digests that a server states in header fields.
 *
 * A field that is malformed, or that speaks of something else than the bytes that are stored, is
 * passed over: what remains is worth comparing.
 */

import { decodeBase64 } from "./base64.ts";
import { digestLength } from "./digest_algorithms.ts";
import type { Digest } from "./scheme.ts";

/** One member of a structured dictionary: key, byte sequence or another bare item, parameters. */
const MEMBER = (() => {
  const key = "[a-z*][a-z0-9_.*-]*";
  const token = "[A-Za-z*][A-Za-z0-9!#$%&'*+.^_`|~:/-]*";
  const string = '"(?:[\\x20\\x21\\x23-\\x5b\\x5d-\\x7e]|\\\\["\\\\])*"';
  const item = `:[A-Za-z0-9+/=]*:|${string}|${token}|-?[0-9]+(?:\\.[0-9]+)?|\\?[01]`;
  return new RegExp(
    `(${key})(?:=(${item}))?(?: *; *${key}(?:=(?:${item}))?)*[ \\t]*(,[ \\t]*|$)`,
    "y",
  );
})();

/** Names of algorithms in header fields that differ from ours. */
const NAMES: Readonly<Record<string, string>> = { sha: "sha1", adler: "adler32" };

const AMAZON_SUMS = ["sha256", "sha1", "crc32c", "crc32"];

/**
 * The digests of the whole stored file that a response states: `Repr-Digest` and `Content-Digest`
 * (RFC 9530), `Digest` (RFC 3230), `Content-MD5` (RFC 1864), `x-goog-hash`, `x-amz-checksum-*`, and
 * the entity tag of an S3 store where that is an MD5.
 *
 * @param headers of a response, 200 or 206
 */
export function parseDigestHeaders(headers: Headers): Digest[] {
  const whole = !headers.has("content-range");
  const found: Digest[] = [...dictionary(headers.get("repr-digest"))];
  if (whole) found.push(...dictionary(headers.get("content-digest")));
  found.push(...instanceDigest(headers.get("digest")));
  if (whole) found.push(...digest("md5", headers.get("content-md5")));
  if (headers.has("x-goog-hash")) found.push(...googleHash(headers));
  found.push(...amazonChecksums(headers, whole));
  if (headers.has("x-amz-request-id")) found.push(...amazonTag(headers));
  if (found.length === 0) return found;
  const seen = new Map(found.map((each) => [`${each.algorithm} ${each.value}`, each]));
  return [...seen.values()];
}

/** A dictionary of byte sequences (RFC 8941, section 3.2); an error voids the whole field. */
function dictionary(field: string | null): Digest[] {
  if (field === null) return [];
  const text = field.trim();
  const members = new Map<string, Digest[]>();
  MEMBER.lastIndex = 0;
  while (MEMBER.lastIndex < text.length) {
    const match = MEMBER.exec(text);
    if (!match || (match[3] !== "" && MEMBER.lastIndex === text.length)) return [];
    const value = match[2] ?? "";
    members.set(match[1]!, value.startsWith(":") ? digest(match[1]!, value.slice(1, -1)) : []);
  }
  return [...members.values()].flat();
}

/** `algorithm=value` pairs (RFC 3230, section 4.3.2). */
function instanceDigest(field: string | null): Digest[] {
  if (field === null) return [];
  return field.split(",").flatMap((pair) => {
    const equals = pair.indexOf("=");
    return equals < 0 ? [] : digest(pair.slice(0, equals).trim(), pair.slice(equals + 1).trim());
  });
}

/** Google speaks of the stored object, which may have been unpacked on the way. */
function googleHash(headers: Headers): Digest[] {
  const stored = headers.get("x-goog-stored-content-encoding") ?? "identity";
  if (stored !== (headers.get("content-encoding") ?? "identity")) return [];
  return instanceDigest(headers.get("x-goog-hash"));
}

/** S3's own checksums; those of objects made of parts are digests of digests. */
function amazonChecksums(headers: Headers, whole: boolean): Digest[] {
  if (!whole || /composite/i.test(headers.get("x-amz-checksum-type") ?? "")) return [];
  return AMAZON_SUMS.flatMap((name) => digest(name, headers.get(`x-amz-checksum-${name}`)));
}

/**
 * The entity tag of an S3 store, which is the MD5 of an object uploaded whole, unless it was
 * encrypted with a key of the customer's or of the key service, or lies in a directory bucket.
 */
function amazonTag(headers: Headers): Digest[] {
  const tag = /^"([0-9a-f]{32})"$/.exec(headers.get("etag") ?? "")?.[1];
  const opaque = headers.has("x-amz-server-side-encryption-customer-algorithm") ||
    headers.has("x-amz-server-side-encryption-aws-kms-key-id") ||
    !/^(AES256)?$/.test(headers.get("x-amz-server-side-encryption") ?? "") ||
    /express/i.test(headers.get("x-amz-storage-class") ?? "");
  return tag === undefined || opaque ? [] : [{ algorithm: "md5", value: tag }];
}

/**
 * One stated value: base64, or hexadecimal as the grid writes its short sums, which may lack leading
 * zeros, and which XRootD may send in base64 all the same.
 */
function digest(name: string, text: string | null): Digest[] {
  if (text === null) return [];
  const plain = name.toLowerCase().replaceAll("-", "");
  const algorithm = NAMES[plain] ?? plain;
  const length = digestLength(algorithm);
  if (length === undefined) return [];
  if (length === 4 && /^[0-9A-Fa-f]{1,8}$/.test(text)) {
    return [{ algorithm, value: text.toLowerCase().padStart(8, "0") }];
  }
  if (text.length === 2 * length && /^[0-9A-Fa-f]+$/.test(text)) {
    return [{ algorithm, value: text.toLowerCase() }];
  }
  const bytes = decodeBase64(text);
  return bytes?.length === length ? [{ algorithm, value: bytes.toHex() }] : [];
}
