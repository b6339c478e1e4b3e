/** The first linker: `deno compile`, for where Deno's base runtime `denort` can be had. */

import { join } from "@std/path";
import { exists } from "@std/fs";
import { hashFile } from "./base.ts";
import { permissionFlags, RUN_FLAGS } from "./flags.ts";
import { DENO_PACKAGES, DENO_VERSION } from "./pin.ts";
import type { Target } from "./pin.ts";
import { makeScript } from "./program_image.ts";
import type { Program } from "./program_image.ts";
import { denoInfo, runDeno } from "./run_deno.ts";

const PROBE_MILLISECONDS = 3000;

/**
 * Says whether `deno compile` can get its base runtime: from `DENORT_BIN`, from Deno's cache, or
 * from its download site, which is asked once and given three seconds.
 *
 * @param target the platform
 * @param options.denort value of `DENORT_BIN`, if set
 * @param options.fetch for the download site
 * @throws {Error} if `DENORT_BIN` names no `denort`
 */
export async function hasDenort(
  target: Target,
  { denort, fetch = globalThis.fetch }: {
    denort?: string | undefined;
    fetch?: typeof globalThis.fetch;
  },
): Promise<boolean> {
  if (denort) {
    await checkDenort(denort);
    return true;
  }
  const archive = `release/v${DENO_VERSION}/denort-${target}.zip`;
  if (await exists(join((await denoInfo()).denoDir, "dl", archive))) return true;
  try {
    const response = await fetch(`https://dl.deno.land/${archive}`, {
      method: "HEAD",
      signal: AbortSignal.timeout(PROBE_MILLISECONDS),
    });
    await response.body?.cancel();
    return response.ok;
  } catch {
    return false;
  }
}

async function checkDenort(path: string): Promise<void> {
  if (!await exists(path)) throw new Error(`Cannot use DENORT_BIN "${path}": no such file`);
  const hash = await hashFile(path);
  if (Object.values(DENO_PACKAGES).some(({ sha256 }) => sha256 === hash)) {
    throw new Error(
      `Cannot use DENORT_BIN "${path}": this is the "deno" binary, which would ignore the program`,
    );
  }
}

/**
 * Makes an executable with `deno compile`.
 *
 * @param program what it is to run
 * @param options.output path of the executable to make; replaced if it exists
 * @param options.target the platform it is for
 * @param options.denort path of the base runtime; default what the compiler finds
 * @throws {Error} with the compiler's output if it fails
 */
export async function linkWithDenort(
  program: Program,
  { output, target, denort }: { output: string; target: Target; denort?: string },
): Promise<void> {
  const folder = await Deno.makeTempDir({ prefix: "pinion-compile-" });
  try {
    const script = join(folder, `${program.name}.js`);
    await Deno.writeTextFile(script, makeScript(program));
    await runDeno([
      "compile",
      "--quiet",
      // Else the executable writes what V8 compiled into the directory for temporary files.
      "--no-code-cache",
      ...RUN_FLAGS,
      ...permissionFlags(program.permissions),
      `--target=${target}`,
      `--output=${output}`,
      script,
    ], denort === undefined ? {} : { DENORT_BIN: denort });
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}
