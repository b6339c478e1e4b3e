/** HTCondor's configuration: typed knobs, from its own tool or from its files. */
import { askCondorConfigVal } from "./condor_config_val.ts";
import { Config, type Knobs } from "./knobs.ts";
import { ConfigReader, type ReaderOptions } from "./reader.ts";
import { type ToolChoice, toolOf } from "./tool.ts";

export type { ConfigValOptions, Run } from "./condor_config_val.ts";
export { ConfigError } from "./error.ts";
export type { Files } from "./files.ts";
export {
  Config,
  defineKnobs,
  type Knob,
  type Knobs,
  type KnobValue,
  type Setting,
} from "./knobs.ts";
export { ConfigReader, HTCONDOR_VERSION, type ReaderOptions } from "./reader.ts";
export { type ConfigSources, configSources, ConfigWatch, type WatchOptions } from "./sources.ts";

/** Where {@linkcode readConfig} reads. */
export interface ConfigOptions extends ReaderOptions, ToolChoice {}

/**
 * Reads the settings of a program.
 *
 * Where HTCondor is installed its own `condor_config_val` is asked, in one process; elsewhere the
 * configuration files and `_CONDOR_<KNOB>` variables are read here. The environment wins both times.
 *
 * @throws {ConfigError} when the configuration cannot be read
 */
export async function readConfig<K extends Knobs>(
  knobs: K,
  options: ConfigOptions,
): Promise<Config<K>> {
  const tool = toolOf(options);
  if (tool !== false) {
    const asked = await askCondorConfigVal(Object.keys(knobs), tool);
    return new Config(knobs, (name) => asked.settings.get(name), asked.warnings);
  }
  const reader = new ConfigReader({ defaults: (name) => defaultText(knobs, name), ...options });
  reader.readAll();
  const warnings = [
    ...reader.warnings,
    ...reader.ignored.map((text) => `${text} (templates need HTCondor, ignored)`),
  ];
  return new Config(knobs, (name) => reader.find(name), warnings);
}

/** Other knobs may refer to one that nothing sets: `$(X)` is then its default. */
function defaultText(knobs: Knobs, name: string): string | undefined {
  const key = name.toUpperCase();
  const value = Object.hasOwn(knobs, key) ? knobs[key]?.default : undefined;
  return value === undefined ? undefined : Array.isArray(value) ? value.join(", ") : `${value}`;
}
