/** The kernel's file systems inside the pool root: mounted when missing, taken away before removal. */

import { PoolError, run } from "./command.ts";

/** What each mount point of the root takes, in order. */
const MOUNTS: readonly (readonly [string, readonly [string, ...string[]]])[] = [
  ["proc", ["mount", "-t", "proc", "proc"]],
  // A slave copy: what is unmounted below it must never be unmounted on the host too.
  ["dev", ["mount", "--rbind", "--make-rslave", "/dev"]],
  ["sys", ["mount", "--rbind", "--make-rslave", "/sys"]],
];

/** Mount points at or below a folder, outermost first, from proc_pid_mountinfo(5). */
export function mountPointsUnder(folder: string, mountinfo: string): string[] {
  return mountinfo.split("\n")
    .map((line) => line.split(" ")[4] ?? "")
    .map((point) =>
      point.replace(/\\([0-7]{3})/g, (_, octal) => String.fromCharCode(parseInt(octal, 8)))
    )
    .filter((point) => point === folder || point.startsWith(`${folder}/`));
}

async function mountedUnder(folder: string): Promise<string[]> {
  return mountPointsUnder(folder, await Deno.readTextFile("/proc/self/mountinfo"));
}

/** Mounts what is not yet mounted, also after a reboot took the mounts of a whole root away. */
export async function mountAll(root: string): Promise<void> {
  const mounted = new Set(await mountedUnder(root));
  for (const [name, words] of MOUNTS) {
    const point = `${root}/${name}`;
    if (!mounted.has(point)) await run([...words, point]);
  }
}

/**
 * Unmounts everything under the root.
 *
 * @throws {PoolError} when something stays mounted: nothing may be deleted then.
 */
export async function unmountAll(root: string): Promise<void> {
  for (const [name] of MOUNTS) {
    const point = `${root}/${name}`;
    // The same name may be mounted several times over, by hand or by an interrupted run.
    for (let left = 8; left > 0 && (await mountedUnder(point)).includes(point); left--) {
      await run(["mount", "--make-rslave", point]);
      await run(["umount", "--recursive", "--lazy", point]);
    }
  }
  const left = await mountedUnder(root);
  if (left.length > 0) throw new PoolError(`Cannot unmount the pool root: "${left[0]}" stays`);
}
