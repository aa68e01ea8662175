import type { DataNodePlan } from "../topology/topology.ts";
import type { NodeObservation } from "./observeNodes.ts";

/**
 * The order in which a change takes data nodes: replicas by their ordinals, the master of the moment last, so that it
 * hands over once, to a node that has been through the change. Without a master, all by their ordinals.
 */
export function restartOrder(nodes: readonly DataNodePlan[], now: readonly NodeObservation[]): readonly DataNodePlan[] {
  const master = masterAmong(now);
  return master === undefined ? nodes : [...nodes.filter(({ name }) => name !== master.name), master];
}

/**
 * The node that says it is the master; of several, the one that most replicas follow. Not worth a question to the
 * Sentinels: a wrong guess costs a switchover, and no data.
 */
function masterAmong(now: readonly NodeObservation[]): DataNodePlan | undefined {
  const masters = now.flatMap((one) => (one.state === "answers" && one.facts.role === "master" ? [one.facts] : []));
  const [first] = masters.sort((one, other) => other.replicas.size - one.replicas.size);
  return first?.node;
}
