/**
 * Unpacks a downloaded archive into the target's directory.
 *
 * All of it is unpacked into a fresh directory first and renamed into place at the end, so a broken
 * archive leaves nothing behind and no file is ever half there. Absolute names, `..`, links that
 * lead out, devices and FIFOs are refused, set-id bits dropped, and growth is bounded.
 */
import { join } from "@std/path";
import type { UnpackMode } from "./options.ts";
import { Budget, DEFAULT_LIMITS, type UnpackLimits } from "./unpack/budget.ts";
import { type ArchiveName, refused, unpackFailure } from "./unpack/failures.ts";
import { gzipHead, unpackGzip } from "./unpack/gz.ts";
import { Stage } from "./unpack/stage.ts";
import { isTar, unpackTape } from "./unpack/tar.ts";
import { isZip, unpackZip } from "./unpack/zip.ts";

/** What to unpack, and where. */
export interface UnpackOptions {
  /** `xz` is known so that it can be refused. */
  readonly mode: UnpackMode | "xz";
  /** Base name of the download's target: what comes out of gzip is called so, without `.gz`. */
  readonly name: string;
  /** Where the content goes: the target's directory, which exists. */
  readonly directory: string;
  readonly signal: AbortSignal;
  /** `host:port` the archive came from; the machine's name by default. */
  readonly server?: string | undefined;
  readonly limits?: Partial<UnpackLimits>;
}

/** What was unpacked. */
export interface Unpacked {
  /** Files and links, relative to the directory. */
  readonly files: readonly string[];
  /** Bytes that came out of the archive. */
  readonly bytes: number;
}

/** What messages call the kinds of archives. */
const KINDS = { gz: "gzip file", tar: "tar archive", zip: "ZIP archive" } as const;

/** How a file is packed. */
type Format = "gz" | "tar" | "tar.gz" | "zip";

/**
 * Unpacks the file at `path`, which stays as it is.
 *
 * @param path the finished, verified download under its temporary name
 * @returns what was made; undefined when the file is to be kept as it is: mode `off`, or mode `auto`
 *   and no known archive
 * @throws {TransferFailure} Parameter when it cannot be unpacked, Transfer when it is damaged
 */
export async function unpack(path: string, options: UnpackOptions): Promise<Unpacked | undefined> {
  const { mode, signal, directory } = options;
  if (mode === "off") return undefined;
  signal.throwIfAborted();
  const archive = { name: options.name, server: options.server ?? Deno.hostname() };
  let stage: Stage | undefined;
  try {
    const format = await detect(path, { mode, archive, signal });
    if (format === undefined) return undefined;
    const limits = { ...DEFAULT_LIMITS, ...options.limits };
    const budget = new Budget(archive, Deno.statSync(path).size, limits);
    stage = new Stage(directory, archive);
    const parts = { budget, signal };
    if (format === "zip") await unpackZip(path, stage.path, parts);
    else if (format !== "gz") {
      await unpackTape(path, stage.path, { ...parts, gzip: format === "tar.gz" });
    } else await unpackGzip(path, join(stage.path, withoutSuffix(options.name)), parts);
    signal.throwIfAborted();
    return { files: stage.commit(), bytes: budget.bytes };
  } catch (error) {
    signal.throwIfAborted();
    throw unpackFailure(error, archive, directory);
  } finally {
    stage?.remove();
  }
}

/** How the file is packed, by its first bytes; undefined in mode `auto` when it is not. */
async function detect(
  path: string,
  { mode, archive, signal }: {
    mode: Exclude<UnpackOptions["mode"], "off">;
    archive: ArchiveName;
    signal: AbortSignal;
  },
): Promise<Format | undefined> {
  if (mode === "xz") throw refused(archive, "xz is not supported");
  const head = readHead(path);
  const gzip = head[0] === 0x1f && head[1] === 0x8b;
  if (mode === "gz" && gzip) return "gz";
  if ((mode === "zip" || mode === "auto") && isZip(head)) return "zip";
  if (mode === "tar" || mode === "auto") {
    if (isTar(head)) return "tar";
    if (gzip && isTar(await gzipHead(path, signal))) return "tar.gz";
  }
  if (mode === "auto") return gzip ? "gz" : undefined;
  if (new TextDecoder("latin1").decode(head.subarray(1, 5)) === "7zXZ") {
    throw refused(archive, "xz is not supported");
  }
  throw refused(archive, `it is no ${KINDS[mode]}`);
}

function readHead(path: string): Uint8Array {
  using file = Deno.openSync(path);
  const head = new Uint8Array(512);
  let length = 0;
  let count: number | null;
  while (length < 512 && (count = file.readSync(head.subarray(length))) !== null) length += count;
  return head.subarray(0, length);
}

/** `a.txt` for `a.txt.gz`, `a.tar` for `a.tgz`; other names stay. */
function withoutSuffix(name: string): string {
  return name.replace(/(.)\.tgz$/i, "$1.tar").replace(/(.)\.gz$/i, "$1");
}
