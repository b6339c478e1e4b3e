/** Putting unpacked files in their place, all of them or none. */

import { dirname } from "@std/path";
import { makeDirectory, tightenDirectory } from "../directories.ts";
import { AnnexError } from "../errors.ts";
import type { AnnexHost } from "../host.ts";
import { CONDOR_DIR } from "../paths.ts";
import { checkDirectory, syncDirectory } from "../safe_file.ts";
import { shown } from "./header.ts";
import { directoryMode, isSecret, turnOf } from "./members.ts";
import type { Staging } from "./staging.ts";
import type { Unpacked } from "./unpack.ts";
import { lookAt } from "../../std/look.ts";

/**
 * Looks at every place before anything is changed: a directory must be a real one of root's or not
 * there yet, a file must be in no directory's place.
 *
 * @throws {AnnexError} `unsafe-path`
 */
export async function checkPlaces(host: AnnexHost, unpacked: Unpacked): Promise<void> {
  for (const directory of directoriesOf(unpacked)) await checkExisting(host, directory);
  for (const { path } of unpacked.files) {
    const info = await lookAt(`${host.root}${CONDOR_DIR}/${path}`);
    if (info === undefined || info.isFile || info.isSymlink) continue;
    throw new AnnexError(`Cannot install ${shown(path)}: no regular file is in its place`, {
      code: "unsafe-path",
      remedy: `remove "${CONDOR_DIR}/${path}" from the image`,
    });
  }
}

/**
 * Puts all files in place, secrets first and settings last; after a failure everything is what it
 * was, but for directories that were made.
 */
export async function putInPlace(
  host: AnnexHost,
  staging: Staging,
  unpacked: Unpacked,
): Promise<void> {
  const directories = directoriesOf(unpacked);
  for (const directory of directories) {
    const path = `${CONDOR_DIR}/${directory}`;
    await makeDirectory(host, path, { mode: directoryMode(directory) });
    if (isSecret(directory)) await tightenDirectory(host, path);
  }
  const undo: (() => Promise<void>)[] = [];
  try {
    const files = unpacked.files.toSorted((a, b) => turnOf(a.path) - turnOf(b.path));
    for (const [index, { path }] of files.entries()) {
      host.signal.throwIfAborted();
      const target = `${host.root}${CONDOR_DIR}/${path}`;
      const former = `${staging.former}/${index}`;
      const isThere = await keep(target, former);
      await Deno.rename(`${staging.fresh}/${path}`, target);
      undo.push(() => isThere ? Deno.rename(former, target) : Deno.remove(target));
    }
  } catch (error) {
    for (const step of undo.toReversed()) await step();
    throw error;
  }
  for (const path of ["", ...directories.map((directory) => `/${directory}`)]) {
    await syncDirectory(host, CONDOR_DIR + path);
  }
}

/** All directories that are needed, those above before those below. */
function directoriesOf({ files, directories }: Unpacked): string[] {
  const all = new Set<string>();
  for (const path of [...directories, ...files.map(({ path }) => dirname(path))]) {
    for (let here = path; here !== "." && !all.has(here); here = dirname(here)) all.add(here);
  }
  // A directory's path is shorter than those of what is in it.
  return [...all].toSorted((a, b) => a.length - b.length);
}

/** Checks a directory if it is there; what is above it was looked at before. */
async function checkExisting(host: AnnexHost, directory: string): Promise<void> {
  try {
    await checkDirectory(host, `${CONDOR_DIR}/${directory}`);
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
}

/** Gives what is in a file's place a second name; false where nothing is. */
async function keep(target: string, former: string): Promise<boolean> {
  try {
    await Deno.link(target, former);
    return true;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}
