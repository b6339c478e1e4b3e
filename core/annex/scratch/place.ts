/** Where a local disk is mounted, and whom it is for. */

import { makeDirectory } from "../directories.ts";
import { AnnexError } from "../errors.ts";
import type { AnnexHost } from "../host.ts";
import { checkDirectory } from "../safe_file.ts";
import type { ScratchDevice } from "./devices.ts";
import { readMounts } from "./mounts.ts";

/** Where it is mounted if nothing else is there, and where it is mounted otherwise. */
const PLACES = ["/mnt", "/var/lib/condor/execute-local"] as const;

/** The largest file of accounts that is read, in bytes. */
const LARGEST_ACCOUNTS = 4 << 20;

/**
 * The place that a disk is mounted on, or is to be: an empty directory of root's.
 *
 * @throws {AnnexError} `scratch-failed` when there is none
 */
export async function choosePlace(
  host: AnnexHost,
  { name, mounts }: ScratchDevice,
): Promise<{ readonly path: string; readonly isMounted: boolean }> {
  const mounted = PLACES.find((path) => mounts.includes(host.root + path));
  if (mounted !== undefined) return { path: mounted, isMounted: true };
  if (mounts.length > 0) throw failed(`"/dev/${name}" is mounted on "${mounts[0]}"`);
  const all = await readMounts(host) ?? [];
  for (const path of PLACES) {
    // The second is this program's own, and may be made.
    if (path !== PLACES[0]) await makeDirectory(host, path, { mode: 0o755 });
    const isTaken = all.some(({ point }) => point === host.root + path);
    if (!isTaken && await isEmptyDirectory(host, path)) return { path, isMounted: false };
  }
  throw failed(`neither "${PLACES[0]}" nor "${PLACES[1]}" is empty`);
}

/**
 * The directory in which jobs run, made for HTCondor's own user.
 *
 * @returns its path, without the host's root
 * @throws {AnnexError} `scratch-failed` where there is no such user
 */
export async function makeExecuteDirectory(host: AnnexHost, place: string): Promise<string> {
  const path = `${place}/execute`;
  const { uid, gid } = await condorUser(host);
  try {
    await Deno.mkdir(host.root + path, { mode: 0o700 });
  } catch (error) {
    if (!(error instanceof Deno.errors.AlreadyExists)) throw error;
    if (!(await Deno.lstat(host.root + path)).isDirectory) {
      throw failed(`"${path}" is no directory`);
    }
  }
  await Deno.chmod(host.root + path, 0o755);
  await Deno.chown(host.root + path, uid, gid);
  return path;
}

/** The account `condor`, which HTCondor's packages make (passwd(5)). */
async function condorUser(
  host: AnnexHost,
): Promise<{ readonly uid: number; readonly gid: number }> {
  const path = `${host.root}/etc/passwd`;
  if ((await Deno.stat(path)).size > LARGEST_ACCOUNTS) throw failed('"/etc/passwd" is too long');
  const [, uid, gid] = /^condor:[^:\n]*:(\d{1,10}):(\d{1,10}):/m.exec(
    await Deno.readTextFile(path),
  ) ?? [];
  if (uid === undefined || gid === undefined) throw failed('there is no user "condor"');
  return { uid: Number(uid), gid: Number(gid) };
}

async function isEmptyDirectory(host: AnnexHost, path: string): Promise<boolean> {
  try {
    await checkDirectory(host, path);
    for await (const _ of Deno.readDir(host.root + path)) return false;
    return true;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound || error instanceof AnnexError) return false;
    throw error;
  }
}

/** The error for a local disk that cannot be used; an annex works without one. */
export function failed(state: string): AnnexError {
  return new AnnexError(`Cannot set up a local disk: ${state}`, { code: "scratch-failed" });
}
