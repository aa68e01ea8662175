/**
 * Like `Promise.all`, but waits until every promise has resolved or rejected before it throws the first rejection. So
 * nothing is still running when the caller cleans up.
 */
export async function allOf<const Work extends readonly Promise<unknown>[]>(
  work: Work,
): Promise<{ -readonly [Index in keyof Work]: Awaited<Work[Index]> }> {
  await Promise.allSettled(work);
  return Promise.all(work);
}
