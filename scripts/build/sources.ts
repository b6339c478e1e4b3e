/** What there is to build. */

import { join, toFileUrl } from "@std/path";
import type { Role } from "../../core/cli/program.ts";
import type { Source } from "./executable.ts";
import { ROOT } from "./run_deno.ts";

/** Finds the roles of the project: main.ts and each file in cmd/. */
export async function findSources(): Promise<Source[]> {
  const paths = [join(ROOT, "main.ts")];
  for await (const { name } of Deno.readDir(join(ROOT, "cmd"))) {
    if (name.endsWith(".ts")) paths.push(join(ROOT, "cmd", name));
  }
  return await Promise.all(
    paths.toSorted().map(async (path) => {
      const { role } = await import(toFileUrl(path).href) as { role: Role };
      return { path, role };
    }),
  );
}
