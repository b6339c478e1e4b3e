/** Numbers that stand for many. */

/** The middle of some measurements, and their ends. */
export interface Spread {
  readonly median: number;
  readonly min: number;
  readonly max: number;
}

/**
 * Sums up measurements.
 *
 * @param values at least one
 */
export function spreadOf(values: readonly number[]): Spread {
  const sorted = values.toSorted((a, b) => a - b);
  const half = sorted.length >> 1;
  const [low, high] = [sorted[sorted.length % 2 === 1 ? half : half - 1], sorted[half]];
  if (low === undefined || high === undefined) throw new RangeError("No measurements");
  return { median: (low + high) / 2, min: sorted[0]!, max: sorted.at(-1)! };
}

/** The first values divided by the second, pair by pair: both of a pair had the same weather. */
export function ratios(ours: readonly number[], theirs: readonly number[]): number[] {
  return ours.map((value, i) => value / theirs[i]!);
}
