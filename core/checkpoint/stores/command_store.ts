/** Checkpoints that some program of the site's can remove. */
import { SYSTEM_CLOCK } from "../../clock.ts";
import { PosixError } from "../../posix/error.ts";
import { concat } from "../../std/bytes.ts";
import { CleanupFailure, EXIT_STATUS } from "../failure.ts";
import { quote } from "../location.ts";
import { shown } from "../name.ts";
import type { Batch, RemoveOptions, Store } from "../store.ts";
import {
  type Contents,
  contentsOfBase,
  contentsOfFile,
  fill,
  type Place,
} from "./command_template.ts";
import { eachOf } from "./each.ts";
import { exitCode, notStarted } from "./foreign_messages.ts";
import { runPlugin } from "./foreign_run.ts";

/** How a list of files is written. */
export interface ListFormat {
  readonly place: Extract<Place, "name" | "path" | "url">;
  /** What ends each entry. */
  readonly end: 0x00 | 0x0a;
}

/** The line of the map, understood. */
export interface CommandOptions {
  /** The program's absolute path and its arguments, for one file; may be empty if `batch` is not. */
  readonly command: readonly string[];
  /** Likewise for many files in a list; empty for none. */
  readonly batch: readonly string[];
  readonly format: ListFormat;
  /** Exit statuses that mean that the file is gone. */
  readonly ok: ReadonlySet<number>;
  /** Whether a program that failed says that the file is gone. */
  isMissing(output: string): boolean;
  /** Seconds for one command. */
  readonly timeout: number;
  /** Commands at once. */
  readonly parallel: number;
  readonly environment: Readonly<Record<string, string>>;
  verbose(text: string): void;
}

/** Characters of a program's words that are looked at to be shown, and shown. */
const LOOKED_AT = 4096;
const SHOWN = 300;

/** A program, started for each file or for many. */
export class CommandStore implements Store {
  readonly #options: CommandOptions;

  constructor(options: CommandOptions) {
    this.#options = options;
  }

  async remove(batch: Batch, options: RemoveOptions): Promise<void> {
    const { command, parallel } = this.#options;
    const base = contentsOfBase(batch.base);
    const listed = this.#options.batch.length > 0 && batch.count > 0 && !options.signal.aborted
      ? await this.#removeListed(batch, base, options)
      : undefined;
    if (listed?.failure !== undefined && command.length === 0) throw listed.failure;
    await eachOf(batch, { ...options, parallel }, async (name, index) => {
      if (listed?.gone.has(index)) return;
      const contents = contentsOfFile(base, name);
      if (command.length === 0) {
        throw new CleanupFailure(
          "NotDeleted",
          `Cannot remove ${shown(name)}: no list of lines can hold it`,
        );
      }
      const end = await this.#run(fill(command, contents), {
        signal: options.signal,
        action: `Cannot remove ${shown(name)}`,
      });
      if (end !== undefined) throw end;
    });
  }

  /** Nothing is held. */
  [Symbol.asyncDispose](): Promise<void> {
    return Promise.resolve();
  }

  /** Removes all files that a list can hold by one command. */
  async #removeListed(
    batch: Batch,
    base: Contents,
    { signal }: RemoveOptions,
  ): Promise<{ gone: ReadonlySet<number>; failure?: CleanupFailure }> {
    const { place, end } = this.#options.format;
    const gone = new Set<number>();
    const entries: Uint8Array[] = [];
    for (let index = 0; index < batch.count; index++) {
      const entry = entryOf(base, batch.name(index), place);
      if (entry === undefined || entry.includes(end)) continue;
      entries.push(entry, Uint8Array.of(end));
      gone.add(index);
    }
    if (gone.size === 0) return { gone };
    const path = await Deno.makeTempFile({ prefix: "cleanup_command_checkpoint-" });
    try {
      await Deno.writeFile(path, concat(entries));
      const contents = { ...base, list: new TextEncoder().encode(path) };
      const outcome = await this.#run(fill(this.#options.batch, contents), {
        signal,
        action: `Cannot remove ${gone.size} files`,
      });
      if (outcome === undefined) return { gone };
      this.#options.verbose(outcome.message);
      return { gone: new Set(), failure: outcome };
    } finally {
      await Deno.remove(path);
    }
  }

  /** Runs a command; returns why its files are not gone. */
  async #run(
    argv: readonly Uint8Array[],
    { signal, action }: { readonly signal: AbortSignal; readonly action: string },
  ): Promise<CleanupFailure | undefined> {
    const { environment, timeout, ok } = this.#options;
    const program = quote(new TextDecoder().decode(argv[0]));
    const end = await runPlugin({ argv, environment, timeout, signal, clock: SYSTEM_CLOCK })
      .catch((error: unknown) => {
        if (!(error instanceof PosixError)) throw error;
        const { kind } = notStarted(argv, error.number);
        throw new CleanupFailure(kind, `${action}: ${error.message}`);
      });
    if (end.how === "abandoned") {
      return new CleanupFailure("Transient", `${action}: ${program} was told to stop`);
    }
    if (end.how === "timed out") {
      return new CleanupFailure("Transient", `${action}: ${program} took over ${timeout} s`);
    }
    const code = exitCode(end.status);
    if (code !== undefined && ok.has(code)) return undefined;
    if (this.#options.isMissing(end.output)) return undefined;
    const said = end.output.slice(0, LOOKED_AT).trim().slice(0, SHOWN);
    return new CleanupFailure(
      code === EXIT_STATUS.Transient ? "Transient" : "NotDeleted",
      `${action}: ${program} ${
        code === undefined ? `was ended by signal ${end.status & 0x7f}` : `ended with ${code}`
      }${said === "" ? "" : `: ${quote(said)}`}`,
    );
  }
}

/** A file in a list; those that are refused are left to be refused one by one. */
function entryOf(base: Contents, name: Uint8Array, place: ListFormat["place"]) {
  try {
    return contentsOfFile(base, name)[place];
  } catch (error) {
    if (!(error instanceof CleanupFailure)) throw error;
    return undefined;
  }
}
