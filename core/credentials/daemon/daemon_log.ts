/** Where the daemon's lines go: its file, standard error, or both. */
import type { Clock } from "../../clock.ts";
import { LogFile, LogFileError, type LogFileOptions } from "../../log/log_file.ts";
import { type Level, Logger } from "../../log/logger.ts";
import type { CommonOptions } from "./options.ts";
import type { DaemonSettings } from "./settings.ts";

/** What a log needs of the host. */
export interface LogHost {
  readonly clock: Clock;
  note(line: string): void;
}

/** Which lines go to standard error. */
export type Echo = "all" | "failures" | "none";

/** How a log is opened. */
export interface DaemonLogOptions {
  readonly host: LogHost;
  readonly request: Pick<CommonOptions, "debug" | "logFile">;
  readonly echo: Echo;
}

/** The daemon's log. */
export class DaemonLog implements Disposable {
  readonly log: Logger;
  readonly #options: DaemonLogOptions;
  readonly #levels = new Set<Level>();
  #categories = false;
  #file: LogFile | undefined;

  constructor(options: DaemonLogOptions) {
    this.#options = options;
    const { host, echo } = options;
    this.log = new Logger({
      now: () => new Date(host.clock.now()),
      levels: this.#levels,
      categories: () => this.#categories,
      sink: (line) => {
        this.#file?.write(line);
        const isFailure = /^\S+ \S+ (?:\(\w+\) )?(?:ERROR|WARNING): /.test(line);
        if (echo === "all" || (echo === "failures" && isFailure)) host.note(line.trimEnd());
      },
    });
  }

  /**
   * Opens the file that the settings name, unless it is open, and takes over their levels.
   *
   * @throws {LogFileError} what was open before stays so
   */
  configure(settings: DaemonSettings): void {
    const { host, request } = this.#options;
    this.#levels.clear();
    for (const level of settings.levels) this.#levels.add(level);
    this.#categories = settings.categories;
    if (request.debug) this.#levels.add("D_FULLDEBUG");
    const path = request.logFile ?? settings.log;
    const options: LogFileOptions = {
      limit: settings.limit,
      keep: settings.keep,
      now: () => new Date(host.clock.now()),
    };
    if (this.#file?.path === path) return this.#file.configure(options);
    const file = LogFile.open(path, options);
    this.#file?.[Symbol.dispose]();
    this.#file = file;
  }

  /** Follows the file's name, where the file was moved or removed. */
  reopen(): void {
    this.#file?.reopen();
  }

  [Symbol.dispose](): void {
    this.#file?.[Symbol.dispose]();
    this.#file = undefined;
  }
}

export { LogFileError };
