/**
 * Bounds on what is read and evaluated: ads come from jobs, which nobody has checked.
 */

/** Bounds on parsing and on evaluating. */
export interface Limits {
  /** Bytes of one parsed text; a stream of ads counts as one text. Default 256 MiB. */
  readonly maxBytes: number;
  /** Expressions, lists and ads inside one another. HTCondor allows 1000, here 400. */
  readonly maxDepth: number;
  /** Attributes of one ad. Default 100,000. */
  readonly maxAttributes: number;
  /** Expression nodes visited by one evaluation. Default 1,000,000. */
  readonly maxSteps: number;
  /** Nested evaluations (operators and references together) before the value is error: 600. */
  readonly maxEvaluationDepth: number;
  /** Characters of a string made by an evaluation. Default 16 Mi. */
  readonly maxStringLength: number;
  /** Characters of a regular expression's pattern: 1,000. */
  readonly maxPatternLength: number;
  /** Characters a regular expression is matched against: 10,000. */
  readonly maxSubjectLength: number;
}

/** The bounds in force where a caller names none. */
export const DEFAULT_LIMITS: Limits = {
  maxBytes: 256 * 1024 * 1024,
  maxDepth: 400,
  maxAttributes: 100_000,
  maxSteps: 1_000_000,
  maxEvaluationDepth: 600,
  maxStringLength: 16 * 1024 * 1024,
  maxPatternLength: 1_000,
  maxSubjectLength: 10_000,
};

/** The default bounds with those a caller changes. */
export function withDefaults(limits: Partial<Limits> | undefined): Limits {
  return limits === undefined ? DEFAULT_LIMITS : { ...DEFAULT_LIMITS, ...limits };
}
