import { setTimeout as delay } from "node:timers/promises";
import { infoFields } from "../../../redis/replies.ts";
import type { DeployedSet } from "../../../topology/outputs.ts";
import type { SentinelPlan } from "../../../topology/topology.ts";
import { askNode } from "../stacks/application.ts";

/** The duration of a measurement in milliseconds. */
const period = 2000;

/** The share of a core that the busiest Sentinel uses, over two seconds. */
export async function busiestSentinel(deployed: DeployedSet): Promise<number> {
  const shares = deployed.topology.sentinels.map(async (sentinel) => {
    const [before, start] = [await cpuTime(deployed, sentinel), performance.now()];
    await delay(period);
    return ((await cpuTime(deployed, sentinel)) - before) / (performance.now() - start);
  });
  return Math.max(...(await Promise.all(shares)));
}

/** The CPU time that a Sentinel reports for itself, in milliseconds. */
async function cpuTime(deployed: DeployedSet, sentinel: SentinelPlan): Promise<number> {
  const fields = infoFields(String(await askNode(deployed, sentinel, "INFO", "cpu")));
  return 1000 * (Number(fields.get("used_cpu_sys")) + Number(fields.get("used_cpu_user")));
}
