/**
 * What a plug-in is, and the description of its executable.
 */
import type { Entry, Permissions } from "../cli/program.ts";
import { PINION_VERSION } from "../version.ts";
import type { Host } from "./host.ts";
import { PLUGIN_OPTIONS, PLUGIN_USAGE, type PluginProgram } from "./invocation.ts";
import { TRANSFER_OPTIONS } from "./option_table.ts";
import type { Scheme } from "./scheme.ts";

/** What a plug-in is: its name, its methods, and how they move bytes. */
export interface PluginDefinition extends Scheme {
  /** Name of the executable; its part before `_plugin` is the prefix of its options. */
  readonly name: string;
  /** `PluginVersion`. */
  readonly version: string;
  /** What it is, in one line without a full stop. */
  readonly summary: string;
  /** The schemes, when there are several or they need to know the machine. */
  schemes?(host: Host): readonly Scheme[];
  /** What it needs besides reading and writing files. */
  readonly permissions?: Permissions;
  /** Environment variables of its own, for the man page. */
  readonly environment?: readonly Entry[];
}

/** Prefix of a plug-in's variables in the environment, by HTCondor's rule for its base name. */
export function environmentPrefix(name: string): string {
  return name.replace(/_plugin.*$|\.[^.]*$/, "").toUpperCase();
}

/** The description of a plug-in's executable: help, man page and completion are made from it. */
export function describePlugin(definition: PluginDefinition): PluginProgram {
  const prefix = environmentPrefix(definition.name);
  return {
    name: definition.name,
    version: `${PINION_VERSION}, plug-in version ${definition.version}`,
    summary: definition.summary,
    usage: PLUGIN_USAGE,
    options: PLUGIN_OPTIONS,
    operands: { min: 0, max: 2 },
    description: [
      `A file-transfer plug-in of HTCondor for the methods ${definition.methods.join(", ")}. ` +
      "HTCondor starts it with -infile and -outfile, once for all files of a job; with a URL and " +
      "a file name it moves one file.",
      "The options below may also be set by a job, as attributes of MY.PluginData or of " +
      "MY.<method>_PluginData, and by an administrator, as FTPlugin<Name> in the machine's ad.",
    ],
    configuration: TRANSFER_OPTIONS.map(({ name, text }) => ({ name, text })),
    environment: [
      ...TRANSFER_OPTIONS.filter(({ environment }) => environment !== undefined)
        .map(({ environment, name }) => ({
          name: `${prefix}_${environment}`,
          text: `As ${name}.`,
        })),
      {
        name: "FTPLUGIN_ADMIN_LIMITS",
        text: "JSON file with upper limits for MaxParallel, MaxPerHost and Deadline; " +
          "/etc/condor/ft-plugins.json without it.",
      },
      ...definition.environment ?? [],
    ],
    exitStatus: [
      { name: "0", text: "All files were moved." },
      { name: "1", text: "Something was not; the out file says what." },
    ],
  };
}
