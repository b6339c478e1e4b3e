/** The HTCondor configuration that puts installed roles to use. */

import { basename, join } from "@std/path";
import type { Program } from "../cli/program.ts";

/** What the lines need to know of a role. */
export type Installed = Pick<Program, "name" | "examples">;

/** Plug-ins of HTCondor that a role takes the place of, by the role's name. */
const UPSTREAM_PLUGINS = ["curl_plugin", "data_plugin", "box_plugin", "gdrive_plugin"] as const;

/**
 * Writes configuration lines: for execution points those of transfer plug-ins, for access points
 * those of clean-up plug-ins, `condor_manifest` and the local token issuer.
 *
 * @param dir absolute path of the directory the roles were installed in
 * @param roles the roles; lines of the map are among a clean-up plug-in's examples
 * @returns lines for a file in HTCondor's `config.d`, or nothing if no role needs any
 * @see HTCondor manual, "Third Party/Delegated file, credential and checkpoint transfer",
 *   "Self-Checkpointing Jobs" and "Enabling the Use of OAuth2 Credentials"
 */
export function condorLines(dir: string, roles: readonly Installed[]): string {
  const cleanups = roles.filter(({ name }) => /^cleanup_.*_checkpoint$/.test(name));
  const parts = [
    transferLines(dir, roles.map(({ name }) => name).filter((name) => name.endsWith("_plugin"))),
    cleanupLines(dir, cleanups),
    roles.some(({ name }) => name === "condor_manifest") ? manifestLines(dir) : [],
    roles.some(({ name }) => name === "condor_credmon_local") ? issuerLines(dir) : [],
  ];
  return parts.filter((lines) => lines.length > 0).map((lines) => `${lines.join("\n")}\n`)
    .join("\n");
}

function transferLines(dir: string, plugins: readonly string[]): string[] {
  if (plugins.length === 0) return [];
  const replaced = plugins.filter((n) => (UPSTREAM_PLUGINS as readonly string[]).includes(n));
  const paths = plugins.map((name) => join(dir, name));
  return [
    "# For each method the last plug-in in the list that offers it wins, so these are used instead",
    replaced.length > 0
      ? `# of HTCondor's own (${replaced.join(", ")}), which remain for where these cannot start.`
      : "# of any other.",
    `FILETRANSFER_PLUGINS = $(FILETRANSFER_PLUGINS), ${paths.join(", ")}`,
  ];
}

function cleanupLines(dir: string, roles: readonly Installed[]): string[] {
  if (roles.length === 0) return [];
  const examples = roles.flatMap(({ name, examples = [] }) =>
    examples.filter((example) => example.name.startsWith("*"))
      .map((example) => example.name.replace(/ +/g, " ").replace(` ${name}`, ` ${join(dir, name)}`))
  );
  return [
    "# The checkpoint destination map file has a line for each destination, such as:",
    ...examples.map((line) => `#   ${line}`),
    "# If this access point has no such file yet, it is to be named:",
    "#CHECKPOINT_DESTINATION_MAPFILE = $(ETC)/checkpoint-destination-mapfile",
  ];
}

function manifestLines(dir: string): string[] {
  const timer = `# For the timer that tries again: ${join(dir, "condor_manifest")} print-file`;
  // Nothing is to be told where it lies in HTCondor's own place.
  if (basename(dir) === "bin") return [timer];
  return [
    "# HTCondor's daemons start condor_manifest from BIN. These look here instead:",
    `SCHEDD.BIN = ${dir}`,
    `SHADOW.BIN = ${dir}`,
    "# The schedd finds this one in BIN, too.",
    "SCHEDD.HISTORY_HELPER = /usr/bin/condor_history",
    timer,
  ];
}

function issuerLines(dir: string): string[] {
  const program = join(dir, "condor_credmon_local");
  return [
    "# The local token issuer in the place of HTCondor's credential monitor, with values of your own:",
    "#use feature : OAUTH",
    `#CREDMON_OAUTH = ${program}`,
    "#SEC_DEFAULT_ENCRYPTION = REQUIRED",
    "#LOCAL_CREDMON_PROVIDER_NAMES = scitokens",
    "#LOCAL_CREDMON_ISSUER = https://ap.example.org/scitokens",
    "#LOCAL_CREDMON_KEY_ID = the key's",
    "#LOCAL_CREDMON_TOKEN_AUDIENCE = https://storage.example.org",
    `# What is missing it says itself: ${program} -check-config`,
  ];
}
