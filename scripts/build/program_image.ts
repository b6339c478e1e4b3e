/** How a linked executable starts its program: the arguments and variables the stub hands on. */

import type { Permissions } from "../../core/cli/program.ts";
import { HIDDEN_VARIABLES, INJECTED_VARIABLES, KEPT_VARIABLES } from "./environment.ts";
import { permissionFlags, RUN_FLAGS } from "./flags.ts";
import type { Injection } from "./segment.ts";

/**
 * The script that the runtime is given. The program itself is the argument after it, as text: a
 * module of 300 KB, parsed by the runtime to look for imports, would take three times as long to
 * start. The stub adds the name the process was started under, then come the user's arguments.
 */
const BOOT = `
const [source, name, ...args] = Deno.args;
Object.defineProperty(Deno, "args", { value: Object.freeze(args), enumerable: true });
globalThis[Symbol.for("pinion.name")] = name;
(0, eval)(source)((id) => process.getBuiltinModule(id));
`.trim().replaceAll("\n", "");

/**
 * Makes what an executable holds.
 *
 * @param bundle the program as a CommonJS text
 * @param options.name the program's name, as it stands in stacks
 * @param options.permissions what it may do
 */
export function makeInjection(
  bundle: string,
  { name, permissions }: { name: string; permissions: Permissions },
): Injection {
  const source = `((require,module={exports:{}},exports=module.exports)=>{${bundle}\n})` +
    `\n//# sourceURL=${name}.js`;
  return {
    args: [
      "run",
      "--quiet",
      ...RUN_FLAGS,
      ...permissionFlags(permissions),
      `data:application/javascript;base64,${btoa(BOOT)}`,
      source,
    ],
    variables: INJECTED_VARIABLES,
    keep: KEPT_VARIABLES,
    drop: HIDDEN_VARIABLES,
  };
}
