/** From the configuration to a monitor. */
import type { NameOptions } from "../names.ts";
import type { SettingSource } from "./knobs.ts";
import type { LoadedKey } from "./key_file.ts";
import { LocalMonitor } from "./monitor.ts";
import { providerNames } from "./names.ts";
import { conflicts } from "./ownership.ts";
import { loadProvider, type LocalProvider } from "./provider.ts";
import { type Problem, readProvider, type Surroundings } from "./settings.ts";

/** The local issuer as it is configured. */
export interface LocalIssuer extends NameOptions {
  readonly monitor: LocalMonitor;
  /** Of all providers. */
  readonly names: readonly string[];
  /** Those that can issue. */
  readonly providers: readonly LocalProvider[];
  /** What keeps others from it, or from anything but what they did before. */
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
 * none of the others from working, and itself only when it did not work before.
 *
 * @param config of a table with {@linkcode localKnobs} of the names
 * @throws {ConfigError} for names that are none: the program cannot work at all
 */
export async function openLocal(
  config: SettingSource,
  { note, previous, ...surroundings }: OpenOptions,
): Promise<LocalIssuer> {
  const { found, warnings, specialCharacters } = await readProviders(config, surroundings);
  const providers = found.flatMap(({ name, provider }) =>
    provider ?? previous?.providerOf(name) ?? []
  );
  const problems = found.flatMap((one) => one.problems);
  return {
    monitor: new LocalMonitor({ providers, problems, specialCharacters, note, previous }),
    names: found.map(({ name }) => name),
    providers,
    problems,
    warnings: [...warnings, ...found.flatMap((one) => one.warnings)],
    watched: [...new Set(found.flatMap((one) => one.watched))],
    specialCharacters,
  };
}

/** What was found of one provider. */
export interface FoundProvider {
  readonly name: string;
  /** Only for one that can issue. */
  readonly provider?: LocalProvider;
  readonly key?: LoadedKey;
  readonly problems: readonly Problem[];
  readonly warnings: readonly string[];
  readonly watched: readonly string[];
}

/** Reads settings and keys of all providers. @throws {ConfigError} as {@linkcode openLocal} */
export async function readProviders(
  config: SettingSource,
  surroundings: Surroundings,
): Promise<NameOptions & { readonly found: FoundProvider[]; readonly warnings: string[] }> {
  const { names, specialCharacters } = providerNames(config);
  const found: FoundProvider[] = [];
  for (const name of names) found.push(await readOne(config, name, surroundings));
  return { found, warnings: commonWarnings(config, names), specialCharacters };
}

async function readOne(
  config: SettingSource,
  name: string,
  surroundings: Surroundings,
): Promise<FoundProvider> {
  const { settings, problems, warnings } = readProvider(config, name, surroundings);
  const found = { name, problems, warnings: [...warnings, ...conflicts(config, name)] };
  if (settings === undefined) return { ...found, watched: [] };
  const { problem, warnings: more, ...loaded } = await loadProvider(settings);
  const { path, publicPath } = settings.key;
  return {
    ...found,
    ...loaded,
    problems: problem === undefined ? [] : [problem],
    warnings: [...found.warnings, ...more],
    watched: publicPath === undefined ? [path] : [path, publicPath],
  };
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
