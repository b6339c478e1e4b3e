/** Digests of files, and the comparison of a finished download with what was stated for it. */
import { crc32 } from "node:zlib";
import { createHash } from "node:crypto";
import { TransferFailure } from "../errors.ts";
import { adler32 } from "./adler32.ts";
import { crc32c } from "./crc32c.ts";
import { DIGEST_LENGTHS, digestLength } from "./digest_algorithms.ts";
import { localFailure } from "./local_failure.ts";
import type { VerifyMode } from "./options.ts";
import type { Digest } from "./scheme.ts";

/** Bytes per read. */
const CHUNK = 1 << 20;

/**
 * `ErrorCode` of a checksum failure. libcurl checks none; 18 ("partial file") is its number for a
 * body that is not what was announced.
 */
const CHECKSUM_CODE = 18;

/** A digest under way. */
interface Digester {
  update(bytes: Uint8Array): void;
  /** The value in lower-case hexadecimal. */
  value(): string;
}

/**
 * Computes the digest of a file, reading it in chunks off the main thread.
 *
 * @param algorithm a known algorithm, in lower case without dashes
 * @returns the value in lower-case hexadecimal
 * @throws {RangeError} when the algorithm is not known
 * @throws {TransferFailure} when the file cannot be read
 */
export async function digestFile(
  path: string,
  algorithm: string,
  options: { readonly signal?: AbortSignal } = {},
): Promise<string> {
  return (await digestFileAll(path, [algorithm], options)).get(algorithm)!;
}

/** Facts for `verifyDigests()`. */
export interface VerifyOptions {
  /** What servers stated. */
  readonly offered: readonly Digest[];
  /** What the job expects. */
  readonly expected: readonly Digest[];
  readonly mode: VerifyMode;
  readonly signal?: AbortSignal;
  /** `host:port` the file came from. */
  readonly server: string | undefined;
}

/**
 * Compares a file with its stated digests: with all that the job expects, and with the most telling
 * that the servers offered. The file is read once.
 *
 * @throws {TransferFailure} Transfer/Checksum, to be retried, when one differs; without a retry when
 *   one is required and none is known; Parameter when the job expects what cannot be computed
 */
export async function verifyDigests(path: string, options: VerifyOptions): Promise<void> {
  const { offered, expected, mode, signal, server } = options;
  if (mode === "off") return;
  for (const { algorithm, value } of expected) {
    const length = digestLength(algorithm);
    if (length === undefined || value.length !== 2 * length || !/^[0-9a-f]+$/.test(value)) {
      const state = length === undefined ? "the algorithm is not known" : "the value is malformed";
      throw new TransferFailure("Parameter", `Cannot verify "${algorithm}" checksum: ${state}`, {
        errorCode: 43,
        retryable: -1,
      });
    }
  }
  const best = Object.keys(DIGEST_LENGTHS).find((name) =>
    offered.some((d) => d.algorithm === name)
  );
  const stated = [...expected, ...offered.filter((digest) => digest.algorithm === best)];
  if (stated.length === 0) {
    if (mode !== "required") return;
    throw mismatch("Cannot verify the file: no checksum is known for it", -1, server);
  }
  const names = [...new Set(stated.map((digest) => digest.algorithm))];
  const values = await digestFileAll(path, names, signal === undefined ? {} : { signal });
  for (const { algorithm, value } of stated) {
    const found = values.get(algorithm)!;
    if (found !== value) {
      throw mismatch(`Checksum mismatch: ${algorithm} is ${found}, stated was ${value}`, 0, server);
    }
  }
}

function mismatch(message: string, retryable: number, server?: string): TransferFailure {
  return new TransferFailure("Transfer", message, {
    errorCode: CHECKSUM_CODE,
    retryable,
    failureType: "Checksum",
    ...(server === undefined ? {} : { server }),
  });
}

async function digestFileAll(
  path: string,
  algorithms: readonly string[],
  { signal }: { readonly signal?: AbortSignal },
): Promise<Map<string, string>> {
  const digesters = algorithms.map((name) => [name, makeDigester(name)] as const);
  let done = 0;
  try {
    signal?.throwIfAborted();
    using file = await Deno.open(path);
    const buffer = new Uint8Array(CHUNK);
    for (let count; (count = await file.read(buffer)) !== null; done += count) {
      signal?.throwIfAborted();
      for (const [, digester] of digesters) digester.update(buffer.subarray(0, count));
    }
  } catch (error) {
    if (signal?.aborted && error === signal.reason) throw error;
    throw localFailure(error, { path, doing: "reading", bytes: done });
  }
  return new Map(digesters.map(([name, digester]) => [name, digester.value()]));
}

function makeDigester(algorithm: string): Digester {
  switch (algorithm) {
    case "crc32":
      return makeSum(0, (bytes, sum) => crc32(bytes, sum));
    case "crc32c":
      return makeSum(0, crc32c);
    case "adler32":
      return makeSum(1, adler32);
  }
  if (digestLength(algorithm) === undefined) {
    throw new RangeError(`Cannot compute "${algorithm}": the algorithm is not known`);
  }
  const hash = createHash(algorithm);
  return { update: (bytes) => void hash.update(bytes), value: () => hash.digest("hex") };
}

function makeSum(start: number, next: (bytes: Uint8Array, sum: number) => number): Digester {
  let sum = start;
  return {
    update: (bytes) => void (sum = next(bytes, sum)),
    value: () => sum.toString(16).padStart(8, "0"),
  };
}
