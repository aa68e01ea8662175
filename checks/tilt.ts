import { z } from "zod";
import { infoFields } from "../redis/replies.ts";
import type { RunningSet } from "../redis/runningSet.ts";
import type { SentinelPlan } from "../topology/topology.ts";
import { type Check, failOn, list } from "./check.ts";
import { sentinelsAnswer } from "./connectivity.ts";

/**
 * No Sentinel is in TILT. TILT ends by itself after the period that start-sentinel.sh sets, so the check waits for
 * that and fails only where the machine stops the Sentinels again and again.
 */
export const sentinelsReady: Check = {
  name: "no Sentinel is in TILT",
  needs: [sentinelsAnswer],
  start: (set) => (set.target.sentinels.length === 0 ? undefined : () => readiness(set)),
};

async function readiness(set: RunningSet): Promise<string> {
  const { sentinels } = set.target;
  const tilts = await set.askEach(sentinels, async (node) => ({ node, seconds: await secondsInTilt(set, node) }));
  failOn(
    tilts.flatMap(({ node, seconds }) =>
      seconds === undefined
        ? []
        : [
            {
              problem: `${node.name} has been in TILT for ${seconds} s and starts no failover: its process or its clock stood still`,
              lookAt: `${set.command(node, "INFO sentinel")}, and the load of the machine that it runs on`,
            },
          ],
    ),
  );
  return `${list(sentinels.map(({ name }) => name))} can start a failover`;
}

/** Sentinel reports -1 seconds while it is not in TILT. */
const tiltFields = z.object({ sentinel_tilt: z.enum(["0", "1"]), sentinel_tilt_since_seconds: z.coerce.number() });

/**
 * How many seconds ago a Sentinel noticed that its process or its clock had stood still or jumped, and entered TILT, in
 * which it starts no failover.
 *
 * @returns undefined when it is not in TILT
 * @throws RefusalError when the node answers with an error; CheckFailure when it does not answer
 */
export async function secondsInTilt(set: RunningSet, sentinel: SentinelPlan): Promise<number | undefined> {
  const fields = infoFields(await set.call(sentinel, "INFO", "sentinel"));
  const tilt = tiltFields.parse(Object.fromEntries(fields));
  return tilt.sentinel_tilt === "1" ? tilt.sentinel_tilt_since_seconds : undefined;
}
