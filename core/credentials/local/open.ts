/** From the configuration to a monitor. */
import type { NameOptions } from "../names.ts";
import type { SettingSource } from "./knobs.ts";
import { LocalMonitor } from "./monitor.ts";
import { providerNames } from "./names.ts";
import { conflicts } from "./ownership.ts";
import { loadProvider, type LocalProvider } from "./provider.ts";
import { type Problem, readProvider, type Surroundings } from "./settings.ts";

/** The local issuer as it is configured. */
export interface LocalIssuer extends NameOptions {
  readonly monitor: LocalMonitor;
  /** Those that can issue. */
  readonly providers: readonly LocalProvider[];
  /** What keeps others from it. */
  readonly problems: readonly Problem[];
  /** Lines for the log. */
  readonly warnings: readonly string[];
  /** Files that are read once: the issuer is to be opened anew when one of them changes. */
  readonly watched: readonly string[];
}

/** What a local issuer is opened with besides the configuration. */
export interface OpenOptions extends Surroundings {
  /** Takes a line for the log about something that was left out. */
  readonly note: (line: string) => void;
  /** The monitor that this one takes the place of. */
  readonly previous?: LocalMonitor;
}

/**
 * Reads the settings of all local providers, and their keys. What is wrong with one of them keeps
 * none of the others from working.
 *
 * @param config of a table with {@linkcode localKnobs} of the names
 * @throws {ConfigError} for names that are none: the program cannot work at all
 */
export async function openLocal(
  config: SettingSource,
  { note, previous, ...surroundings }: OpenOptions,
): Promise<LocalIssuer> {
  const { names, specialCharacters } = providerNames(config);
  const providers: LocalProvider[] = [];
  const problems: Problem[] = [];
  const watched = new Set<string>();
  const warnings = commonWarnings(config, names);
  for (const name of names) {
    const read = readProvider(config, name, surroundings);
    warnings.push(...read.warnings, ...conflicts(config, name));
    problems.push(...read.problems);
    if (read.settings === undefined) continue;
    const { key } = read.settings;
    watched.add(key.path);
    if (key.publicPath !== undefined) watched.add(key.publicPath);
    const loaded = await loadProvider(read.settings);
    warnings.push(...loaded.warnings);
    if (loaded.problem !== undefined) problems.push(loaded.problem);
    if (loaded.provider !== undefined) providers.push(loaded.provider);
  }
  const monitor = new LocalMonitor({ providers, problems, specialCharacters, note, previous });
  return { monitor, providers, problems, warnings, watched: [...watched], specialCharacters };
}

/** What is not right with the settings that are not the providers' own. */
function commonWarnings(config: SettingSource, names: readonly string[]): string[] {
  const warnings: string[] = [];
  if (config.get("LOCAL_CREDMON_KRB_MODE") === true) {
    warnings.push(
      `${
        config.origin("LOCAL_CREDMON_KRB_MODE")
      }: LOCAL_CREDMON_KRB_MODE has no effect any more; ` +
        "remove it",
    );
  }
  const seen = new Map<string, string>();
  for (const name of names) {
    const other = seen.get(name.toUpperCase());
    if (other !== undefined) {
      warnings.push(`Providers "${other}" and "${name}" share their knobs, which know no case`);
    }
    seen.set(name.toUpperCase(), name);
  }
  return warnings;
}
