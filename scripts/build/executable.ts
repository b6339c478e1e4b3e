/** Making one executable: bundle, then whichever linker there is. */

import type { Role } from "../../core/cli/program.ts";
import { findDeno } from "./base.ts";
import { bundleQuery, bundleRole, bundleRoles } from "./bundle.ts";
import { linkWithDenort } from "./denort.ts";
import { linkWithNpmDeno } from "./npm_linker.ts";
import type { Target } from "./pin.ts";

/** The two ways to make a file of a bundle. */
export type Linker = "deno compile" | "npm linker";

/** A module of the project that exports a role. */
export interface Source {
  /** Path of the module. */
  readonly path: string;
  readonly role: Role;
  /** The roles of a multi-call executable. */
  readonly parts?: readonly Source[];
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
  { path, role, parts }: Source,
  { output, target, linker }: { output: string; target: Target; linker: Linker },
): Promise<void> {
  const { program: { name }, permissions, plugins } = role;
  const [bundle, query] = await Promise.all([
    parts ? bundleRoles(parts) : bundleRole(path),
    plugins && bundleQuery(plugins),
  ]);
  const program = { name, permissions, bundle, query };
  if (linker === "deno compile") return await linkWithDenort(program, { output, target });
  await linkWithNpmDeno(program, { output, base: await findDeno(target) });
}
