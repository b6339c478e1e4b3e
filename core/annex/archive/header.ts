/** Headers of tar members: ustar (POSIX.1-2001, pax) and GNU's. */

import { archiveError } from "./error.ts";

/** Bytes of a header; contents are filled up to a multiple of it. */
export const BLOCK = 512;

/** What a header stands for; the last four only extend the headers after them. */
export type HeaderType =
  | "file"
  | "directory"
  | "pax"
  | "pax-global"
  | "long-name"
  | "long-link";

/** A header of a member. */
export interface Header {
  /** As it stands there, not checked. */
  readonly name: Uint8Array;
  readonly type: HeaderType;
  /** Permissions; nothing where the field is empty. */
  readonly mode: number | undefined;
  /** Bytes of content that follow. */
  readonly size: number;
}

/** Where fields begin and end. */
const NAME = [0, 100] as const;
const MODE = [100, 108] as const;
const SIZE = [124, 136] as const;
const CHECKSUM = [148, 156] as const;
const TYPE = 156;
const MAGIC = [257, 265] as const;
const PREFIX = [345, 500] as const;

const POSIX = "ustar\x0000";
const GNU = "ustar  \0";

const TYPES: Readonly<Record<string, HeaderType>> = {
  "0": "file",
  "\0": "file",
  // A file in one piece on disks that know such a thing; nowhere else different.
  "7": "file",
  "5": "directory",
  "x": "pax",
  "g": "pax-global",
  "L": "long-name",
  "K": "long-link",
};

/** What other types are, for messages. */
const REFUSED: Readonly<Record<string, string>> = {
  "1": "a hard link",
  "2": "a symbolic link",
  "3": "a character device",
  "4": "a block device",
  "6": "a FIFO",
  "S": "a sparse file",
  "D": "a directory's listing",
  "M": "a part of a file",
};

/** Whether a block is one of the two that end an archive. */
export function isZero(block: Uint8Array): boolean {
  return block.every((byte) => byte === 0);
}

/**
 * Reads a header.
 *
 * @param block its 512 bytes
 * @throws {AnnexError} for a wrong sum, an unknown format, and members that are no files
 */
export function parseHeader(block: Uint8Array): Header {
  const expected = octal(block, CHECKSUM);
  if (expected !== checksum(block)) throw archiveError("a header's checksum is wrong");
  const magic = text(block.subarray(...MAGIC));
  if (magic !== POSIX && magic !== GNU) throw archiveError("a header is of an unknown format");
  const short = field(block, NAME);
  // GNU's headers have times in the place of the prefix.
  const prefix = magic === POSIX ? field(block, PREFIX) : new Uint8Array();
  const name = prefix.length === 0 ? short : joined(prefix, short);
  const flag = String.fromCharCode(block[TYPE]!);
  const type = Object.hasOwn(TYPES, flag) ? TYPES[flag] : undefined;
  if (type === undefined) {
    const what = REFUSED[flag] ?? `of type ${shown(flag)}`;
    throw archiveError(`member ${shown(name)} is ${what}`);
  }
  const size = octal(block, SIZE);
  if (size === undefined) throw archiveError(`the size of member ${shown(name)} is no number`);
  const mode = isEmpty(block.subarray(...MODE)) ? undefined : octal(block, MODE);
  if (mode === undefined && !isEmpty(block.subarray(...MODE))) {
    throw archiveError(`the mode of member ${shown(name)} is no number`);
  }
  return { name, type, mode, size };
}

/** A name from an archive as a message may have it: quoted, escaped and of bounded length. */
export function shown(name: Uint8Array | string): string {
  const whole = typeof name === "string" ? name : new TextDecoder().decode(name);
  const short = whole.length > 100 ? `${whole.slice(0, 100)}...` : whole;
  return JSON.stringify(short).replace(
    /[\u007f-\u009f\u200b-\u200f\u2028-\u202e\u2066-\u2069\ufeff]/g,
    (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}

/** The sum of a header's bytes, those of the sum itself taken for spaces. */
function checksum(block: Uint8Array): number {
  let sum = 0;
  for (let i = 0; i < BLOCK; i++) {
    sum += i >= CHECKSUM[0] && i < CHECKSUM[1] ? 0x20 : block[i]!;
  }
  return sum;
}

/** A text field, to its first zero byte. */
function field(block: Uint8Array, [from, to]: readonly [number, number]): Uint8Array {
  const bytes = block.slice(from, to);
  const end = bytes.indexOf(0);
  return end < 0 ? bytes : bytes.subarray(0, end);
}

/** A number field; nothing for one that is none, and for GNU's binary ones, which are far too big. */
function octal(block: Uint8Array, [from, to]: readonly [number, number]): number | undefined {
  const digits = /^ *([0-7]+)[ \0]*$/.exec(text(block.subarray(from, to)))?.[1];
  return digits === undefined ? undefined : Number.parseInt(digits, 8);
}

function isEmpty(bytes: Uint8Array): boolean {
  return bytes.every((byte) => byte === 0 || byte === 0x20);
}

function text(bytes: Uint8Array): string {
  return String.fromCharCode(...bytes);
}

function joined(prefix: Uint8Array, name: Uint8Array): Uint8Array {
  const whole = new Uint8Array(prefix.length + 1 + name.length);
  whole.set(prefix);
  whole[prefix.length] = 0x2f;
  whole.set(name, prefix.length + 1);
  return whole;
}
