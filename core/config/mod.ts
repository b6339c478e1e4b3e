/** HTCondor's configuration: typed knobs, from its own tool or from its files. */
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
export { type ConfigOptions, readConfig, readWatchedConfig, type Watched } from "./read_config.ts";
export { ConfigReader, HTCONDOR_VERSION, type ReaderOptions } from "./reader.ts";
export { type ConfigSources, configSources, ConfigWatch, type WatchOptions } from "./sources.ts";
