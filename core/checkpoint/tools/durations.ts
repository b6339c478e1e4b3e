/** Lengths of time, as they are typed and as they are read. */
import { UsageError } from "../../errors.ts";

const SECONDS: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3600, d: 86_400 };

/**
 * Reads a length of time, e.g. `90`, `90s`, `10m`, `2h` or `1d`.
 *
 * @returns seconds
 * @throws {UsageError}
 */
export function parseDuration(text: string, option: string): number {
  const [, digits, unit = "s"] = /^(\d{1,9})([smhd]?)$/.exec(text) ?? [];
  if (digits === undefined) {
    throw new UsageError(
      `condor_manifest: option ${option} takes a time such as 90s, 10m, 2h or 1d: ` +
        `${JSON.stringify(text.slice(0, 80))} given`,
    );
  }
  return Number(digits) * (SECONDS[unit || "s"] ?? 1);
}

/**
 * Reads a count.
 *
 * @throws {UsageError}
 */
export function parseCount(text: string, option: string, most: number): number {
  const count = /^\d{1,9}$/.test(text) ? Number(text) : 0;
  if (count < 1 || count > most) {
    throw new UsageError(
      `condor_manifest: option ${option} takes 1 to ${most}: ` +
        `${JSON.stringify(text.slice(0, 80))} given`,
    );
  }
  return count;
}

/** A length of time in its largest whole unit, e.g. `3 h`. */
export function durationText(ms: number): string {
  const seconds = Math.max(0, Math.floor(ms / 1000));
  const units = [["d", 86_400], ["h", 3600], ["min", 60]] as const;
  for (const [unit, size] of units) {
    if (seconds >= size) return `${Math.floor(seconds / size)} ${unit}`;
  }
  return `${seconds} s`;
}
