/** How large or how old a log may become, as HTCondor's configuration says it. */

/** Bytes, or milliseconds; without either it may grow without bound. */
export interface LogLimit {
  readonly bytes?: number;
  readonly age?: number;
}

const KILO = 1024;
const SECOND = 1000;

/** Units as the manual has them (`MAX_DEFAULT_LOG`), each by its first letters. */
const UNITS: readonly (readonly [RegExp, "bytes" | "age", number])[] = [
  [/^(?:b(?:ytes?)?)?$/, "bytes", 1],
  [/^k(?:b|ilobytes?)?$/, "bytes", KILO],
  [/^m(?:b|egabytes?)?$/, "bytes", KILO ** 2],
  [/^g(?:b|igabytes?)?$/, "bytes", KILO ** 3],
  [/^t(?:b|erabytes?)?$/, "bytes", KILO ** 4],
  [/^s(?:ec(?:onds?)?)?$/, "age", SECOND],
  [/^min(?:utes?)?$/, "age", 60 * SECOND],
  [/^h(?:r|ours?)?$/, "age", 3600 * SECOND],
  [/^d(?:ays?)?$/, "age", 86_400 * SECOND],
  [/^w(?:eeks?)?$/, "age", 7 * 86_400 * SECOND],
];

/**
 * Reads a value of `MAX_<SUBSYS>_LOG`: a number and a unit, as `10 Mb` or `1 Day`; bytes without a
 * unit, no bound for 0.
 *
 * ```ts
 * import { parseLogLimit } from "./log_limit.ts";
 * parseLogLimit("10 Mb"); // { bytes: 10485760 }
 * ```
 *
 * @returns undefined for what is no such value
 */
export function parseLogLimit(text: string): LogLimit | undefined {
  const [, digits, unit] = /^\s*(\d{1,15})\s*([a-z]*)\s*$/i.exec(text) ?? [];
  const [, kind, factor] = UNITS.find(([pattern]) => pattern.test((unit ?? "?").toLowerCase())) ??
    [];
  if (kind === undefined || factor === undefined) return undefined;
  const value = Number(digits) * factor;
  if (!Number.isSafeInteger(value)) return undefined;
  return value === 0 ? {} : { [kind]: value };
}
