/**
 * The smallest of the values that at least this share of them does not exceed (nearest rank): a value that was seen,
 * never one in between.
 *
 * @param share above 0, up to 1, which is the maximum
 * @returns NaN of no values
 */
export function quantile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((one, other) => one - other);
  return sorted[Math.ceil(share * sorted.length) - 1] ?? Number.NaN;
}
