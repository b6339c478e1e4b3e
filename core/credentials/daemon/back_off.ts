/** How long a credential that failed is left alone. */

const FIRST = 60_000;
const LONGEST = 30 * 60_000;

/**
 * Milliseconds until the next try: from one minute to half an hour, each wait up to twice the one
 * before. Up to a quarter is taken off by chance, so that credentials that failed together do not
 * come back together.
 *
 * @param failures how often it failed in a row, at least 1
 * @param random a number of at least 0 and below 1
 */
export function backOff(failures: number, random: number): number {
  const longest = Math.min(LONGEST, FIRST * 2 ** Math.min(failures - 1, 10));
  return longest * (1 - random / 4);
}
