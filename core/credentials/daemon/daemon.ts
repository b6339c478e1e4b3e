/** The daemon: from its start to an orderly end, whatever comes in between. */
import { errorText } from "../../errors.ts";
import type { Logger } from "../../log/logger.ts";
import { PINION_VERSION } from "../../version.ts";
import type { Monitor } from "../monitor.ts";
import type { CredentialStore } from "../store/mod.ts";
import { Configuration, type Reading } from "./configuration.ts";
import { DaemonLog } from "./daemon_log.ts";
import type { DaemonHost } from "./host.ts";
import { Ledger } from "./ledger.ts";
import type { CommonOptions } from "./options.ts";
import { ScanLoop } from "./scan_loop.ts";
import type { DaemonSettings } from "./settings.ts";
import type { MonitorSource } from "./source.ts";
import {
  chooseDirectory,
  configurationError,
  EXIT,
  openLog,
  openStore,
  pidIn,
  readFirst,
  removeStale,
  StartError,
  takeLock,
} from "./start.ts";
import { StatusWriter } from "./status_writer.ts";

/**
 * Milliseconds after the start in which users' signals may be lost: condor_credd looks into `pid` at
 * most every 20 seconds, and meanwhile tells the process of before.
 */
const SETTLING = 25_000;
/** Milliseconds for what is under way when the daemon is told to stop. */
const LAST_WORK = 1500;
/** Milliseconds after which it ends also where it cannot even notice, as while it starts. */
const LAST_MOMENT = 1800;

/**
 * Runs the daemon until a signal ends it.
 *
 * @returns the exit status
 */
export async function runDaemon(
  request: CommonOptions,
  host: DaemonHost,
  source: MonitorSource,
): Promise<number> {
  await host.settle();
  using log = new DaemonLog({ host, request, echo: request.verbose ? "all" : "none" });
  const daemon = new Daemon({ request, host, source, log });
  const unlisten = host.onSignals((signal) => {
    if (signal === "SIGHUP") daemon.wake();
    else daemon.stop(signal);
  });
  try {
    await Promise.race([daemon.run(), daemon.late]);
    return EXIT.done;
  } catch (error) {
    const text = errorText(error);
    log.log.error(text);
    // Also where it is looked for when the log is not what it should be.
    if (!request.verbose) host.note(`condor_credmon_local: ${text}`);
    return error instanceof StartError ? error.status : EXIT.failed;
  } finally {
    unlisten();
  }
}

/** What a daemon is made of. */
interface DaemonParts {
  readonly request: CommonOptions;
  readonly host: DaemonHost;
  readonly source: MonitorSource;
  readonly log: DaemonLog;
}

class Daemon {
  readonly #parts: DaemonParts;
  readonly #log: Logger;
  readonly #configuration: Configuration;
  readonly #stop = new AbortController();
  #loop: ScanLoop | undefined;
  #reading!: Reading;
  #directory!: string;
  #lastConfigError: string | undefined;
  #store: CredentialStore | undefined;
  #pidWritten: Promise<unknown> = Promise.resolve();
  #lastPidError: string | undefined;
  /** A signal came before there was a loop. */
  #woken = false;
  /** What was said of the configuration, so that only what is new is said again. */
  #said = new Set<string>();
  readonly #ended = new AbortController();
  readonly #late = Promise.withResolvers<void>();

  constructor(parts: DaemonParts) {
    const { request, host, source, log } = parts;
    this.#parts = parts;
    this.#log = log.log;
    this.#configuration = new Configuration({ host, name: request.name, source });
  }

  /** Resolves when the daemon was told to stop, and should have ended long ago. */
  get late(): Promise<void> {
    return this.#late.promise;
  }

  /** SIGHUP: from condor_credd for a new user, or from condor_master for a new configuration. */
  wake(): void {
    this.#parts.log.reopen();
    this.#woken = true;
    this.#loop?.wake();
  }

  stop(signal: string): void {
    if (this.#stop.signal.aborted) return;
    this.#log.always(`Got ${signal}, terminating`);
    this.#stop.abort();
    const { clock } = this.#parts.host;
    clock.sleep(LAST_MOMENT, this.#ended.signal).then(() => {
      if (this.#store !== undefined) this.#removePid(this.#store);
      this.#late.resolve();
    }, () => {});
  }

  /** @throws {StartError} */
  async run(): Promise<void> {
    try {
      await this.#run();
    } finally {
      this.#ended.abort();
    }
  }

  async #run(): Promise<void> {
    const { request, host } = this.#parts;
    this.#reading = await readFirst(this.#configuration);
    openLog(this.#parts.log, this.#reading.settings, request.verbose);
    this.#log.always(`Starting condor_credmon_local ${PINION_VERSION} as ${request.name}`);
    this.#directory = chooseDirectory(request, this.#reading.settings);
    using store = openStore(this.#directory, { log: this.#log, clock: host.clock });
    using _lock = await takeLock(store, 0);
    this.#store = store;
    // Signals are taken by now: the first scan comes all the same, and reading keys takes a while.
    this.#keepPid(store);
    try {
      const [monitors] = await Promise.all([this.#loadFirst(), this.#pidWritten]);
      if (!this.#stop.signal.aborted) await this.#scan(store, monitors);
    } finally {
      await this.#pidWritten;
      this.#store = undefined;
      this.#removePid(store);
    }
  }

  async #scan(store: CredentialStore, monitors: readonly Monitor[]): Promise<void> {
    const { request, host } = this.#parts;
    const log = this.#log;
    const ledger = new Ledger({ clock: host.clock, log });
    const status = new StatusWriter({
      store,
      ledger,
      log,
      pid: host.pid,
      now: () => host.clock.now(),
      ...(request.jsonStatus === undefined ? {} : { copy: request.jsonStatus }),
    });
    this.#attempt("Cannot remove CREDMON_COMPLETE", () => store.removeComplete());
    let cleaned = false;
    const clean = () => {
      // Nothing may be half written by this process, and nobody is to wait for it.
      if (cleaned || !loop.idle) return;
      cleaned = true;
      removeStale(store, log);
    };
    const loop: ScanLoop = new ScanLoop({
      store,
      monitors,
      ledger,
      clock: host.clock,
      log,
      settling: SETTLING,
      onComplete: () => {
        this.#attempt("Cannot touch CREDMON_COMPLETE", () => store.touchComplete());
        this.#keepPid(store);
        status.update();
      },
      onRest: () => {
        status.update();
        if (!cleaned) status.end().then(clean);
      },
      reload: () => this.#reload(),
    });
    this.#loop = loop;
    if (this.#woken) loop.wake();
    try {
      await loop.run(this.#stop.signal);
    } finally {
      this.#loop = undefined;
      const limit = host.clock.monotonic() + LAST_WORK;
      if (!await loop.drain(LAST_WORK)) log.always("WARNING: Left work behind that does not end");
      const left = Math.max(0, limit - host.clock.monotonic());
      const timer = new AbortController();
      await Promise.race([status.end(), host.clock.sleep(left, timer.signal).catch(() => {})]);
      timer.abort();
    }
  }

  async #loadFirst(): Promise<readonly Monitor[]> {
    try {
      const loaded = await this.#load(this.#reading, true);
      if (loaded.usable) return loaded.monitors;
    } catch (error) {
      throw configurationError(error);
    }
    throw new StartError(EXIT.configuration, "Cannot start: no provider is left that works");
  }

  async #load(reading: Reading, createKey: boolean) {
    const loaded = await this.#configuration.load(reading, {
      createKey,
      note: (line) => this.#log.always(line),
    });
    this.#reading = { ...reading, watch: reading.watch.with(loaded.watched) };
    const warnings = [...reading.config.warnings, ...loaded.warnings];
    for (const text of loaded.problems) if (!this.#said.has(text)) this.#log.error(text);
    for (const text of warnings) if (!this.#said.has(text)) this.#log.always(`WARNING: ${text}`);
    this.#said = new Set([...loaded.problems, ...warnings]);
    return loaded;
  }

  /** Reads the configuration again; what cannot be used leaves everything as it is. */
  async #reload(): Promise<readonly Monitor[] | undefined> {
    if (!this.#reading.watch.changed()) return undefined;
    try {
      const reading = await this.#configuration.read();
      const { monitors } = await this.#load(reading, false);
      this.#lastConfigError = undefined;
      this.#log.always("Read the configuration again");
      this.#useSettings(reading.settings);
      return monitors;
    } catch (error) {
      await this.#keepOld(errorText(error));
      return undefined;
    }
  }

  /** Says once what is wrong, and nothing more until there is another change. */
  async #keepOld(text: string): Promise<void> {
    if (text !== this.#lastConfigError) {
      this.#log.error(`Keeping the configuration as it was: ${text}`);
    }
    this.#lastConfigError = text;
    const watch = await this.#configuration.watch().catch(() => this.#reading.watch);
    this.#reading = { ...this.#reading, watch };
  }

  #useSettings(settings: DaemonSettings): void {
    this.#attempt("Keeping the log as it was", () => this.#parts.log.configure(settings));
    const path = this.#parts.request.directory ?? settings.directory?.path;
    if (path === this.#directory) return;
    const next = path === undefined ? "is not set any more" : `is "${path}" now`;
    this.#log.always(`WARNING: The credential directory ${next}: restart to have that used`);
  }

  /**
   * Has condor_credd find this daemon: `pid` is written anew where a full disk has kept it from being
   * there, or somebody has taken it away. Without it users are served all the same, by time.
   */
  #keepPid(store: CredentialStore): void {
    const { pid } = this.#parts.host;
    if (this.#stop.signal.aborted || pidIn(store) === `${pid}`) return;
    this.#pidWritten = this.#pidWritten.then(() => store.writePid(pid)).then(
      () => this.#lastPidError = undefined,
      (error) => {
        const text = errorText(error);
        if (text !== this.#lastPidError) this.#log.error(text);
        this.#lastPidError = text;
      },
    );
  }

  /** Leaves the file alone that another daemon has put there. */
  #removePid(store: CredentialStore): void {
    this.#attempt("Cannot remove pid", () => {
      if (pidIn(store) === `${this.#parts.host.pid}`) store.removePid();
    });
  }

  #attempt(action: string, call: () => void): void {
    try {
      call();
    } catch (error) {
      this.#log.error(`${action}: ${errorText(error)}`);
    }
  }
}
