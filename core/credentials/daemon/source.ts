/** What makes monitors out of the configuration; the loop knows no kind of credential. */
import type { Config, Knobs } from "../../config/mod.ts";
import type { Monitor } from "../monitor.ts";

/** Monitors of a configuration. */
export interface Loaded {
  readonly monitors: readonly Monitor[];
  /** Whether there is anything that they could do. */
  readonly usable: boolean;
  /** Lines about parts that are switched off. */
  readonly problems: readonly string[];
  /** Lines about what works and is still not right. */
  readonly warnings: readonly string[];
  /** Files that were read, and count as configuration. */
  readonly watched: readonly string[];
}

/** What is at hand when monitors are made. */
export interface LoadContext {
  /** Reads the configuration once more, with another table. */
  reread(knobs: Knobs): Promise<Config<Knobs>>;
  /** Takes lines for the log. */
  note(line: string): void;
  /** Whether a key that is missing may be made. */
  readonly createKey: boolean;
  readonly hostname: string;
}

/** Makes monitors. */
export interface MonitorSource {
  /** The knobs that it most likely needs. */
  readonly knobs: Knobs;
  /**
   * Makes the monitors of a configuration; what they know of credentials they take over from those
   * made before.
   *
   * @throws {ConfigError} when nothing can be made of the configuration
   */
  load(config: Config<Knobs>, context: LoadContext): Promise<Loaded>;
}

/** No monitors, for whoever wants to know the daemon's own settings only. */
export const NO_SOURCE: MonitorSource = {
  knobs: {},
  load: () =>
    Promise.resolve({ monitors: [], usable: false, problems: [], warnings: [], watched: [] }),
};
