/**
 * Returns a quantile by the nearest-rank method: the smallest value such that at least the given share of all values
 * does not exceed it. The result is always one of the values, never interpolated.
 *
 * @param share greater than 0 and at most 1; 1 returns the maximum
 * @returns NaN if there are no values
 */
export function quantile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((one, other) => one - other);
  return sorted[Math.ceil(share * sorted.length) - 1] ?? Number.NaN;
}
