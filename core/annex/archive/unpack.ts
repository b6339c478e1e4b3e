/** Unpacking an archive into a directory that nobody else looks into. */

import { createHash } from "node:crypto";
import { dirname } from "@std/path";
import { archiveError } from "./error.ts";
import { gunzip } from "./gunzip.ts";
import { shown } from "./header.ts";
import { ARCHIVE_LIMITS, type ArchiveLimits } from "./limits.ts";
import { checkPlace, fileMode, isConfig, isOwn, isSkipped } from "./members.ts";
import { type ArchiveMember, readArchive } from "./reader.ts";

/** Largest archive that is read, in bytes, before decompression. */
export const LARGEST_ARCHIVE = 64 << 20;

/** A file in the staging directory, as it is to be installed. */
export interface StagedFile {
  /** Below the staging directory, and below the place of installation. */
  readonly path: string;
  readonly mode: number;
  /** Of its content, hexadecimal. */
  readonly sha256: string;
}

/** What was unpacked. */
export interface Unpacked {
  /** In the order of the archive, each path once. */
  readonly files: readonly StagedFile[];
  /** Directories that the archive has members for. */
  readonly directories: readonly string[];
  /** What is unusual, one line each. */
  readonly warnings: readonly string[];
}

/**
 * Unpacks a gzip-compressed tar archive. Whoever catches an error has to remove what is in the
 * directory; only when nothing is thrown was it a whole archive that may be installed.
 *
 * @param source the archive's bytes
 * @param into an empty directory that nobody else can write to
 * @throws {AnnexError} `archive-rejected`, or what reading and writing throw
 */
export async function unpack(
  source: AsyncIterable<Uint8Array>,
  into: string,
  { limits = ARCHIVE_LIMITS, signal }: {
    readonly limits?: ArchiveLimits;
    readonly signal: AbortSignal;
  },
): Promise<Unpacked> {
  const files = new Map<string, StagedFile>();
  const directories = new Set<string>();
  const warnings: string[] = [];
  for await (const member of readArchive(gunzip(source), limits)) {
    signal.throwIfAborted();
    checkPlace(member);
    const { path } = member;
    if (member.type === "directory") {
      directories.add(path);
      continue;
    }
    if (isOwn(path)) {
      warnings.push(`Left out ${shown(path)} of the archive: it is written anew at every boot`);
      continue;
    }
    if (isSkipped(path) && !files.has(path)) {
      warnings.push(`HTCondor will skip ${shown(path)} of the archive because of its name`);
    }
    await Deno.mkdir(`${into}/${dirname(path)}`, { recursive: true, mode: 0o700 });
    // As with tar, the last one of several counts.
    if (files.has(path)) await Deno.remove(`${into}/${path}`);
    files.set(path, await stage(member, into));
  }
  if (files.size === 0) throw archiveError("no file is in it");
  return { files: [...files.values()], directories: [...directories], warnings };
}

async function stage(member: ArchiveMember, into: string): Promise<StagedFile> {
  const { path } = member;
  const mode = fileMode(member);
  const hash = createHash("sha256");
  const check = isConfig(path) ? new TextCheck(path) : undefined;
  const target = `${into}/${path}`;
  using file = await Deno.open(target, { write: true, createNew: true, mode: 0o600 });
  for await (const part of member.content()) {
    hash.update(part);
    check?.update(part);
    for (let rest = part; rest.length > 0;) rest = rest.subarray(await file.write(rest));
    // It may be a password, and is not needed any more.
    part.fill(0);
  }
  check?.end();
  await Deno.chmod(target, mode);
  await file.sync();
  return { path, mode, sha256: hash.digest("hex") };
}

/** Settings are text: what is none would keep HTCondor from starting at all. */
class TextCheck {
  readonly #path: string;
  readonly #decoder = new TextDecoder("utf-8", { fatal: true });

  constructor(path: string) {
    this.#path = path;
  }

  update(part: Uint8Array): void {
    if (part.includes(0)) throw archiveError(`member ${shown(this.#path)} has zero bytes`);
    this.#decode(() => this.#decoder.decode(part, { stream: true }));
  }

  end(): void {
    this.#decode(() => this.#decoder.decode());
  }

  #decode(step: () => void): void {
    try {
      step();
    } catch (error) {
      throw archiveError(`member ${shown(this.#path)} is no UTF-8 text`, error);
    }
  }
}
