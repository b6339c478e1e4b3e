/** Bundling: one role with everything it imports, as one JavaScript text. */

import { join } from "@std/path";
import { MARK } from "../../core/install/is_pinion.ts";
import { ROOT, runDeno } from "./run_deno.ts";

/**
 * Bundles a role.
 *
 * @param source path of the module that exports the role
 * @returns the minified text, a CommonJS script that starts the role
 * @throws {Error} with the bundler's output if it fails
 */
export async function bundleRole(source: string): Promise<string> {
  const folder = await Deno.makeTempDir({ prefix: "pinion-bundle-" });
  try {
    const entry = join(folder, "entry.ts");
    await Deno.writeTextFile(
      entry,
      `import { role } from ${JSON.stringify(source)};
import { startRole } from ${JSON.stringify(join(ROOT, "core/cli/start.ts"))};
startRole(role);
`,
    );
    const output = join(folder, "bundle.js");
    await runDeno(["bundle", "--minify", "--quiet", "--format=cjs", "--output", output, entry]);
    return `${await Deno.readTextFile(output)}\n// ${MARK}\n`;
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}
