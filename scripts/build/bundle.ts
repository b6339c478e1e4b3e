/** Bundling: one role with everything it imports, as one JavaScript text. */

import { join } from "@std/path";
import type { PluginFacts, Role } from "../../core/cli/program.ts";
import { MARK } from "../../core/cli/is_pinion.ts";
import { ROOT, runDeno } from "./run_deno.ts";

/**
 * Bundles a role.
 *
 * @param source path of the module that exports the role
 * @returns the minified text, a CommonJS script that starts the role
 * @throws {Error} with the bundler's output if it fails
 */
export async function bundleRole(source: string): Promise<string> {
  const script = await bundle(`
import { role } from ${JSON.stringify(source)};
import { startRole } from ${JSON.stringify(join(ROOT, "core/cli/start.ts"))};
startRole(role);
`);
  return `${script}\n// ${MARK}\n`;
}

/**
 * Bundles several roles as one that holds them all. What there is to know about each is written
 * down, so that only the one that is played has its modules run: they take longer than the runtime.
 *
 * @param parts where the roles are, and what they are
 * @returns the minified text, a CommonJS script that plays one of the roles
 * @throws {Error} with the bundler's output if it fails
 */
export async function bundleRoles(
  parts: readonly { readonly path: string; readonly role: Role }[],
): Promise<string> {
  const roles = parts.map(({ path, role: { main: _, ...facts } }) =>
    `{ ...${JSON.stringify(facts)}, ` +
    `main: async (args) => (await import(${JSON.stringify(path)})).role.main(args) }`
  );
  const script = await bundle(`
import { multiCall } from ${JSON.stringify(join(ROOT, "core/install/program.ts"))};
import { startRole } from ${JSON.stringify(join(ROOT, "core/cli/start.ts"))};
startRole(multiCall([${roles.join(",\n")}]));
`);
  return `${script}\n// ${MARK}\n`;
}

/**
 * Bundles what answers `-classad`: reading the whole program takes longer than that answer.
 *
 * @param plugins the plug-ins in the executable
 * @returns the minified text, a CommonJS script that answers and exits, or does nothing
 * @throws {Error} with the bundler's output if it fails
 */
export async function bundleQuery(plugins: readonly PluginFacts[]): Promise<string> {
  return await bundle(`
import { quickAnswer } from ${JSON.stringify(join(ROOT, "core/transfer/query.ts"))};
import { linkedName } from ${JSON.stringify(join(ROOT, "core/cli/invoked_name.ts"))};
const answer = quickAnswer(${JSON.stringify(plugins)}, {
  name: linkedName(),
  args: Deno.args,
  env: (name) => Deno.env.get(name),
});
if (answer !== undefined) {
  Deno.stdout.writeSync(new TextEncoder().encode(answer));
  Deno.exit(0);
}
`);
}

async function bundle(entry: string): Promise<string> {
  const folder = await Deno.makeTempDir({ prefix: "pinion-bundle-" });
  try {
    const [input, output] = [join(folder, "entry.ts"), join(folder, "bundle.js")];
    await Deno.writeTextFile(input, entry);
    await runDeno(["bundle", "--minify", "--quiet", "--format=cjs", "--output", output, input]);
    return await Deno.readTextFile(output);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}
