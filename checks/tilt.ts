import { failOn, joinNames } from "../redis/finding.ts";
import type { RunningSet } from "../redis/runningSet.ts";
import { secondsInTilt } from "../redis/sentinelTilt.ts";
import type { Check } from "./check.ts";
import { sentinelsAnswer } from "./connectivity.ts";

/**
 * No Sentinel is in TILT. TILT ends automatically after the period that start-sentinel.sh sets, so the check waits for
 * the end. It fails only if the machine pauses the Sentinels repeatedly.
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
              problem: `${node.name} has been in TILT for ${seconds} s and starts no failover: its process was paused or its clock was changed`,
              lookAt: `${set.command(node, "INFO sentinel")}, and the load of the machine that ${node.name} runs on`,
            },
          ],
    ),
  );
  return `${joinNames(sentinels.map(({ name }) => name))} can start a failover`;
}
