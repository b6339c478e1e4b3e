/** Whether a file of an administrator's is where nobody else can put another in its place. */
import { dirname } from "@std/path";

/** A place that others can change. The message is the state found alone. */
export class UnsafePath extends Error {
  override readonly name = "UnsafePath";
}

/** Most steps through directories and links (path_resolution(7) allows 40 links). */
const MOST_STEPS = 400;

/** Who may own what leads to the file: root, and whoever this process is. */
function isTrusted(uid: number | null): boolean {
  return uid === 0 || uid === Deno.uid();
}

/**
 * Follows a path as the kernel does and looks at each directory and each link on the way.
 *
 * A directory that group or others can write to is refused unless it is sticky, as is whatever
 * belongs to another user than root or this process's own.
 *
 * @param path absolute
 * @returns the path without links; what it leads to is not looked at, and may be missing
 * @throws {UnsafePath}, or what the runtime throws
 */
export function resolveSafely(path: string): string {
  let left = path.split("/").filter((name) => name !== "" && name !== ".");
  let here = "/";
  checkDirectory(here);
  for (let steps = 0; left.length > 0; steps++) {
    if (steps > MOST_STEPS) throw new UnsafePath("too many links lead to it");
    const [name, ...rest] = left;
    left = rest;
    if (name === "..") {
      here = dirname(here);
      continue;
    }
    const next = here === "/" ? `/${name}` : `${here}/${name}`;
    const info = lookAt(next);
    if (info?.isSymlink === true) {
      if (!isTrusted(info.uid)) throw new UnsafePath(`link "${next}" is of uid ${info.uid}`);
      const target = Deno.readLinkSync(next);
      if (target.startsWith("/")) here = "/";
      left = [...target.split("/").filter((one) => one !== "" && one !== "."), ...left];
      continue;
    }
    here = next;
    if (left.length > 0) checkDirectory(here);
  }
  return here;
}

function lookAt(path: string): Deno.FileInfo | undefined {
  try {
    return Deno.lstatSync(path);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw error;
  }
}

function checkDirectory(path: string): void {
  const { isDirectory, mode, uid } = Deno.lstatSync(path);
  if (!isDirectory) throw new UnsafePath(`"${path}" is no directory`);
  if (!isTrusted(uid)) throw new UnsafePath(`directory "${path}" is of uid ${uid}`);
  const bits = mode ?? 0;
  if ((bits & 0o022) !== 0 && (bits & 0o1000) === 0) {
    const shown = (bits & 0o7777).toString(8).padStart(4, "0");
    throw new UnsafePath(`others can write to directory "${path}": its mode is ${shown}`);
  }
}
