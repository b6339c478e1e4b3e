/** `createManifestFor`: making a MANIFEST of a directory. */
import { Directory, type EntryType } from "../../posix/directory.ts";
import type { PosixError } from "../../posix/error.ts";
import { type Answer, answer, joinAll, joinBytes } from "./answer.ts";
import { hashFile, statBytes } from "./byte_path.ts";
import { sha256 } from "./hash.ts";
import { makeLine } from "./lines.ts";
import type { FunctionOptions } from "./functions.ts";

/** The file it writes, in the current directory. */
const MANIFEST = "MANIFEST";

/** What opening something else than a directory ends with. */
const NOT_A_DIRECTORY: ReadonlySet<string> = new Set(["ENOTDIR", "ELOOP"]);

/** A file or directory that ends it. */
class Unreadable extends Error {
  constructor(readonly path: Uint8Array) {
    super();
  }
}

/**
 * `createManifestFor`: writes `MANIFEST` in the current directory for the files in a directory, in
 * the order in which the system lists them. Directories and sockets are left out, symbolic links
 * to files are files, those to directories are not followed; FIFOs and devices end it.
 *
 * A directory that is not there makes an empty MANIFEST, as upstream, and a warning.
 *
 * @param folder the directory; the names begin with it, as it was typed
 */
export async function createManifestFor(
  folder: string,
  { strict = false }: FunctionOptions = {},
): Promise<Answer> {
  const list: Uint8Array[] = [];
  let warning = "";
  let top: Directory | undefined;
  try {
    top = Directory.open(folder);
  } catch (error) {
    if (!strict) warning = `${(error as Error).message}: ${MANIFEST} lists no file\n`;
  }
  try {
    if (top !== undefined) {
      const prefix = new TextEncoder().encode(folder.endsWith("/") ? folder : `${folder}/`);
      await addFiles(top, prefix, list);
    }
  } catch (error) {
    const path = error instanceof Unreadable ? error.path : folder;
    return answer(1, "Failed to compute file (", path, ") checksum, aborting.\n\n");
  } finally {
    top?.[Symbol.dispose]();
  }
  const records = joinAll(list);
  const self = makeLine(await sha256(records), new TextEncoder().encode(MANIFEST));
  if (!await write(records, self)) {
    return answer(1, `Failed write manifest file (${MANIFEST}), aborting.\n\n`);
  }
  return { ...answer(0), stderr: warning };
}

/** Adds the lines for all files in a directory. */
async function addFiles(folder: Directory, prefix: Uint8Array, list: Uint8Array[]): Promise<void> {
  for (const { name, type } of folder.entries()) {
    const path = joinBytes(prefix, name);
    try {
      using inner = openIfDirectory(folder, name, type);
      if (inner !== undefined) {
        await addFiles(inner, joinBytes(path, "/"), list);
        continue;
      }
      const status = await statBytes(path);
      if (status.type === "socket" || status.type === "directory") continue;
      list.push(makeLine(await hashFile(path), path));
    } catch (error) {
      throw error instanceof Unreadable ? error : new Unreadable(path);
    }
  }
}

/** Opens what is a directory itself; not every file system tells without trying. */
function openIfDirectory(
  folder: Directory,
  name: Uint8Array,
  type: EntryType,
): Directory | undefined {
  if (type === "file" || type === "symlink") return undefined;
  try {
    return folder.openDirectory(name);
  } catch (error) {
    if (type === "directory" || !NOT_A_DIRECTORY.has((error as PosixError).code)) throw error;
    return undefined;
  }
}

/** Writes the file, unless there is something else than a file in its place. */
async function write(...parts: readonly Uint8Array[]): Promise<boolean> {
  try {
    const { isFile } = await Deno.lstat(MANIFEST);
    if (!isFile) return false;
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) return false;
  }
  try {
    const options = { write: true, create: true, truncate: true, mode: 0o600 };
    using file = await Deno.open(MANIFEST, options);
    for (const part of parts) {
      for (let at = 0; at < part.length;) at += await file.write(part.subarray(at));
    }
    return true;
  } catch {
    return false;
  }
}
