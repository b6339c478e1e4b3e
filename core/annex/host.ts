/** What the annex room needs of the machine it runs on. */
import type { Clock } from "../clock.ts";
import type { Tool } from "./tools.ts";

/** How a program is started. Its environment is empty but for `PATH`, `LC_ALL=C`. */
export interface RunOptions {
  readonly args: readonly string[];
  /** Sent to its standard input, which is empty otherwise. */
  readonly stdin?: string;
  /** Milliseconds after which it is killed. */
  readonly timeoutMs: number;
  readonly uid?: number;
  readonly gid?: number;
}

/** How a program ended. */
export interface RunResult {
  /** Exit status; 128 and the signal's number where a signal ended it, 124 after the time limit. */
  readonly code: number;
  /** At most 64 KiB of each; the rest is dropped. */
  readonly stdout: string;
  readonly stderr: string;
}

/** Fields of a log line: `key=value`, in this order; undefined ones are left out. */
export type NoteFields = Readonly<Record<string, string | number | boolean | undefined>>;

/** The machine. */
export interface AnnexHost {
  /** In front of every path of a file; empty but in tests (`ANNEX_ROOT`), never with a slash at its end. */
  readonly root: string;
  /** Started by the system's own units: nothing in the environment is believed. */
  readonly boot: boolean;
  readonly clock: Clock;
  /** Ends all work; its reason is thrown. */
  readonly signal: AbortSignal;
  /** A variable of the environment; proxies and, unless `boot`, the endpoints of AWS's own tools. */
  env(name: string): string | undefined;
  /** Writes to standard output, as it is; secrets become dots. */
  out(text: string): void;
  /** Writes one line to standard error: the event, then its fields; secrets become dots. */
  note(event: string, fields?: NoteFields): void;
  /** Takes a secret by its value: `note()` and `out()` never show it from now on. */
  hide(secret: string): void;
  /**
   * Runs a program to its end; it is no failure when that is a bad one.
   *
   * @throws {AnnexError} `no-tool` when it is at none of its places
   */
  run(tool: Tool, options: RunOptions): Promise<RunResult>;
  /** Whether a program is at one of its places. */
  hasTool(tool: Tool): Promise<boolean>;
  /**
   * Text of a file below `/sys` or `/proc`, at most 64 KiB; the path is given without `root`.
   *
   * @returns undefined when it cannot be read
   */
  readSystem(path: string): Promise<string | undefined>;
  /** Names in a directory below `/sys` or `/proc`, sorted; empty when it cannot be read. */
  listSystem(path: string): Promise<string[]>;
}
