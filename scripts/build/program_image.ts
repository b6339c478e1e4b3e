/** How an executable's program is written down, for either linker. */

import type { Permissions } from "../../core/cli/program.ts";
import { boot } from "./boot.ts";
import { HIDDEN_VARIABLES, INJECTED_VARIABLES, KEPT_VARIABLES } from "./environment.ts";
import { permissionFlags, RUN_FLAGS } from "./flags.ts";
import type { Injection } from "./segment.ts";

/** A bundled program. */
export interface Program {
  /** Its name, as it stands in stacks. */
  readonly name: string;
  /** What it may do. */
  readonly permissions: Permissions;
  /** Its text, a CommonJS module. */
  readonly bundle: string;
}

/** Makes what the stub of an executable hands on: the boot as a script, the program after it. */
export function makeInjection(program: Program): Injection {
  // The stub adds the name the process was started under, then come the user's arguments.
  const script = `const [source, name, ...args] = Deno.args; (${boot})({ source, name, args });`;
  return {
    args: [
      "run",
      "--quiet",
      ...RUN_FLAGS,
      ...permissionFlags(program.permissions),
      `data:application/javascript;base64,${new TextEncoder().encode(script).toBase64()}`,
      makeSource(program),
    ],
    variables: INJECTED_VARIABLES,
    keep: KEPT_VARIABLES,
    drop: HIDDEN_VARIABLES,
  };
}

/** Makes the one script that `deno compile` is given. */
export function makeScript(program: Program): string {
  return `(${boot})({ source: ${JSON.stringify(makeSource(program))}, args: Deno.args });\n`;
}

function makeSource({ name, bundle }: Program): string {
  return `((require,module={exports:{}},exports=module.exports)=>{${bundle}\n})` +
    `\n//# sourceURL=${name}.js`;
}
