/** The smallest number of voters that is more than half of them. */
export function majorityOf(voters: number): number {
  return Math.floor(voters / 2) + 1;
}
