/** What the configuration says of the daemon itself. */
import { type Config, ConfigError, type Knobs } from "../../config/mod.ts";
import { type Level, parseLevels, wantsCategories } from "../../log/logger.ts";
import { type LogLimit, parseLogLimit } from "../../log/log_limit.ts";
import { namedKnob } from "./knobs.ts";

/** The daemon's own settings. */
export interface DaemonSettings {
  /** The credential directory, and what set it; nothing where nothing is configured. */
  readonly directory?: { readonly path: string; readonly origin: string };
  /** Absolute path of the log. */
  readonly log: string;
  readonly levels: ReadonlySet<Level>;
  /** Whether each line says its category. */
  readonly categories: boolean;
  readonly limit: LogLimit;
  /** Logs kept that were set aside. */
  readonly keep: number;
}

/**
 * Reads the daemon's own settings.
 *
 * @param name the daemon's name
 * @throws {ConfigError} for a value that cannot be used
 */
export function daemonSettings(config: Config<Knobs>, name: string): DaemonSettings {
  const log = firstOf(config, [
    namedKnob("<NAME>_LOG", name),
    "SEC_CREDENTIAL_MONITOR_OAUTH_LOG",
    "SEC_CREDENTIAL_MONITOR_LOG",
  ])?.path;
  const directory = firstOf(config, ["SEC_CREDENTIAL_DIRECTORY_OAUTH", "SEC_CREDENTIAL_DIRECTORY"]);
  const debug = config.get(namedKnob("<NAME>_DEBUG", name)) as string | undefined ?? "";
  return {
    ...(directory === undefined ? {} : { directory }),
    log: log ?? `${config.get("LOG") as string}/${camelCase(name)}Log`,
    levels: parseLevels(debug),
    categories: wantsCategories(debug),
    limit: logLimit(config, name),
    keep: config.get(namedKnob("MAX_NUM_<NAME>_LOG", name)) as number,
  };
}

function firstOf(config: Config<Knobs>, names: readonly string[]) {
  for (const name of names) {
    const path = config.get(name) as string | undefined;
    if (path !== undefined) return { path, origin: `${name} (${config.origin(name)})` };
  }
  return undefined;
}

function logLimit(config: Config<Knobs>, name: string): LogLimit {
  const own = namedKnob("MAX_<NAME>_LOG", name);
  const knob = config.get(own) === undefined ? "MAX_DEFAULT_LOG" : own;
  const text = config.get(knob) as string;
  const limit = parseLogLimit(text);
  if (limit !== undefined) return limit;
  throw new ConfigError(
    `Cannot use ${knob} = ${JSON.stringify(text.slice(0, 100))}: not a size or a time, as 10 Mb`,
    config.origin(knob),
  );
}

/** `CREDMON_OAUTH` becomes `CredmonOauth`. */
function camelCase(name: string): string {
  return name.toLowerCase().replace(/(?:^|_)([a-z0-9]?)/g, (_, letter: string) => {
    return letter.toUpperCase();
  });
}
