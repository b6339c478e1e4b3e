/**
 * The functions of `condor_manifest` about text and files, as scripts use them: same outputs and
 * exit statuses as HTCondor's own. Errors go to standard output.
 */
import { sameBytes } from "../name.ts";
import { type Answer, answer } from "./answer.ts";
import { hashFile } from "./byte_path.ts";
import { sha256 } from "./hash.ts";
import * as lines from "./lines.ts";
import { openManifest } from "./reader.ts";

/** How to answer. */
export interface FunctionOptions {
  /** Keep to upstream's habits where ours are better. */
  readonly strict?: boolean;
}

const MAX_INT = 2n ** 31n - 1n;
const MAX_LONG = 2n ** 63n - 1n;

const encoder = new TextEncoder();
const decoder = new TextDecoder();

/**
 * `getNumberFromFileName`: the number of the checkpoint, or -1, which is the exit status too.
 *
 * Numbers that do not fit 32 bits are -1; upstream cuts them off.
 */
export function getNumberFromFileName(name: string, { strict }: FunctionOptions = {}): Answer {
  const number = numberOf(name, strict === true);
  return answer(number & 0xff, `${number}\n`);
}

function numberOf(name: string, strict: boolean): number {
  const [, digits] = /^_condor_checkpoint_MANIFEST\.([0-9]+)$/.exec(name) ?? [];
  if (digits === undefined) return -1;
  const value = BigInt(digits);
  if (value <= MAX_INT) return Number(value);
  return strict ? Number(BigInt.asIntN(32, value < MAX_LONG ? value : MAX_LONG)) : -1;
}

/** `FileFromLine`: the name in a line. */
export function fileFromLine(line: string): Answer {
  return answer(0, lines.fileFromLine(encoder.encode(line)), "\n");
}

/** `ChecksumFromLine`: the checksum in a line. */
export function checksumFromLine(line: string): Answer {
  return answer(0, lines.checksumFromLine(encoder.encode(line)), "\n");
}

/**
 * `compute_file_sha256_checksum`: the line for a file, as `sha256sum --binary` prints it.
 *
 * Whatever can be read is, so a FIFO waits for its writer.
 */
export async function computeFileSha256Checksum(path: string): Promise<Answer> {
  const name = encoder.encode(path);
  try {
    return answer(0, lines.makeLine(await hashFile(name, { any: true }), name));
  } catch {
    return answer(1);
  }
}

/** `validateManifestFile`: whether the self line agrees with the lines before it. */
export async function validateManifestFile(path: string): Promise<Answer> {
  return await isValid(path) ? answer(0, "true\n") : answer(1, "false\n");
}

async function isValid(path: string): Promise<boolean> {
  const bytes = await openOrNothing(path);
  if (bytes === undefined || bytes.includes(0)) return false;
  const start = lines.startOfLastLine(bytes);
  const line = lines.trimLine(bytes.subarray(start));
  const name = lines.fileFromLine(line);
  if (name.length === 0 || !endsWith(encoder.encode(path), name)) return false;
  const listed = decoder.decode(lines.checksumFromLine(line));
  return await sha256(bytes.subarray(0, start)) === listed;
}

/**
 * `validateFilesListedIn`: whether the files have the checksums they are listed with, up to the
 * first that has not. Names are relative to the current directory. What is no regular file counts as
 * one that cannot be opened, where upstream would wait for a FIFO's writer.
 *
 * Upstream reads every line as a record, without white space at its ends. We accept what it accepts,
 * and also files whose names really have such ends, or line feeds.
 */
export async function validateFilesListedIn(
  path: string,
  { strict = false }: FunctionOptions = {},
): Promise<Answer> {
  const bytes = await openOrNothing(path);
  if (bytes === undefined) return invalid("Failed to open MANIFEST, aborting.");
  if (bytes.length === 0) return invalid("Failed to read first line of MANIFEST, aborting.");
  const limit = lines.startOfLastLine(bytes);
  if (limit === 0) return invalid();
  for (let at = 0; at < limit;) {
    let end = lines.endOfLine(bytes, at);
    if (!strict && lines.isRecordStart(bytes, at)) {
      while (end < limit && !lines.isRecordStart(bytes, end)) end = lines.endOfLine(bytes, end);
      const record = lines.withoutLineFeed(bytes.subarray(at, end));
      const fault = await check(record);
      // Upstream would have read the same.
      const plain = lines.trimLine(record).length === record.length && !record.includes(lines.LF);
      if (fault !== undefined && plain) return invalid(...fault);
      if (fault === undefined || plain) {
        at = end;
        continue;
      }
    }
    for (; at < end; at = lines.endOfLine(bytes, at)) {
      const line = bytes.subarray(at, lines.endOfLine(bytes, at));
      const fault = await check(lines.trimLine(line));
      if (fault !== undefined) return invalid(...fault);
    }
  }
  return answer(0, "true\n");
}

/** What is wrong with the file of a record, if anything. */
async function check(record: Uint8Array): Promise<(string | Uint8Array)[] | undefined> {
  const name = lines.fileFromLine(record);
  const listed = lines.checksumFromLine(record);
  let computed: string;
  try {
    computed = await hashFile(name);
  } catch {
    return ["Failed to open checkpoint file ('", name, "') to compute checksum."];
  }
  if (sameBytes(encoder.encode(computed), listed)) return undefined;
  const sums = [`' did not have expected checksum (${computed} vs `, listed, ")."];
  return ["Checkpoint file '", name, ...sums];
}

function invalid(...reason: readonly (string | Uint8Array)[]): Answer {
  return answer(1, "false\n", ...reason, "\n");
}

async function openOrNothing(path: string): Promise<Uint8Array<ArrayBuffer> | undefined> {
  try {
    return await openManifest(path);
  } catch {
    return undefined;
  }
}

function endsWith(bytes: Uint8Array, end: Uint8Array): boolean {
  return bytes.length >= end.length &&
    sameBytes(bytes.subarray(bytes.length - end.length), end);
}
