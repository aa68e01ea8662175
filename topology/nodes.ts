import type { NodePlan, Topology } from "./topology.ts";

/** Every node of a set, whatever it does. */
export function nodesOf({ dataNodes, sentinels, gateways, exporter, commander }: Topology): readonly NodePlan[] {
  return [...dataNodes, ...sentinels, ...gateways, ...[exporter, commander].filter((node) => node !== undefined)];
}

/**
 * Whether a workload of this name is a data node or a Sentinel, of whatever plan: the others know it, and would miss it.
 */
export function isKnownToOthers(name: string): boolean {
  return /^(redis|sentinel)-\d+$/.test(name);
}
