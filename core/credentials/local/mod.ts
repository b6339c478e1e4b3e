/** Issues tokens on this machine, with keys of its own. */
export { type CreatedKey, createMissingKey } from "./create_key.ts";
export {
  explainConfig,
  type ExplainOptions,
  type Explanation,
  type ProviderReport,
} from "./explain.ts";
export { GroupMapError } from "./group_map.ts";
export type { Issued } from "./issue.ts";
export { LOCAL_KNOBS, localKnobs, NAME_KNOBS, type SettingSource } from "./knobs.ts";
export { LocalMonitor, type LocalMonitorOptions } from "./monitor.ts";
export { type ProviderNames, providerNames } from "./names.ts";
export { issueToken, type OneOffOptions, preCreate, type PreCreated } from "./one_off.ts";
export { type LocalIssuer, openLocal, type OpenOptions } from "./open.ts";
export type { LocalProvider } from "./provider.ts";
export type { Narrowing } from "./request.ts";
export type { Problem } from "./settings.ts";
