/** The least number of so many voters that outvotes all others. */
export function majorityOf(voters: number): number {
  return Math.floor(voters / 2) + 1;
}
