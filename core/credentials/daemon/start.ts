/** The steps that every use of the credential directory begins with, and how they fail. */
import type { Clock } from "../../clock.ts";
import { ConfigError } from "../../config/mod.ts";
import { errorText } from "../../errors.ts";
import type { Logger } from "../../log/logger.ts";
import { CredentialStore, StoreError } from "../store/mod.ts";
import type { Configuration, Reading } from "./configuration.ts";
import { type DaemonLog, LogFileError } from "./daemon_log.ts";
import type { CommonOptions } from "./options.ts";
import type { DaemonSettings } from "./settings.ts";

/** How the daemon ends (condor_master takes 44 and 99 for what they say). */
export const EXIT = { done: 0, failed: 1, usage: 2, log: 44, busy: 75, configuration: 99 } as const;

/** Why the program ends before it has begun. */
export class StartError extends Error {
  override readonly name = "StartError";

  /** @param status of exit */
  constructor(readonly status: number, message: string, options?: ErrorOptions) {
    super(message, options);
  }
}

/** @throws {StartError} */
export async function readFirst(configuration: Configuration): Promise<Reading> {
  try {
    return await configuration.read();
  } catch (error) {
    throw configurationError(error);
  }
}

/** What the configuration is to blame for, condor_master cannot mend by starting the program again. */
export function configurationError(error: unknown): unknown {
  if (!(error instanceof ConfigError)) return error;
  return new StartError(EXIT.configuration, error.message, { cause: error });
}

/**
 * Opens the log.
 *
 * @param dispensable whether there is another place for its lines
 * @throws {StartError}
 */
export function openLog(log: DaemonLog, settings: DaemonSettings, dispensable: boolean): void {
  try {
    log.configure(settings);
  } catch (error) {
    if (!(error instanceof LogFileError)) throw error;
    if (!dispensable) throw new StartError(EXIT.log, error.message, { cause: error });
    log.log.always(`WARNING: ${error.message}`);
  }
}

/** @throws {StartError} where nothing says which directory */
export function chooseDirectory(
  { directory }: Pick<CommonOptions, "directory">,
  settings: DaemonSettings,
): string {
  const path = directory ?? settings.directory?.path;
  if (path !== undefined) return path;
  throw new StartError(
    EXIT.failed,
    "Cannot find the credential directory: set SEC_CREDENTIAL_DIRECTORY_OAUTH, or use -cred-dir",
  );
}

/** How a store is opened. */
export interface OpenStoreOptions {
  readonly log: Logger;
  readonly clock: Clock;
  readonly access?: "read" | "write";
}

/** @throws {StartError} */
export function openStore(path: string, options: OpenStoreOptions): CredentialStore {
  const { log, ...rest } = options;
  try {
    return CredentialStore.open(path, {
      ...rest,
      note: (line) => log.always(`WARNING: ${line}`),
    });
  } catch (error) {
    if (!(error instanceof StoreError)) throw error;
    throw new StartError(EXIT.failed, error.message, { cause: error });
  }
}

/**
 * Takes the lock of the directory.
 *
 * @param wait longest wait in milliseconds
 * @throws {StartError}
 */
export async function takeLock(
  store: CredentialStore,
  wait: number,
  { status = EXIT.failed, signal }: { status?: number; signal?: AbortSignal } = {},
): Promise<Disposable> {
  const lock = await store.lock({ wait, ...(signal === undefined ? {} : { signal }) });
  if (lock !== undefined) return lock;
  const pid = pidIn(store);
  const who = pid === undefined ? "another process" : `process ${pid}`;
  throw new StartError(
    status,
    `Cannot look after "${store.path}": ${who} does; stop that first, or let it work`,
  );
}

/** The number of the process that last started as a daemon, when there is one. */
export function pidIn(store: CredentialStore): string | undefined {
  try {
    const text = new TextDecoder().decode(store.read("pid", 32));
    return /^\d{1,10}$/.test(text) ? text : undefined;
  } catch {
    return undefined;
  }
}

/** Removes what killed processes left: while the lock is held, and nothing is being written here. */
export function removeStale(store: CredentialStore, log: Logger): void {
  try {
    const count = store.removeStale({ age: 0 });
    if (count > 0) log.always(`Removed ${count} files that a killed process left half written`);
  } catch (error) {
    log.error(`Cannot remove files that were left half written: ${errorText(error)}`);
  }
}
