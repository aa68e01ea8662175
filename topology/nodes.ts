import type { GuardedPlan, NodePlan, Topology } from "./topology.ts";

/** All nodes of a set. */
export function nodesOf(topology: Topology): readonly NodePlan[] {
  const { dataNodes, sentinels, gateways, exporter, commander, loginProxy } = topology;
  const single = [exporter, commander, loginProxy].filter((node) => node !== undefined);
  return [...dataNodes, ...sentinels, ...gateways, ...single];
}

/** The parts that are behind the login proxy. */
export function guardedParts({
  exporter,
  commander,
}: Pick<Topology, "exporter" | "commander">): readonly GuardedPlan[] {
  return [exporter, commander].filter((part) => part !== undefined);
}

/**
 * True if a workload of this name is a data node or a Sentinel in some plan. Other nodes keep such a node in their
 * state, so they must forget it when it is removed.
 */
export function isKnownToOthers(name: string): boolean {
  return /^(redis|sentinel)-\d+$/.test(name);
}
