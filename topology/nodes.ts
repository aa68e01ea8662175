import type { GuardedPlan, NodePlan, Topology } from "./topology.ts";

/** Every node of a set, whatever it does. */
export function nodesOf(topology: Topology): readonly NodePlan[] {
  const { dataNodes, sentinels, gateways, exporter, commander, loginProxy } = topology;
  const single = [exporter, commander, loginProxy].filter((node) => node !== undefined);
  return [...dataNodes, ...sentinels, ...gateways, ...single];
}

/** The parts behind the login proxy. */
export function guardedParts({
  exporter,
  commander,
}: Pick<Topology, "exporter" | "commander">): readonly GuardedPlan[] {
  return [exporter, commander].filter((part) => part !== undefined);
}

/**
 * Whether a workload of this name is a data node or a Sentinel, of whatever plan: the others know it, and would miss it.
 */
export function isKnownToOthers(name: string): boolean {
  return /^(redis|sentinel)-\d+$/.test(name);
}
