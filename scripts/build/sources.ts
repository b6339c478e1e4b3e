/** What there is to build. */

import { join, toFileUrl } from "@std/path";
import type { Role } from "../../core/cli/program.ts";
import type { Source } from "./executable.ts";
import { ROOT } from "./run_deno.ts";

const MULTI_CALL = "pinion";

/** Lists the executables of the project: the multi-call one, and one for each file in cmd/. */
export async function listExecutables(): Promise<string[]> {
  const names = [MULTI_CALL];
  for await (const { name } of Deno.readDir(join(ROOT, "cmd"))) {
    if (name.endsWith(".ts")) names.push(name.slice(0, -".ts".length));
  }
  return names.toSorted();
}

/**
 * Loads what an executable is made from.
 *
 * @param name one of {@linkcode listExecutables}
 */
export async function loadSource(name: string): Promise<Source> {
  const path = join(ROOT, name === MULTI_CALL ? "main.ts" : `cmd/${name}.ts`);
  const { role, roles } = await import(toFileUrl(path).href) as { role: Role; roles?: Role[] };
  const parts = roles?.map((role) => ({
    path: join(ROOT, "cmd", `${role.program.name}.ts`),
    role,
  }));
  return { path, role, ...(parts && { parts }) };
}
