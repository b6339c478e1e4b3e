/** The project's executables, for tests that start them. */

import { join, resolve } from "@std/path";
import { ensureDir } from "@std/fs";
import { buildExecutable } from "../../scripts/build/executable.ts";
import { DENO_PACKAGES } from "../../scripts/build/pin.ts";
import type { Target } from "../../scripts/build/pin.ts";
import { ROOT } from "../../scripts/build/run_deno.ts";
import { loadSource } from "../../scripts/build/sources.ts";

const FOLDER = join(ROOT, "dist", ".test");

/**
 * Gives a role's executable, built at most once in a test run, whatever number of files asks.
 * With `PINION_DIST` set, the one in that directory is taken as it is.
 *
 * @param name name of the role, or `pinion`
 * @returns its path
 */
export async function built(name: string): Promise<string> {
  const given = Deno.env.get("PINION_DIST");
  if (given) return resolve(given, name);

  await ensureDir(FOLDER);
  const output = join(FOLDER, name);
  const stamp = `${output}.run`;
  using lock = await Deno.open(join(FOLDER, "lock"), { create: true, write: true });
  await lock.lock(true);
  const run = await thisRun();
  if (await Deno.readTextFile(stamp).catch(() => "") === run) return output;
  const source = await loadSource(name);
  await buildExecutable(source, { output, target: hostTarget(), linker: "npm linker" });
  await Deno.writeTextFile(stamp, run);
  return output;
}

/** The platform that the tests run on. */
export function hostTarget(): Target {
  const { target } = Deno.build;
  if (!Object.hasOwn(DENO_PACKAGES, target)) throw new Error(`Cannot build for "${target}"`);
  return target as Target;
}

/** Whether the tests run as root, who may become another user. */
export function isRoot(): boolean {
  return Deno.uid() === 0;
}

/** Names this process: test files are run by one process, and its number may have been another's. */
async function thisRun(): Promise<string> {
  const stat = await Deno.readTextFile("/proc/self/stat");
  const [, ...fields] = stat.slice(stat.lastIndexOf(")")).split(" ");
  return `${Deno.pid} ${fields[19]}`;
}
