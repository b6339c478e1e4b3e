/**
 * A file-transfer plug-in: everything but the moving of bytes.
 *
 * HTCondor's side of the interface is the manual's section "File Transfer Plugins"; the author's
 * side is one `Scheme`, or several.
 */
import type { Permissions, Role } from "../cli/program.ts";
import { UsageError } from "../errors.ts";
import { type Host, SYSTEM_HOST } from "./host.ts";
import { type Invocation, readInvocation } from "./invocation.ts";
import { describePlugin, type PluginDefinition } from "./plugin_definition.ts";
import { PluginRun } from "./plugin_run.ts";
import { queryAnswer } from "./query.ts";

export type { PluginDefinition };

/** What every plug-in needs. */
const PERMISSIONS: Permissions = { read: true, write: true, env: true, sys: ["hostname"] };

/**
 * The executable of a plug-in.
 *
 * ```ts
 * import { transferPlugin } from "./plugin.ts";
 * export const role = transferPlugin({
 *   name: "copy_plugin",
 *   version: "1.0",
 *   summary: "copy files",
 *   methods: ["copy"],
 *   download: (url, path) => Deno.copyFile(url.slice("copy://".length), path),
 * });
 * ```
 */
export function transferPlugin(definition: PluginDefinition): Role {
  return {
    program: describePlugin(definition),
    permissions: { ...PERMISSIONS, ...definition.permissions },
    plugins: [{
      name: definition.name,
      version: definition.version,
      methods: definition.methods,
    }],
    main: (args) => runPlugin(definition, args),
  };
}

/**
 * Runs a plug-in.
 *
 * @param args the arguments after the program's name
 * @param host the machine
 * @returns the exit status: 0 when all was moved, 1 otherwise
 */
export async function runPlugin(
  definition: PluginDefinition,
  args: readonly string[],
  host: Host = SYSTEM_HOST,
): Promise<number> {
  let invocation: Invocation;
  try {
    invocation = readInvocation(describePlugin(definition), args);
  } catch (error) {
    if (error instanceof UsageError) new PluginRun(definition, host).misuse(args, error);
    throw error;
  }
  switch (invocation.kind) {
    case "query":
      host.stdout(queryAnswer(definition, host.env));
      return 0;
    case "print":
      host.stdout(`${invocation.text}\n`);
      return 0;
    case "single":
      return await new PluginRun(definition, host).single(invocation);
    case "batch":
      return await new PluginRun(definition, host).batch(invocation);
  }
}
