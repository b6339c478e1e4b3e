/**
 * Reading a MANIFEST (manual, "Self-Checkpointing Jobs"): the list of a checkpoint's files, whose
 * last line, the self line, holds the hash of all lines before it.
 *
 * Names are read byte by byte as they were written: what follows a record's checksum up to the next
 * record, line feeds included. A name in which a line feed is followed by what looks like a checksum
 * and a blank cannot be told from two records, and is read as two; stores keep both in their
 * checkpoint, as they do with every name.
 */
import { sameBytes } from "../name.ts";
import { readRegularFile, RefusedFile } from "../regular_file.ts";
import { sha256 } from "./hash.ts";
import * as lines from "./lines.ts";

/** Most bytes of a MANIFEST: some twenty million files. */
const MAX_SIZE = 2 ** 31;
/** Most lines of a MANIFEST: more than records of any use fit. */
const MAX_LINES = 2 ** 25;
/** Bytes of a record without a name: checksum, blank, asterisk, line feed. */
const SHORTEST_RECORD = lines.CHECKSUM_LENGTH + 3;

/** What the self line says: it agrees with the rest, it does not, or there is none. */
export type SelfHash = "good" | "bad" | "missing";

/** A MANIFEST that was read; its records are numbered from 0, without the self line. */
export interface Manifest {
  /** Base name of its file. */
  readonly fileName: string;
  readonly count: number;
  /** The name of a file of the checkpoint; not to be changed. */
  name(index: number): Uint8Array;
  /** The checksum of that file as the MANIFEST has it. */
  checksum(index: number): Uint8Array;
  /** The bytes of a record, its line feeds included; the last of a file cut short may lack it. */
  record(index: number): Uint8Array;
  readonly selfHash: SelfHash;
  /** Lines that belong to no record, were not read, and will not be written again. */
  readonly strays: number;
}

/** How to read. */
export interface ReadOptions {
  /** The base name of the file. */
  readonly fileName: string;
  /** Read as upstream does: every line is a record, white space at its ends is not. */
  readonly strict?: boolean;
}

/**
 * Reads the file of a MANIFEST. Symbolic links and whatever else is no regular file are refused.
 *
 * @throws {Deno.errors.NotFound} when there is none
 * @throws {RefusedFile} for what must not be read, or whatever the runtime throws
 */
export function openManifest(path: string): Promise<Uint8Array<ArrayBuffer>> {
  return readRegularFile(path, MAX_SIZE);
}

/**
 * Reads a MANIFEST. Damage is no error: see `selfHash` and `strays`.
 *
 * @param bytes what {@linkcode openManifest} returned; the result refers to it
 * @throws {RefusedFile} for one of more lines than any has
 */
export async function readManifest(
  bytes: Uint8Array<ArrayBuffer>,
  { fileName, strict = false }: ReadOptions,
): Promise<Manifest> {
  const selfName = selfNameOf(fileName);
  const self = findSelfLine(bytes, selfName);
  const records = strict
    ? listLines(bytes, new TextEncoder().encode(fileName))
    : listRecords(bytes, self ?? bytes.length);
  const { starts, ends, count, strays } = records;
  const recordAt = (index: number): Uint8Array => {
    if (!(index >= 0 && index < count)) throw new RangeError(`No record ${index}`);
    return bytes.subarray(starts[index], ends[index]);
  };
  const lineAt = (index: number): Uint8Array =>
    strict ? lines.trimLine(recordAt(index)) : lines.withoutLineFeed(recordAt(index));
  return {
    fileName,
    count,
    name: (index) => lines.fileFromLine(lineAt(index)),
    checksum: (index) => lines.checksumFromLine(lineAt(index)),
    record: recordAt,
    selfHash: self === undefined ? "missing" : await checkSelfLine(bytes, self),
    strays,
  };
}

/** The name that the self line of a file has: a FAILURE file is a renamed MANIFEST. */
export function selfNameOf(fileName: string): string {
  return fileName.replace(/^_condor_checkpoint_FAILURE\./, "_condor_checkpoint_MANIFEST.");
}

/** Where the self line begins, if the last line is one. */
function findSelfLine(bytes: Uint8Array, selfName: string): number | undefined {
  const start = lines.startOfLastLine(bytes);
  if (!lines.isRecordStart(bytes, start)) return undefined;
  const name = lines.fileFromLine(lines.trimLine(bytes.subarray(start)));
  return sameBytes(name, new TextEncoder().encode(selfName)) ? start : undefined;
}

async function checkSelfLine(bytes: Uint8Array<ArrayBuffer>, start: number): Promise<SelfHash> {
  const listed = new TextDecoder().decode(lines.checksumFromLine(bytes.subarray(start)));
  return await sha256(bytes.subarray(0, start)) === listed ? "good" : "bad";
}

/** Where the records are. */
interface Records {
  readonly starts: Uint32Array;
  readonly ends: Uint32Array;
  readonly count: number;
  readonly strays: number;
}

/** The records by our rule, up to an offset at which a line begins. */
function listRecords(bytes: Uint8Array, limit: number): Records {
  const { starts, ends } = makeTable(bytes);
  let count = 0;
  let strays = 0;
  // No file has an empty name, and a record cut short there would never be done with.
  const dropNameless = (): void => {
    if (count === 0 || ends[count - 1]! - starts[count - 1]! > SHORTEST_RECORD) return;
    const line = lines.withoutLineFeed(bytes.subarray(starts[count - 1], ends[count - 1]));
    if (lines.fileFromLine(line).length > 0) return;
    count--;
    strays++;
  };
  for (let at = 0; at < limit;) {
    const end = lines.endOfLine(bytes, at);
    if (end === limit && isCutShort(bytes.subarray(at, end))) {
      strays++;
    } else if (lines.isRecordStart(bytes, at)) {
      dropNameless();
      starts[count] = at;
      ends[count++] = end;
    } else if (count > 0) {
      ends[count - 1] = end;
    } else {
      strays++;
    }
    at = end;
  }
  dropNameless();
  return { starts, ends, count, strays };
}

/**
 * Whether the last line of a file, one without line feed, is the beginning of a checksum. As part of
 * the name before it, it would hide a file that is there.
 */
function isCutShort(line: Uint8Array): boolean {
  return line.at(-1) !== lines.LF && lines.countHexDigits(line, 0) === line.length;
}

/** The records by upstream's rule: all lines but those that name the file itself. */
function listLines(bytes: Uint8Array, fileName: Uint8Array): Records {
  const { starts, ends } = makeTable(bytes);
  let count = 0;
  for (let at = 0; at < bytes.length;) {
    const end = lines.endOfLine(bytes, at);
    const name = lines.fileFromLine(lines.trimLine(bytes.subarray(at, end)));
    if (!sameBytes(name, fileName)) {
      starts[count] = at;
      ends[count++] = end;
    }
    at = end;
  }
  return { starts, ends, count, strays: 0 };
}

/** Room for as many records as there are lines. */
function makeTable(bytes: Uint8Array): { starts: Uint32Array; ends: Uint32Array } {
  let count = 0;
  for (let at = 0; at < bytes.length; at = lines.endOfLine(bytes, at)) count++;
  if (count > MAX_LINES) {
    throw new RefusedFile(`Cannot read MANIFEST: ${count} lines, more than ${MAX_LINES}`);
  }
  return { starts: new Uint32Array(count), ends: new Uint32Array(count) };
}
