/** Which providers there are. */
import { ConfigError } from "../../config/mod.ts";
import { isProviderName, type NameOptions, showName } from "../names.ts";
import type { SettingSource } from "./knobs.ts";

/** Most providers. */
const MOST_PROVIDERS = 64;

/** The providers, and how names of credentials are to be read. */
export interface ProviderNames extends NameOptions {
  readonly names: readonly string[];
}

/**
 * The names of the local providers, each once, in the order of the configuration.
 *
 * @throws {ConfigError} for a name that is none, or too many: nothing can be made of that, and
 *   condor_master should not start the program again
 */
export function providerNames(config: SettingSource): ProviderNames {
  const specialCharacters = config.get("CREDMON_ALLOW_SPECIAL_CHAR_NAMES") as boolean;
  const list = config.get("LOCAL_CREDMON_PROVIDER_NAMES") as readonly string[] | undefined ?? [];
  const [knob, names] = list.length > 0
    ? ["LOCAL_CREDMON_PROVIDER_NAMES", [...new Set(list)]] as const
    : ["LOCAL_CREDMON_PROVIDER_NAME", [
      config.get("LOCAL_CREDMON_PROVIDER_NAME") as string,
    ]] as const;
  const bad = names.find((name) => !isProviderName(name, { specialCharacters }));
  if (bad !== undefined) {
    const allowed = specialCharacters
      ? "letters, digits and . _ + = -"
      : "letters, digits and - (CREDMON_ALLOW_SPECIAL_CHAR_NAMES = true allows more)";
    const message = `Cannot use ${knob}: ${showName(bad)} is no name of a provider; use ${allowed}`;
    throw new ConfigError(message, config.origin(knob));
  }
  if (names.length > MOST_PROVIDERS) {
    const message = `Cannot use ${knob}: ${names.length} names are more than ${MOST_PROVIDERS}`;
    throw new ConfigError(message, config.origin(knob));
  }
  return { names, specialCharacters };
}
