import type { Output } from "@pulumi/pulumi";
import type { Host } from "../../hosts/workload.ts";
import type { DataNodePlan, Topology } from "../../topology/topology.ts";
import { knownValue } from "./knownValue.ts";

/**
 * Whether a node that has started is worth waiting for, as a readiness gate asks: another data node is alive and has
 * something to lose, and it may be the next to change.
 *
 * @param node the data node that has started; undefined for a Sentinel
 */
export function shouldAwaitReadiness(
  topology: Topology,
  password: Output<string>,
  host: Host,
  node: DataNodePlan | undefined,
): () => Promise<boolean> {
  const others = topology.dataNodes.filter(({ name }) => name !== node?.name);
  return async () => {
    const { holdsData: anyEndangered } = await import("../../rollout/holdsData.ts");
    const { observeNodes } = await import("../../rollout/observeNodes.ts");
    return anyEndangered(await observeNodes(topology, await knownValue(password), () => host.existing(), others));
  };
}
