/** Whether the executables are newer than what they are made from. */

import { join } from "@std/path";

/** What executables are made from. */
const SOURCES = ["cmd", "core", "scripts/build", "scripts/build.ts", "main.ts", "deno.json"];

/**
 * Finds the executables that have to be built.
 *
 * @param root the project's folder
 * @param dist where the executables lie
 * @param names their names
 */
export async function staleExecutables(
  root: string,
  { dist, names }: { dist: string; names: readonly string[] },
): Promise<string[]> {
  const newest = Math.max(...await Promise.all(SOURCES.map((path) => changedAt(join(root, path)))));
  const stale: string[] = [];
  for (const name of names) {
    const { mtime } = await Deno.stat(join(dist, name)).catch(() => ({ mtime: null }));
    if (mtime === null || mtime.getTime() <= newest) stale.push(name);
  }
  return stale;
}

/** When a file, or the newest of a folder, was last changed. */
async function changedAt(path: string): Promise<number> {
  const { mtime, isDirectory } = await Deno.stat(path);
  let newest = mtime?.getTime() ?? 0;
  if (isDirectory) {
    for await (const { name } of Deno.readDir(path)) {
      newest = Math.max(newest, await changedAt(join(path, name)));
    }
  }
  return newest;
}
