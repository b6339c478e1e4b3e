/** The HTCondor configuration that puts installed roles to use. */

import { join } from "@std/path";

/** Plug-ins of HTCondor that a role takes the place of, by the role's name. */
const UPSTREAM_PLUGINS = ["curl_plugin", "data_plugin", "box_plugin", "gdrive_plugin"] as const;

/**
 * Writes configuration lines for an execution point.
 *
 * @param dir absolute path of the directory the roles were installed in
 * @param names names of the roles
 * @returns lines for a file in HTCondor's `config.d`, or nothing if no role is a plug-in
 * @see HTCondor manual, "Third Party/Delegated file, credential and checkpoint transfer"
 */
export function condorLines(dir: string, names: readonly string[]): string {
  const plugins = names.filter((name) => name.endsWith("_plugin"));
  if (plugins.length === 0) return "";
  const replaced = plugins.filter((n) => (UPSTREAM_PLUGINS as readonly string[]).includes(n));
  const paths = plugins.map((name) => join(dir, name));
  return [
    "# For each method the last plug-in in the list that offers it wins, so these are used instead",
    replaced.length > 0
      ? `# of HTCondor's own (${replaced.join(", ")}), which remain for where these cannot start.`
      : "# of any other.",
    `FILETRANSFER_PLUGINS = $(FILETRANSFER_PLUGINS), ${paths.join(", ")}`,
    "",
  ].join("\n");
}
