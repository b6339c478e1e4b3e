/** Executables that are newer than what they are made from. */

import { join } from "@std/path";
import { ROOT } from "../build/run_deno.ts";

/** Where executables lie. */
export const DIST: string = join(ROOT, "dist");

/** What executables are made from. */
const SOURCES = ["cmd", "core", "scripts/build", "scripts/build.ts", "main.ts", "deno.json"];

/**
 * Builds those executables in `dist` that are older than their sources, or not there.
 *
 * @param names names of executables
 * @param tell told what is being built
 * @throws {Error} if that does not succeed; the build has said why on standard error
 */
export async function buildStale(
  names: readonly string[],
  tell: (line: string) => void,
): Promise<void> {
  const stale = await staleExecutables(names, { root: ROOT, dist: DIST });
  if (stale.length === 0) return;
  tell(`  building ${stale.join(", ")} …`);
  const { success } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", "scripts/build.ts", ...stale],
    cwd: ROOT,
    stdin: "null",
    stdout: "null",
    stderr: "inherit",
  }).output();
  if (!success) throw new Error(`Cannot build ${stale.join(", ")}`);
}

/**
 * Finds the executables that have to be built.
 *
 * @param names names of executables
 * @param options.root the project's folder
 * @param options.dist where executables lie
 */
export async function staleExecutables(
  names: readonly string[],
  { root, dist }: { root: string; dist: string },
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
