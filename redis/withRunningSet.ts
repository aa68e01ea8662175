import type { Addressing } from "./addressing.ts";
import { RunningSet } from "./runningSet.ts";
import type { VerificationTarget } from "./target.ts";

/**
 * Opens a running set, calls `work` with it, and closes every connection and tunnel afterwards.
 *
 * @param open detects how the set can be reached
 * @throws what `open` and `work` throw
 */
export async function withRunningSet<Result>(
  target: VerificationTarget,
  open: () => Promise<Addressing>,
  work: (set: RunningSet) => Promise<Result>,
): Promise<Result> {
  const addressing = await open();
  try {
    return await withConnections(target, addressing, work);
  } finally {
    await addressing.close();
  }
}

/** Like `withRunningSet`, for a caller that opens and closes the tunnels itself. */
export async function withConnections<Result>(
  target: VerificationTarget,
  addressing: Addressing,
  work: (set: RunningSet) => Promise<Result>,
): Promise<Result> {
  const set = new RunningSet(target, addressing);
  try {
    return await work(set);
  } finally {
    await set.close();
  }
}
