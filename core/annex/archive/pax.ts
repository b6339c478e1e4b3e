/** Records of pax extended headers (POSIX.1-2017, pax, "pax Extended Header"). */

import { archiveError } from "./error.ts";

/** What counts of the records that extend a member. */
export interface PaxRecords {
  readonly path?: Uint8Array;
  readonly size?: number;
}

const SPACE = 0x20;
const EQUALS = 0x3d;
const NEWLINE = 0x0a;

/** Sparse files of GNU tar and of star: what follows is not the file's content. */
const SPARSE = /^(?:GNU\.sparse\.|SCHILY\.(?:realsize$|filetype$))/;

/**
 * Reads the records of one extended header; of two with one name the later counts. Owners, times and
 * attributes are passed over.
 *
 * @param data the header's content
 * @throws {AnnexError} for what is no list of records, and for those of sparse files
 */
export function parsePax(data: Uint8Array): PaxRecords {
  let path: Uint8Array | undefined;
  let size: number | undefined;
  for (let at = 0; at < data.length;) {
    const { key, value, end } = parseRecord(data, at);
    at = end;
    if (SPARSE.test(key)) throw archiveError("a member is a sparse file");
    if (key === "path") path = value.length === 0 ? undefined : value;
    if (key === "size") size = parseSize(value);
  }
  return { ...(path && { path }), ...(size !== undefined && { size }) };
}

/** A record is its own length in decimal, a space, a name, `=`, a value and a newline. */
function parseRecord(
  data: Uint8Array,
  at: number,
): { readonly key: string; readonly value: Uint8Array; readonly end: number } {
  const space = data.indexOf(SPACE, at);
  const digits = space < 0 || space - at > 10 ? "" : latin(data.subarray(at, space));
  const end = at + Number(/^[1-9]\d*$/.test(digits) ? digits : Number.NaN);
  // A NaN passes no comparison.
  if (!(end <= data.length && end > space + 1 && data[end - 1] === NEWLINE)) throw malformed();
  const equals = data.indexOf(EQUALS, space + 1);
  if (equals < 0 || equals >= end - 1 || equals === space + 1) throw malformed();
  return {
    key: latin(data.subarray(space + 1, equals)),
    value: data.slice(equals + 1, end - 1),
    end,
  };
}

function parseSize(value: Uint8Array): number | undefined {
  const digits = latin(value);
  if (digits === "") return undefined;
  if (!/^\d{1,15}$/.test(digits)) throw malformed();
  return Number(digits);
}

function malformed(): Error {
  return archiveError("an extended header is malformed");
}

/** Bytes as a text to compare with; names that count are ASCII. */
function latin(bytes: Uint8Array): string {
  return new TextDecoder("latin1").decode(bytes);
}
