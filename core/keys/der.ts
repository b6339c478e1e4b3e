/**
 * DER, as far as keys need it (X.690, 8 and 10): definite lengths in their shortest form, one-octet
 * tags, bounded size and depth. Whatever else BER allows is refused.
 */
import { concat } from "../std/bytes.ts";
import { KeyError } from "./error.ts";

/** One value. */
export interface Der {
  /** The whole identifier octet, e.g. 0x30 for a SEQUENCE. */
  readonly tag: number;
  /** The content octets. */
  readonly content: Uint8Array<ArrayBuffer>;
  /** The values in it; those of a constructed one only. */
  readonly children?: readonly Der[];
}

/** Tags by name; `context` ones are constructed. */
export const TAG = {
  integer: 0x02,
  bitString: 0x03,
  octetString: 0x04,
  null: 0x05,
  oid: 0x06,
  sequence: 0x30,
  context0: 0xa0,
  context1: 0xa1,
  /** `[1] IMPLICIT BIT STRING` of RFC 5958. */
  implicit1: 0x81,
} as const;

const CONSTRUCTED = 0x20;

/** Most octets taken; an RSA key of 8192 bits has less than 5000. */
const LARGEST = 64 * 1024;
/** Deepest nesting taken; a key has four levels. */
const DEEPEST = 8;

/**
 * Takes one value apart.
 *
 * @param bytes the value and nothing else
 * @throws {KeyError} `bad-der`, or `trailing-data` when octets follow the value
 */
export function parseDer(bytes: Uint8Array<ArrayBuffer>): Der {
  if (bytes.length > LARGEST) {
    throw new KeyError("too-large", `${bytes.length} octets of DER are more than ${LARGEST}`);
  }
  const { value, end } = parseAt(bytes, 0, 1);
  if (end !== bytes.length) {
    const rest = bytes.length - end;
    throw new KeyError("trailing-data", `${rest} octets follow the end of the key's structure`);
  }
  return value;
}

function parseAt(
  bytes: Uint8Array<ArrayBuffer>,
  start: number,
  depth: number,
): { value: Der; end: number } {
  if (depth > DEEPEST) throw bad(`its DER is nested deeper than ${DEEPEST} levels`);
  const tag = bytes[start];
  if (tag === undefined || bytes[start + 1] === undefined) throw truncated();
  if ((tag & 0x1f) === 0x1f) throw bad("its DER has a tag of several octets");
  const { length, at } = readLength(bytes, start + 1);
  const end = at + length;
  if (end > bytes.length) throw truncated();
  const content = bytes.subarray(at, end);
  if ((tag & CONSTRUCTED) === 0) return { value: { tag, content }, end };
  const children: Der[] = [];
  for (let next = 0; next < content.length;) {
    const child = parseAt(content, next, depth + 1);
    children.push(child.value);
    next = child.end;
  }
  return { value: { tag, content, children }, end };
}

function readLength(bytes: Uint8Array, start: number): { length: number; at: number } {
  const first = bytes[start]!;
  if (first < 0x80) return { length: first, at: start + 1 };
  const count = first & 0x7f;
  if (count === 0) throw bad("its DER has an indefinite length");
  if (count > 3) throw truncated();
  let length = 0;
  for (let i = 1; i <= count; i++) {
    const octet = bytes[start + i];
    if (octet === undefined) throw truncated();
    length = length * 256 + octet;
  }
  if (length < 0x80 || bytes[start + 1] === 0) throw bad("its DER has a length in a longer form");
  return { length, at: start + 1 + count };
}

/**
 * Puts a value together.
 *
 * @param tag the identifier octet
 * @param parts what its content is made of, e.g. printed values
 */
export function printDer(tag: number, ...parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const length = parts.reduce((sum, part) => sum + part.length, 0);
  const octets: number[] = [];
  for (let rest = length; rest > 0; rest = Math.floor(rest / 256)) octets.unshift(rest % 256);
  const head = length < 0x80 ? [tag, length] : [tag, 0x80 | octets.length, ...octets];
  return concat([Uint8Array.from(head), ...parts]);
}

/**
 * The values in a SEQUENCE.
 *
 * @throws {KeyError} `bad-der` when it is none
 */
export function sequenceOf(value: Der | undefined): readonly Der[] {
  return contentOf(value, TAG.sequence).children ?? [];
}

/**
 * A value that has to be there, with a certain tag.
 *
 * @throws {KeyError} `bad-der`
 */
export function contentOf(value: Der | undefined, tag: number): Der {
  if (value?.tag !== tag) throw bad("its DER is not the structure of a key");
  return value;
}

/**
 * The octets of an INTEGER that is not negative, without leading zeros; none for zero.
 *
 * @throws {KeyError} `bad-der`
 */
export function magnitudeOf(value: Der | undefined): Uint8Array<ArrayBuffer> {
  const { content } = contentOf(value, TAG.integer);
  const [first, second] = content;
  if (first === undefined || first >= 0x80) throw bad("its DER has a negative number");
  if (first === 0 && second !== undefined && second < 0x80) {
    throw bad("its DER has a number in a longer form");
  }
  return first === 0 ? content.subarray(1) : content;
}

/** Prints an INTEGER that is not negative, from its octets. */
export function printInteger(octets: Uint8Array): Uint8Array<ArrayBuffer> {
  const start = octets.findIndex((octet) => octet !== 0);
  const digits = start < 0 ? new Uint8Array() : octets.subarray(start);
  const sign = (digits[0] ?? 0x80) >= 0x80 ? [0] : [];
  return printDer(TAG.integer, Uint8Array.from(sign), digits);
}

/**
 * The octets of a BIT STRING that is made of whole octets.
 *
 * @throws {KeyError} `bad-der`
 */
export function bitsOf(
  value: Der | undefined,
  tag: number = TAG.bitString,
): Uint8Array<ArrayBuffer> {
  const { content } = contentOf(value, tag);
  if (content[0] !== 0) throw bad("its DER has a bit string that does not end with an octet");
  return content.subarray(1);
}

/** Prints a BIT STRING of whole octets. */
export function printBits(octets: Uint8Array): Uint8Array<ArrayBuffer> {
  return printDer(TAG.bitString, Uint8Array.of(0), octets);
}

/**
 * The text of an OBJECT IDENTIFIER, e.g. `1.2.840.10045.2.1`.
 *
 * @throws {KeyError} `bad-der`
 */
export function oidOf(value: Der | undefined): string {
  const { content } = contentOf(value, TAG.oid);
  const wrong = () => bad("its DER has an object identifier that is none");
  if (content.length === 0 || content.length > 32 || content.at(-1)! >= 0x80) throw wrong();
  const arcs: bigint[] = [];
  let arc = 0n;
  let isFirst = true;
  for (const octet of content) {
    if (isFirst && octet === 0x80) throw wrong();
    arc = (arc << 7n) | BigInt(octet & 0x7f);
    isFirst = octet < 0x80;
    if (!isFirst) continue;
    arcs.push(arc);
    arc = 0n;
  }
  const [head = 0n, ...rest] = arcs;
  const top = head < 80n ? head / 40n : 2n;
  return [top, head - top * 40n, ...rest].join(".");
}

/** Prints an OBJECT IDENTIFIER from its text. */
export function printOid(text: string): Uint8Array<ArrayBuffer> {
  const [top = 0n, second = 0n, ...rest] = text.split(".").map(BigInt);
  const octets = [top * 40n + second, ...rest].flatMap((arc) => {
    const groups = [Number(arc & 0x7fn)];
    for (let left = arc >> 7n; left > 0n; left >>= 7n) groups.unshift(Number(left & 0x7fn) | 0x80);
    return groups;
  });
  return printDer(TAG.oid, Uint8Array.from(octets));
}

function bad(state: string): KeyError {
  return new KeyError("bad-der", state);
}

function truncated(): KeyError {
  return bad("its DER ends too early");
}
