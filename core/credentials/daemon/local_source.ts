/** Makes the local issuer's monitor. */
import type { Config, Knobs } from "../../config/mod.ts";
import { createMissingKey } from "../local/create_key.ts";
import { localKnobs } from "../local/knobs.ts";
import type { LocalMonitor } from "../local/monitor.ts";
import { providerNames } from "../local/names.ts";
import { type LocalIssuer, openLocal } from "../local/open.ts";
import type { LoadContext, Loaded, MonitorSource } from "./source.ts";

/** Monitors of the local issuer. */
export class LocalSource implements MonitorSource {
  /** As they were last: mostly they still are, and the configuration is read once. */
  #names: readonly string[] = ["scitokens"];
  #previous: LocalMonitor | undefined;

  get knobs(): Knobs {
    return localKnobs(this.#names);
  }

  async load(config: Config<Knobs>, context: LoadContext): Promise<Loaded> {
    const issuer = await this.open(config, context);
    this.#previous = issuer.monitor;
    const { monitor, problems, warnings, watched, providers } = issuer;
    return {
      monitors: [monitor],
      usable: providers.length > 0,
      problems: problems.map(({ provider, text }) => {
        const state = monitor.providerOf(provider) ? "stays as it was" : "is switched off";
        return `LOCAL: Provider "${provider}" ${state}: ${text}`;
      }),
      warnings: warnings.map((text) => `LOCAL: ${text}`),
      watched,
    };
  }

  /**
   * The issuer itself.
   *
   * @throws {ConfigError} for names of providers that are none
   */
  async open(config: Config<Knobs>, context: LoadContext): Promise<LocalIssuer> {
    const whole = await this.complete(config, context);
    if (context.createKey) {
      const made = await createMissingKey(whole, this.#names);
      if (made !== undefined) context.note(`LOCAL: ${made.line}`);
    }
    return await openLocal(whole, {
      hostname: context.hostname,
      note: (line) => context.note(`WARNING: LOCAL: ${line}`),
      ...(this.#previous === undefined ? {} : { previous: this.#previous }),
    });
  }

  /** The configuration with the knobs of all its providers. */
  async complete(
    config: Config<Knobs>,
    { reread }: Pick<LoadContext, "reread">,
  ): Promise<Config<Knobs>> {
    const { names } = providerNames(config);
    const known = this.#names;
    this.#names = names;
    return names.every((name) => known.includes(name)) ? config : await reread(localKnobs(names));
  }
}
