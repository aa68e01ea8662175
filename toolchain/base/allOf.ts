/**
 * Waits until all have come to an end, one way or the other, so that nothing is still under way when the first failure
 * is thrown and what they began is cleaned up.
 */
export async function allOf<const Work extends readonly Promise<unknown>[]>(
  work: Work,
): Promise<{ -readonly [Index in keyof Work]: Awaited<Work[Index]> }> {
  await Promise.allSettled(work);
  return Promise.all(work);
}
