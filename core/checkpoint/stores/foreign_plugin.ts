/** A plug-in of others, ready to be started. */
import { type Clock, SYSTEM_CLOCK } from "../../clock.ts";
import { PosixError } from "../../posix/error.ts";
import type { PluginCall } from "./foreign_command.ts";
import { environmentFor } from "./foreign_environment.ts";
import { notStarted } from "./foreign_messages.ts";
import { type PluginEnd, type PluginRun, runPlugin } from "./foreign_run.ts";

/** A plug-in, and what it gets. */
export interface ForeignOptions extends PluginCall {
  /** Seconds for one file (`CHECKPOINT_CLEANUP_TIMEOUT`); with 0 every start times out at once. */
  readonly timeout: number;
  /** Most plug-ins to run at once (`CHECKPOINT_CLEANUP_FOREIGN_PARALLELISM`). */
  readonly parallel: number;
  /** The plug-in takes `-delete-list` (`CHECKPOINT_CLEANUP_BATCH_PLUGINS`). */
  readonly batch: boolean;
  /** This process's environment. */
  readonly environment: Readonly<Record<string, string>>;
  /** The user that this process runs as. */
  readonly user: { readonly name: string; readonly home: string } | undefined;
  /** Default: the machine's. */
  readonly clock?: Clock;
  /** Where lists of files are put for the plug-in; default: where `Deno.makeTempDir` puts them. */
  readonly temporaryDirectory?: string;
}

/** What differs from one start to the next. */
export type Start = Pick<PluginRun, "argv" | "timeout" | "signal" | "stdout">;

/** Starts plug-ins in the environment that is fit for them. */
export class Plugin {
  readonly options: ForeignOptions;
  readonly #environment: Readonly<Record<string, string>>;
  readonly #clock: Clock;

  constructor(options: ForeignOptions) {
    this.options = options;
    this.#environment = environmentFor(options.environment, options.user);
    this.#clock = options.clock ?? SYSTEM_CLOCK;
  }

  /**
   * Runs the plug-in to its end.
   *
   * @throws {CleanupFailure} when it is not started, `StoreUnavailable` if it never will be
   */
  async run(start: Start): Promise<PluginEnd> {
    try {
      return await runPlugin({ ...start, environment: this.#environment, clock: this.#clock });
    } catch (error) {
      throw error instanceof PosixError ? notStarted(start.argv, error.number) : error;
    }
  }
}
