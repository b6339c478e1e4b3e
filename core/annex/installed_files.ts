/** Files that came out of an archive: what is written down about them, and what became of them. */

import { createHash } from "node:crypto";
import type { InstalledFile } from "./contracts.ts";
import type { AnnexHost } from "./host.ts";
import { CONDOR_DIR } from "./paths.ts";

/** What became of a file since it was installed. */
export type FileFate = "same" | "changed" | "gone";

/** Most files written down: as many as an archive can have. */
const MOST_FILES = 10_000;
/** Longest path, in characters. */
const LONGEST_PATH = 2048;

/**
 * Reads a list of files out of JSON.
 *
 * @returns undefined for what is no such list, and for one with a path that leads elsewhere
 */
export function parseInstalled(value: unknown): readonly InstalledFile[] | undefined {
  if (!Array.isArray(value) || value.length > MOST_FILES) return undefined;
  const files: InstalledFile[] = [];
  for (const item of value) {
    const { path, sha256 } = Object(item) as Partial<Record<string, unknown>>;
    if (typeof path !== "string" || !isBelow(path)) return undefined;
    if (typeof sha256 !== "string" || !/^[0-9a-f]{64}$/.test(sha256)) return undefined;
    files.push({ path, sha256 });
  }
  return files;
}

/** Compares a file with what was installed; a symbolic link is no longer it. */
export async function fateOf(
  host: AnnexHost,
  { path, sha256 }: InstalledFile,
): Promise<FileFate> {
  const target = host.root + path;
  try {
    if (!(await Deno.lstat(target)).isFile) return "changed";
    const hash = createHash("sha256");
    using file = await Deno.open(target);
    const buffer = new Uint8Array(64 * 1024);
    for (let count; (count = await file.read(buffer)) !== null;) {
      host.signal.throwIfAborted();
      hash.update(buffer.subarray(0, count));
    }
    return hash.digest("hex") === sha256 ? "same" : "changed";
  } catch (error) {
    // Where a directory became a file, what was in it is gone too.
    if (error instanceof Deno.errors.NotFound || error instanceof Deno.errors.NotADirectory) {
      return "gone";
    }
    throw error;
  }
}

/**
 * Removes a file; a symbolic link itself.
 *
 * @param path absolute, without the host's root
 * @returns whether it was there
 */
export async function removeFile(host: AnnexHost, path: string): Promise<boolean> {
  try {
    if ((await Deno.lstat(host.root + path)).isDirectory) return false;
    await Deno.remove(host.root + path);
    return true;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound || error instanceof Deno.errors.NotADirectory) {
      return false;
    }
    throw error;
  }
}

function isBelow(path: string): boolean {
  return path.length <= LONGEST_PATH && path.startsWith(`${CONDOR_DIR}/`) &&
    path.slice(1).split("/").every((part) => part !== "" && part !== "." && part !== "..");
}
