/** Keeps the status file up to date. */
import { basename, dirname } from "@std/path";
import { errorText } from "../../errors.ts";
import type { Logger } from "../../log/logger.ts";
import { Directory, replaceFile } from "../../posix/mod.ts";
import type { CredentialStore } from "../store/mod.ts";
import type { Ledger } from "./ledger.ts";
import { encodeStatus, statusReport } from "./status_file.ts";

/** What a writer needs. */
export interface StatusWriterOptions {
  readonly store: CredentialStore;
  readonly ledger: Ledger;
  readonly log: Logger;
  readonly pid: number;
  /** Unix time in milliseconds. */
  readonly now: () => number;
  /** Absolute path of a second file. */
  readonly copy?: string;
}

/** Writes the status of all credentials when it has changed. */
export class StatusWriter {
  readonly #options: StatusWriterOptions;
  #writing = Promise.resolve();
  #lastError: string | undefined;

  constructor(options: StatusWriterOptions) {
    this.#options = options;
  }

  /** Begins to write, unless what is there is right; one after the other. */
  update(): void {
    const { ledger, pid, now } = this.#options;
    if (!ledger.changed) return;
    ledger.changed = false;
    const bytes = encodeStatus(statusReport({ records: ledger.records, pid, now: now() }));
    this.#writing = this.#writing.then(() => this.#write(bytes));
  }

  /** Waits until what was begun is written. */
  async end(): Promise<void> {
    await this.#writing;
  }

  async #write(bytes: Uint8Array): Promise<void> {
    const { store, copy, log, ledger } = this.#options;
    try {
      await store.writeStatus(bytes);
      if (copy !== undefined) await writeCopy(copy, bytes);
      this.#lastError = undefined;
    } catch (error) {
      // Nothing depends on it; it is tried again with the next change at the latest.
      ledger.changed = true;
      const text = errorText(error);
      if (text !== this.#lastError) log.error(`Cannot write the status: ${text}`);
      this.#lastError = text;
    }
  }
}

async function writeCopy(path: string, bytes: Uint8Array): Promise<void> {
  using directory = Directory.open(dirname(path));
  await replaceFile(directory, new TextEncoder().encode(basename(path)), bytes, { mode: 0o640 });
}
