/** tar archives (POSIX ustar and pax, GNU), plain or in gzip. */
import { createReadStream } from "node:fs";
import { pipeline } from "node:stream/promises";
import { createGunzip } from "node:zlib";
import { unpackTar } from "modern-tar/fs";
import type { Budget } from "./budget.ts";
import { quote, refused, truncated } from "./failures.ts";
import { CHUNK, Meter } from "./streams.ts";

/** Kinds of entries that are unpacked; devices and FIFOs are refused. */
const KINDS = new Set(["file", "directory", "symlink", "link"]);

/** A header as the unpacker gives it. */
interface Header {
  name: string;
  type?: string;
  linkname?: string;
}

/** Whether the first bytes of a file are those of a tar archive. */
export function isTar(head: Uint8Array): boolean {
  return new TextDecoder("latin1").decode(head.subarray(257, 262)) === "ustar";
}

/**
 * Unpacks the archive at `path` into the empty directory `root`. Set-id bits are dropped.
 *
 * @param options `gzip`: whether the archive is in gzip
 */
export async function unpackTape(
  path: string,
  root: string,
  { budget, signal, gzip }: { budget: Budget; signal: AbortSignal; gzip: boolean },
): Promise<void> {
  const check = <H extends Header>(header: H): H => {
    budget.entry();
    const name = budget.path(header.name);
    const kind = header.type ?? "file";
    if (!KINDS.has(kind)) {
      throw refused(budget.archive, `the entry ${quote(name)} is a ${kind.replace("-", " ")}`);
    }
    if (kind === "symlink") budget.link(name, header.linkname ?? "");
    if (kind === "link") budget.path(header.linkname ?? "");
    return header;
  };
  const meter = new Meter(budget);
  const target = unpackTar(root, { strict: true, map: check, dmode: 0o755 });
  const source = createReadStream(path, { highWaterMark: CHUNK });
  if (gzip) await pipeline(source, createGunzip({ chunkSize: 1 << 17 }), meter, target, { signal });
  else await pipeline(source, meter, target, { signal });
  if (meter.count === 0) throw truncated(budget.archive);
}
