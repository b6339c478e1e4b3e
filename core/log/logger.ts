/** A daemon's log lines, as HTCondor writes them (manual, "Logging in HTCondor"). */
import { redact } from "./redact.ts";

const LEVELS = ["D_ALWAYS", "D_ERROR", "D_FULLDEBUG", "D_SECURITY"] as const;

/** Categories of the manual's `<SUBSYS>_DEBUG` that this project writes. */
export type Level = (typeof LEVELS)[number];

/** What a {@linkcode Logger} needs to know. */
export interface LoggerOptions {
  /** Receives each line, with its line break. */
  readonly sink: (line: string) => void;
  /** The clock. */
  readonly now: () => Date;
  /** What is written besides `D_ALWAYS` and `D_ERROR`. Default: nothing. */
  readonly levels?: ReadonlySet<Level>;
  /** Whether each line says its category, as `(D_ALWAYS)`: `D_CAT` of the manual. Default: no. */
  readonly categories?: () => boolean;
  /** Most bytes that are written over the logger's life. Default: no bound. */
  readonly limit?: number;
  /** Write times in UTC instead of local time. */
  readonly utc?: boolean;
}

/** What a plug-in may write to its standard error: HTCondor keeps it in the job's own logs. */
export const PLUGIN_OUTPUT_LIMIT = 16 * 1024;

/** Writes redacted lines of `MM/DD/YY HH:MM:SS text`. */
export class Logger {
  readonly #options: LoggerOptions;
  #left: number;

  constructor(options: LoggerOptions) {
    this.#options = options;
    this.#left = options.limit ?? Infinity;
  }

  /** Writes one line; line breaks in the text become spaces, secrets become dots. */
  log(level: Level, text: string): void {
    if (!this.enabled(level)) return;
    const stamp = timeStamp(this.#options.now(), this.#options.utc === true);
    const category = this.#options.categories?.() === true ? `(${level}) ` : "";
    const line = `${stamp} ${category}${level === "D_ERROR" ? "ERROR: " : ""}${redact(text)}\n`;
    const size = byteLength(line);
    const closing = `${stamp} Output limit reached, nothing more is written\n`;
    // The room for the closing line is never given away.
    if (size + byteLength(closing) <= this.#left) {
      this.#left -= size;
      this.#options.sink(line);
      return;
    }
    if (byteLength(closing) <= this.#left) this.#options.sink(closing);
    this.#left = 0;
  }

  /** Whether a line of this level would be written, for callers whose texts are costly. */
  enabled(level: Level): boolean {
    return this.#left > 0 &&
      (level === "D_ALWAYS" || level === "D_ERROR" || this.#options.levels?.has(level) === true);
  }

  /** What an administrator wants to read even when all is well: one line per finished thing. */
  always(text: string): void {
    this.log("D_ALWAYS", text);
  }

  /** A failure that somebody must look at. */
  error(text: string): void {
    this.log("D_ERROR", text);
  }

  /** Each step, for whoever searches a fault. */
  full(text: string): void {
    this.log("D_FULLDEBUG", text);
  }

  /** Which credential was chosen and why. */
  security(text: string): void {
    this.log("D_SECURITY", text);
  }
}

/**
 * The levels named by a `<SUBSYS>_DEBUG` knob, e.g. `D_FULLDEBUG D_SECURITY:2`.
 *
 * `D_ALL` and `D_ANY` name all; `-D_X` takes one away; categories that are HTCondor's own are
 * skipped, for the knob is shared with its daemons.
 */
export function parseLevels(text: string): ReadonlySet<Level> {
  const chosen = new Set<Level>();
  for (const word of text.toUpperCase().split(/[\s,|]+/)) {
    const [, minus, name, verbosity] = /^(-?)(D_[A-Z_]+)(?::(\d))?$/.exec(word) ?? [];
    if (name === undefined) continue;
    const off = minus === "-" || verbosity === "0";
    for (const level of named(name, verbosity)) {
      if (off) chosen.delete(level);
      else chosen.add(level);
    }
  }
  return chosen;
}

/** Whether a `<SUBSYS>_DEBUG` knob asks for each line's category, with `D_CAT` or `D_CATEGORY`. */
export function wantsCategories(text: string): boolean {
  const words = text.toUpperCase().split(/[\s,|]+/);
  const last = words.findLast((word) => /^-?D_CAT(?:EGORY)?$/.test(word));
  return last !== undefined && !last.startsWith("-");
}

function named(name: string, verbosity: string | undefined): readonly Level[] {
  if (name === "D_ALL" || name === "D_ANY") return LEVELS;
  // The manual: D_FULLDEBUG is D_ALWAYS:2.
  if (name === "D_ALWAYS" && verbosity === "2") return ["D_FULLDEBUG"];
  return LEVELS.filter((level) => level === name);
}

function timeStamp(date: Date, utc: boolean): string {
  const [year, month, day, hour, minute, second] = utc
    ? [
      date.getUTCFullYear(),
      date.getUTCMonth(),
      date.getUTCDate(),
      date.getUTCHours(),
      date.getUTCMinutes(),
      date.getUTCSeconds(),
    ]
    : [
      date.getFullYear(),
      date.getMonth(),
      date.getDate(),
      date.getHours(),
      date.getMinutes(),
      date.getSeconds(),
    ];
  const two = (n: number) => String(n).padStart(2, "0");
  return `${two(month! + 1)}/${two(day!)}/${two(year! % 100)} ` +
    `${two(hour!)}:${two(minute!)}:${two(second!)}`;
}

function byteLength(text: string): number {
  return new TextEncoder().encode(text).length;
}
