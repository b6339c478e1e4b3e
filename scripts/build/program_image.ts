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
  /** What answers `-classad` in its place, likewise. */
  readonly query?: string | undefined;
}

/** Makes what the stub of an executable hands on: the boot as a script, the program after it. */
export function makeInjection(program: Program): Injection {
  // The stub adds the name the process was started under, then come the user's arguments.
  const script = "const [source, query, name, ...args] = Deno.args; " +
    `(${boot})({ source, query, name, args });`;
  return {
    args: [
      "run",
      "--quiet",
      ...RUN_FLAGS,
      ...permissionFlags(program.permissions),
      `data:application/javascript;base64,${new TextEncoder().encode(script).toBase64()}`,
      ...makeSources(program),
    ],
    variables: INJECTED_VARIABLES,
    keep: KEPT_VARIABLES,
    drop: HIDDEN_VARIABLES,
  };
}

/** Makes the one script that `deno compile` is given. */
export function makeScript(program: Program): string {
  const [source, query] = makeSources(program).map((text) => JSON.stringify(text));
  return `(${boot})({ source: ${source}, query: ${query}, args: Deno.args });\n`;
}

/** The program and the answer to `-classad`, as the boot takes them. */
function makeSources({ name, bundle, query }: Program): [string, string] {
  const wrap = (text: string) =>
    `((require,module={exports:{}},exports=module.exports)=>{${text}\n})` +
    `\n//# sourceURL=${name}.js`;
  return [wrap(bundle), query === undefined ? "" : wrap(query)];
}
