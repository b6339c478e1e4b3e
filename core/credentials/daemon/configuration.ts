/** Reads the configuration for the daemon, and again when it changed. */
import {
  type Config,
  ConfigWatch,
  type Knobs,
  readConfig,
  readWatchedConfig,
} from "../../config/mod.ts";
import type { DaemonHost } from "./host.ts";
import { daemonKnobs } from "./knobs.ts";
import { type DaemonSettings, daemonSettings } from "./settings.ts";
import type { LoadContext, Loaded, MonitorSource } from "./source.ts";

/** Where it is read, and for whom. */
export interface ConfigurationOptions {
  readonly host: DaemonHost;
  /** The daemon's name. */
  readonly name: string;
  readonly source: MonitorSource;
}

/** What was read. */
export interface Reading {
  readonly config: Config<Knobs>;
  readonly settings: DaemonSettings;
  /** Its files as they were before. */
  readonly watch: ConfigWatch;
}

/** The configuration of a daemon. */
export class Configuration {
  readonly #options: ConfigurationOptions;

  constructor(options: ConfigurationOptions) {
    this.#options = options;
  }

  /**
   * Reads it.
   *
   * @throws {ConfigError} when it cannot be read, or the daemon's own settings cannot be used
   */
  async read(): Promise<Reading> {
    const { name, source, host } = this.#options;
    const { config, watch } = await readWatchedConfig(this.#table(source.knobs), {
      ...this.#how(),
      now: () => host.clock.now(),
    });
    return { config, settings: daemonSettings(config, name), watch };
  }

  /**
   * Looks at its files.
   *
   * @throws {ConfigError} when it cannot be read
   */
  async watch(): Promise<ConfigWatch> {
    const { host } = this.#options;
    return await ConfigWatch.start({ ...this.#how(), now: () => host.clock.now() });
  }

  /**
   * Makes the monitors.
   *
   * @throws {ConfigError} when there can be none
   */
  async load(
    { config }: Reading,
    { note, createKey }: Pick<LoadContext, "note" | "createKey">,
  ): Promise<Loaded> {
    return await this.#options.source.load(config, this.context({ note, createKey }));
  }

  /** What monitors are made with. */
  context(given: Pick<LoadContext, "note" | "createKey">): LoadContext {
    const { host } = this.#options;
    return { ...given, hostname: host.hostname(), reread: (knobs) => this.#read(knobs) };
  }

  async #read(knobs: Knobs): Promise<Config<Knobs>> {
    return await readConfig(this.#table(knobs), this.#how());
  }

  #table(knobs: Knobs): Knobs {
    return { ...daemonKnobs(this.#options.name), ...knobs };
  }

  #how() {
    const { host, name } = this.#options;
    return {
      environment: host.environment,
      subsystem: name.toUpperCase(),
      ...(host.tool === undefined ? {} : { tool: host.tool }),
    };
  }
}
