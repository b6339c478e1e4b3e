/** The `deno` binary that executables are made from. */

import { createHash } from "node:crypto";
import { join } from "@std/path";
import { DENO_PACKAGES, DENO_VERSION } from "./pin.ts";
import type { Target } from "./pin.ts";
import { denoInfo, runDeno } from "./run_deno.ts";

/**
 * Finds the pinned `deno` binary for a target: the running one if it is that very file, else the
 * one in its npm package, which Deno fetches into its own cache (by the registry, proxy and
 * certificate settings that it always follows, and checked against the registry's hash).
 *
 * @param target the platform
 * @returns its path; its SHA-256 is the pinned one
 * @throws {Error} if npm does not have it or hands out another file
 */
export async function findDeno(target: Target): Promise<string> {
  const { name, sha256 } = DENO_PACKAGES[target];
  if (await hashFile(Deno.execPath()) === sha256) return Deno.execPath();

  await runDeno(["cache", "--no-lock", `npm:${name}@${DENO_VERSION}`]);
  const { npmCache } = await denoInfo();
  const hashes: string[] = [];
  // One folder for each registry that was ever used.
  for await (const { name: registry } of Deno.readDir(npmCache)) {
    const path = join(npmCache, registry, name, DENO_VERSION, "deno");
    const hash = await hashFile(path).catch(() => undefined);
    if (hash === sha256) return path;
    if (hash) hashes.push(hash);
  }
  throw new Error(
    `Cannot use npm package "${name}@${DENO_VERSION}": SHA-256 of "deno" must be ${sha256}, ` +
      `found ${hashes.join(" and ") || "no such file"}`,
  );
}

/**
 * Takes a file's SHA-256.
 *
 * @param path the file
 * @returns 64 hexadecimal digits
 */
export async function hashFile(path: string): Promise<string> {
  const hash = createHash("sha256");
  using file = await Deno.open(path);
  const buffer = new Uint8Array(1 << 20);
  for (let n = file.readSync(buffer); n !== null; n = file.readSync(buffer)) {
    hash.update(buffer.subarray(0, n));
  }
  return hash.digest("hex");
}
