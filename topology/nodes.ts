import type { NodePlan, Topology } from "./topology.ts";

/** Every node of a set, whatever it does. */
export function nodesOf({ dataNodes, sentinels, gateways, exporter, commander }: Topology): readonly NodePlan[] {
  return [...dataNodes, ...sentinels, ...gateways, ...[exporter, commander].filter((node) => node !== undefined)];
}
