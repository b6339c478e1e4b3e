/** Reading the settings of a program, by HTCondor's own tool or from its files. */
import { askCondorConfigVal } from "./condor_config_val.ts";
import { DISK } from "./files.ts";
import { Config, type Knobs } from "./knobs.ts";
import { ConfigReader, type ReaderOptions } from "./reader.ts";
import { ConfigWatch, RecordingFiles } from "./sources.ts";
import { type ToolChoice, toolOf } from "./tool.ts";

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

/** Settings, and the files that they come from as they were before. */
export interface Watched<K extends Knobs> {
  readonly config: Config<K>;
  readonly watch: ConfigWatch;
}

/**
 * Reads the settings of a program that is to notice when they change.
 *
 * @param options.now Unix time in milliseconds, as the file systems have it
 * @throws {ConfigError} when the configuration cannot be read
 */
export async function readWatchedConfig<K extends Knobs>(
  knobs: K,
  options: ConfigOptions & { readonly now: () => number },
): Promise<Watched<K>> {
  if (toolOf(options) !== false) {
    const [watch, config] = await Promise.all([
      ConfigWatch.start(options),
      readConfig(knobs, options),
    ]);
    return { config, watch };
  }
  const from = options.now();
  const files = new RecordingFiles(options.files ?? DISK);
  const config = await readConfig(knobs, { ...options, tool: false, files });
  return { config, watch: ConfigWatch.of([...files.seen], from) };
}

/** Other knobs may refer to one that nothing sets: `$(X)` is then its default. */
function defaultText(knobs: Knobs, name: string): string | undefined {
  const key = name.toUpperCase();
  const value = Object.hasOwn(knobs, key) ? knobs[key]?.default : undefined;
  return value === undefined ? undefined : Array.isArray(value) ? value.join(", ") : `${value}`;
}
