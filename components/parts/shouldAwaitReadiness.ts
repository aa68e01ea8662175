import type { Output } from "@pulumi/pulumi";
import type { Host } from "../../hosts/workload.ts";
import type { DataNodePlan, Topology } from "../../topology/topology.ts";
import { knownValue } from "./knownValue.ts";

/**
 * Returns the condition of a readiness gate. An update must wait for a changed node if another data node runs and holds
 * data, because that node may be the next to change.
 *
 * @param node the changed data node. Undefined if the changed node is a Sentinel
 */
export function shouldAwaitReadiness(
  topology: Topology,
  password: Output<string>,
  host: Host,
  node: DataNodePlan | undefined,
): () => Promise<boolean> {
  const others = topology.dataNodes.filter(({ name }) => name !== node?.name);
  return async () => {
    const { holdsData } = await import("../../rollout/holdsData.ts");
    const { observeNodes } = await import("../../rollout/observeNodes.ts");
    return holdsData(await observeNodes(topology, await knownValue(password), () => host.existing(), others));
  };
}
