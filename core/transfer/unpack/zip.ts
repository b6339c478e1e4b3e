/** ZIP archives: files stored or deflated, directories and symbolic links. */
import { createReadStream, createWriteStream } from "node:fs";
import { PassThrough } from "node:stream";
import { pipeline } from "node:stream/promises";
import { setImmediate } from "node:timers/promises";
import { crc32, createInflateRaw, inflateRawSync } from "node:zlib";
import { dirname, join } from "@std/path";
import type { Budget } from "./budget.ts";
import { damaged, quote, refused, truncated } from "./failures.ts";
import { CHUNK, Meter } from "./streams.ts";
import { type ReadAt, readZipDirectory, type ZipEntry } from "./zip_directory.ts";

/** Length of the fixed part of a local header. */
const LOCAL_SIZE = 30;

/** Entries unpacked before others get their turn. */
const BATCH = 64;

/** Longest target of a symbolic link, in bytes. */
const LINK_MAX = 4095;

/** Whether the first bytes of a file are those of a ZIP archive, an empty one included. */
export function isZip(head: Uint8Array): boolean {
  const text = new TextDecoder("latin1").decode(head.subarray(0, 4));
  return text === "PK\x03\x04" || text === "PK\x05\x06";
}

/** Unpacks the archive at `path` into the empty directory `root`. */
export async function unpackZip(
  path: string,
  root: string,
  { budget, signal }: { budget: Budget; signal: AbortSignal },
): Promise<void> {
  using file = Deno.openSync(path);
  const readAt = reader(file, budget);
  const entries = readZipDirectory(readAt, file.statSync().size, budget);
  const made = new Set<string>();
  const makeDirectory = (each: string) => {
    if (made.has(each)) return;
    Deno.mkdirSync(join(root, each), { recursive: true });
    made.add(each);
  };
  const taken = new Set<string>();
  const links: { path: string; target: string }[] = [];
  for (const [index, entry] of entries.entries()) {
    if (index % BATCH === 0) await setImmediate();
    signal.throwIfAborted();
    if (entry.kind === "directory") {
      makeDirectory(entry.path);
      continue;
    }
    if (entry.path === "") throw refused(budget.archive, "an entry has no name");
    if (taken.has(entry.path)) {
      throw refused(budget.archive, `the entry ${quote(entry.path)} is there twice`);
    }
    taken.add(entry.path);
    makeDirectory(dirname(entry.path));
    const start = dataOffset(entry, readAt, budget);
    if (entry.kind === "symlink") {
      if (entry.size > LINK_MAX) throw refused(budget.archive, "a link is too long");
      const target = new TextDecoder().decode(inflate(entry, start, { readAt, budget }));
      budget.link(entry.path, target);
      links.push({ path: join(root, entry.path), target });
    } else if (Math.max(entry.packed, entry.size) <= CHUNK) {
      const bytes = inflate(entry, start, { readAt, budget });
      Deno.writeFileSync(join(root, entry.path), bytes, { createNew: true, mode: entry.mode });
    } else {
      await stream(entry, { path, start, target: join(root, entry.path), budget, signal });
    }
  }
  // Last, so that no entry is written through a link.
  for (const { path, target } of links) Deno.symlinkSync(target, path);
}

/** Where the bytes of an entry begin: after its local header, whose sizes are not believed. */
function dataOffset(entry: ZipEntry, readAt: ReadAt, { archive }: Budget): number {
  const header = readAt(entry.offset, LOCAL_SIZE);
  const view = new DataView(header.buffer, header.byteOffset, header.byteLength);
  if (view.getUint32(0, true) !== 0x04034b50) {
    throw damaged(archive, `the entry ${quote(entry.path)} is not where it should be`);
  }
  return entry.offset + LOCAL_SIZE + view.getUint16(26, true) + view.getUint16(28, true);
}

/** The content of a small entry. */
function inflate(
  entry: ZipEntry,
  start: number,
  { readAt, budget }: { readAt: ReadAt; budget: Budget },
): Uint8Array {
  const packed = readAt(start, entry.packed);
  const bytes = entry.method === 0 || entry.size === 0
    ? packed.subarray(0, entry.size)
    : inflateRawSync(packed, { maxOutputLength: entry.size });
  budget.take(bytes.length);
  compare(entry, { count: bytes.length, crc: crc32(bytes) }, budget);
  return bytes;
}

async function stream(
  entry: ZipEntry,
  { path, start, target, budget, signal }: {
    path: string;
    start: number;
    target: string;
    budget: Budget;
    signal: AbortSignal;
  },
): Promise<void> {
  const meter = new Meter(budget);
  await pipeline(
    createReadStream(path, { start, end: start + entry.packed - 1, highWaterMark: CHUNK }),
    entry.method === 8 ? createInflateRaw({ chunkSize: 1 << 17 }) : new PassThrough(),
    meter,
    createWriteStream(target, { flags: "wx", mode: entry.mode, highWaterMark: CHUNK }),
    { signal },
  );
  compare(entry, meter, budget);
}

function compare(
  entry: ZipEntry,
  found: { readonly count: number; readonly crc: number },
  { archive }: Budget,
): void {
  if (found.count === entry.size && found.crc === entry.crc) return;
  throw damaged(archive, `the entry ${quote(entry.path)} does not match its checksum`);
}

function reader(file: Deno.FsFile, { archive }: Budget): ReadAt {
  return (offset, length) => {
    const bytes = new Uint8Array(length);
    file.seekSync(offset, Deno.SeekMode.Start);
    for (let done = 0; done < length;) {
      const count = file.readSync(bytes.subarray(done));
      if (count === null) throw truncated(archive);
      done += count;
    }
    return bytes;
  };
}
