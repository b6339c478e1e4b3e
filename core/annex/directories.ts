/** Directories of root's: made where they are missing, and never opened wider. */

import type { AnnexHost } from "./host.ts";
import { checkDirectory, syncDirectory } from "./safe_file.ts";

/** How directories are made. */
export interface MakeOptions {
  /** Mode of those that are made; whatever the process's umask is. */
  readonly mode: number;
}

/**
 * Makes a directory, and those above it, where they are missing; those that are there stay as they
 * are.
 *
 * @param path absolute, without the host's root
 * @returns those that were made, the topmost first
 * @throws {AnnexError} `unsafe-path` when one on the way is not a real directory of root's own
 */
export async function makeDirectory(
  host: AnnexHost,
  path: string,
  { mode }: MakeOptions,
): Promise<string[]> {
  const made: string[] = [];
  let above = "";
  for (const name of path.split("/").slice(1)) {
    const here = `${above}/${name}`;
    try {
      await Deno.mkdir(host.root + here, { mode: 0o700 });
      // Not by mkdir(2) alone, where the umask has a say.
      await Deno.chmod(host.root + here, mode);
      made.push(here);
      await syncDirectory(host, above === "" ? "/" : above);
    } catch (error) {
      if (!(error instanceof Deno.errors.AlreadyExists)) throw error;
    }
    above = here;
  }
  await checkDirectory(host, path);
  return made;
}

/**
 * Takes away what others may do with a directory of secrets; what the owner may is left.
 *
 * @param path absolute, without the host's root, checked before
 */
export async function tightenDirectory(host: AnnexHost, path: string): Promise<void> {
  const { mode } = await Deno.lstat(host.root + path);
  if (((mode ?? 0) & 0o077) !== 0) await Deno.chmod(host.root + path, 0o700);
}
