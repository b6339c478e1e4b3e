/** Making one executable: bundle, then whichever linker there is. */

import { join } from "@std/path";
import type { Role } from "../../core/cli/program.ts";
import { findDeno } from "./base.ts";
import { bundleRole } from "./bundle.ts";
import { linkWithDenort } from "./denort.ts";
import { linkWithNpmDeno } from "./npm_linker.ts";
import type { Target } from "./pin.ts";
import { makeInjection } from "./program_image.ts";

/** The two ways to make a file of a bundle. */
export type Linker = "deno compile" | "npm linker";

/** A module of the project that exports a role. */
export interface Source {
  /** Path of the module. */
  readonly path: string;
  readonly role: Role;
}

/**
 * Makes the executable of a role.
 *
 * @param source the role and where it is
 * @param options.output path of the executable; replaced if it exists
 * @param options.target the platform it is for
 * @param options.linker how to make it
 */
export async function buildExecutable(
  { path, role }: Source,
  { output, target, linker }: { output: string; target: Target; linker: Linker },
): Promise<void> {
  const { program: { name }, permissions } = role;
  if (linker === "npm linker") {
    const injection = makeInjection(await bundleRole(path, "cjs"), { name, permissions });
    return await linkWithNpmDeno(await findDeno(target), { output, injection });
  }
  const folder = await Deno.makeTempDir({ prefix: "pinion-build-" });
  try {
    const bundle = join(folder, `${name}.js`);
    await Deno.writeTextFile(bundle, await bundleRole(path, "esm"));
    await linkWithDenort(bundle, { output, target, permissions });
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}
