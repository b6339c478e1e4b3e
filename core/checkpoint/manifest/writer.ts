/** Writing a MANIFEST again as its files go, so that whoever comes next does not start over. */
import { basename, dirname } from "@std/path";
import { newSha256 } from "./hash.ts";
import { LF, makeLine } from "./lines.ts";
import { type Manifest, selfNameOf } from "./reader.ts";

/** Bytes written at once. */
const CHUNK_SIZE = 1024 * 1024;

/** Whether a file is what is left of a rewriting that was interrupted, going by its name. */
export function isStaleTemporary(fileName: string): boolean {
  return /^\._condor_checkpoint_(MANIFEST|FAILURE)\.\d{1,20}\.\d{1,20}\.tmp$/.test(fileName);
}

/**
 * Replaces a MANIFEST by one that has only some of its records, and a self line that fits.
 *
 * Whatever happens, the file is the old one or the new one, and what is under its name when this
 * returns is on the disk. It keeps its owner; its mode is 0600. Nobody else may be writing it: the
 * caller holds the lock of its directory.
 *
 * @param path where it was read from
 * @param manifest what was read
 * @param options.keep which records stay
 * @throws whatever the runtime throws, e.g. with code `ENOSPC`; the old file is there then
 */
export async function rewriteManifest(
  path: string,
  manifest: Manifest,
  { keep }: { keep: (index: number) => boolean },
): Promise<void> {
  const { lstat, open, rename, rm } = await import("node:fs/promises");
  const folder = dirname(path);
  const temporary = `${folder}/.${basename(path)}.${Deno.pid}.tmp`;
  const { uid, gid } = await lstat(path);
  // One of the same name was left by a process that is gone.
  await rm(temporary, { force: true });
  try {
    const file = await open(temporary, "wx", 0o600);
    try {
      const created = await file.stat();
      if (created.uid !== uid || created.gid !== gid) {
        // Only root may give files away; an owner's file stays the owner's whatever its group.
        await file.chown(uid, gid).catch((error) => {
          if (created.uid !== uid) throw error;
        });
      }
      for await (const chunk of contentOf(manifest, keep)) await file.writeFile(chunk);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(temporary, path);
  } catch (error) {
    await rm(temporary, { force: true }).catch(() => {});
    throw error;
  }
  const directory = await open(folder, "r");
  try {
    await directory.sync();
  } finally {
    await directory.close();
  }
}

/** The new content, in pieces that are good until the next one is asked for. */
async function* contentOf(
  manifest: Manifest,
  keep: (index: number) => boolean,
): AsyncGenerator<Uint8Array> {
  const hash = await newSha256();
  for (const chunk of recordsOf(manifest, keep)) {
    hash.update(chunk);
    yield chunk;
  }
  const name = new TextEncoder().encode(selfNameOf(manifest.fileName));
  yield makeLine(hash.digest("hex"), name);
}

/** The records that stay, gathered in chunks. */
function* recordsOf(manifest: Manifest, keep: (index: number) => boolean): Generator<Uint8Array> {
  const chunk = new Uint8Array(CHUNK_SIZE);
  let filled = 0;
  for (let index = 0; index < manifest.count; index++) {
    if (!keep(index)) continue;
    const record = manifest.record(index);
    if (filled + record.length + 1 > CHUNK_SIZE) {
      yield chunk.subarray(0, filled);
      filled = 0;
    }
    if (record.length + 1 > CHUNK_SIZE) {
      yield record;
    } else {
      chunk.set(record, filled);
      filled += record.length;
    }
    if (record.at(-1) !== LF) chunk[filled++] = LF;
  }
  yield chunk.subarray(0, filled);
}
