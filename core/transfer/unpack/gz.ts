/** gzip files (RFC 1952), members one after the other included. */
import { createReadStream, createWriteStream } from "node:fs";
import { pipeline } from "node:stream/promises";
import { createGunzip } from "node:zlib";
import type { Budget } from "./budget.ts";
import { CHUNK, Meter } from "./streams.ts";

/** Unpacks the gzip file at `path` into the new file `target`. */
export async function unpackGzip(
  path: string,
  target: string,
  { budget, signal }: { budget: Budget; signal: AbortSignal },
): Promise<void> {
  budget.entry();
  await pipeline(
    createReadStream(path, { highWaterMark: CHUNK }),
    createGunzip({ chunkSize: 1 << 17 }),
    new Meter(budget),
    createWriteStream(target, { flags: "wx", mode: 0o666, highWaterMark: CHUNK }),
    { signal },
  );
}

/** The first bytes of what a gzip file holds, as many as one block of a tar archive. */
export async function gzipHead(path: string, signal: AbortSignal): Promise<Uint8Array> {
  const parts: Uint8Array[] = [];
  let length = 0;
  const source = createReadStream(path, { highWaterMark: 1 << 16 });
  const gunzip = createGunzip();
  source.on("error", (error) => gunzip.destroy(error));
  source.pipe(gunzip);
  try {
    for await (const part of gunzip) {
      signal.throwIfAborted();
      parts.push(part);
      length += part.length;
      if (length >= 512) break;
    }
  } finally {
    source.destroy();
    gunzip.destroy();
  }
  const head = new Uint8Array(length);
  parts.reduce((at, part) => (head.set(part, at), at + part.length), 0);
  return head.subarray(0, 512);
}
