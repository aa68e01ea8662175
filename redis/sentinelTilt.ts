import { z } from "zod";
import type { SentinelPlan } from "../topology/topology.ts";
import { infoFields } from "./replies.ts";
import type { RunningSet } from "./runningSet.ts";

/** Sentinel reports -1 seconds while it is not in TILT. */
const tiltFields = z.object({ sentinel_tilt: z.enum(["0", "1"]), sentinel_tilt_since_seconds: z.coerce.number() });

/**
 * Returns how many seconds ago a Sentinel entered TILT. A Sentinel enters TILT when it notices that its process paused
 * or its clock jumped, and starts no failover during TILT.
 *
 * @returns undefined if the Sentinel is not in TILT
 * @throws RefusalError when the node answers with an error; CheckFailure when it does not answer
 */
export async function secondsInTilt(set: RunningSet, sentinel: SentinelPlan): Promise<number | undefined> {
  const fields = infoFields(await set.call(sentinel, "INFO", "sentinel"));
  const tilt = tiltFields.parse(Object.fromEntries(fields));
  return tilt.sentinel_tilt === "1" ? tilt.sentinel_tilt_since_seconds : undefined;
}
