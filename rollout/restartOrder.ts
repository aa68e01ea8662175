import type { DataNodePlan } from "../topology/topology.ts";
import type { NodeObservation } from "./observeNodes.ts";

/**
 * Returns the order in which an update restarts data nodes: replicas by their ordinals, then the current master. With
 * the master last, there is only one switchover, to a node that has already been updated. Without a master, all nodes
 * are ordered by their ordinals.
 */
export function restartOrder(nodes: readonly DataNodePlan[], now: readonly NodeObservation[]): readonly DataNodePlan[] {
  const master = masterAmong(now);
  return master === undefined ? nodes : [...nodes.filter(({ name }) => name !== master.name), master];
}

/**
 * The node that reports the role of master; of several, the one with the most replicas. The Sentinels are not queried,
 * because a wrong guess only causes an additional switchover and loses no data.
 */
function masterAmong(now: readonly NodeObservation[]): DataNodePlan | undefined {
  const masters = now.flatMap((one) => (one.state === "answers" && one.facts.role === "master" ? [one.facts] : []));
  const [first] = masters.sort((one, other) => other.replicas.size - one.replicas.size);
  return first?.node;
}
