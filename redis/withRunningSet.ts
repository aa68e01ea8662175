import type { Addressing } from "./addressing.ts";
import { RunningSet } from "./runningSet.ts";
import type { VerificationTarget } from "./target.ts";

/**
 * Opens a running set, works with it, and closes every connection and tunnel afterwards.
 *
 * @param open finds out how the set is reached
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

/** The same where the caller opened the tunnels, and closes them itself. */
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
