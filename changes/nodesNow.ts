import { CheckFailure } from "../checks/check.ts";
import { type ReplicationFacts, replicationFacts } from "../checks/replicationFacts.ts";
import { RefusalError, RunningSet } from "../checks/runningSet.ts";
import { nodesTarget } from "../checks/target.ts";
import type { DataNodePlan, Topology } from "../topology/topology.ts";
import { routeNow } from "./routeNow.ts";

/** What a data node says when it is asked while the set may be down, half made, or of another password. */
export type NodeNow =
  | { readonly state: "answers"; readonly node: DataNodePlan; readonly facts: ReplicationFacts; readonly keys: number }
  /** It is alive, and answers with an error: it is loading its data, or has another password. */
  | { readonly state: "refuses"; readonly node: DataNodePlan }
  | { readonly state: "silent"; readonly node: DataNodePlan };

/**
 * Asks data nodes at once what they are, once, and takes any answer for an answer. A node that hangs costs 1.5 s.
 */
export async function nodesNow(
  topology: Topology,
  password: string,
  nodes: readonly DataNodePlan[] = topology.dataNodes,
): Promise<readonly NodeNow[]> {
  const target = nodesTarget(topology, password);
  const route = await routeNow(topology);
  if (route === undefined) {
    return nodes.map((node) => ({ state: "silent", node }));
  }
  const set = new RunningSet(target, route);
  try {
    return await Promise.all(nodes.map((node) => nodeNow(set, node)));
  } finally {
    await set.close();
    await route.close();
  }
}

async function nodeNow(set: RunningSet, node: DataNodePlan): Promise<NodeNow> {
  try {
    const [facts, keys] = await Promise.all([replicationFacts(set, node), set.call(node, "DBSIZE")]);
    return { state: "answers", node, facts, keys: Number(keys) };
  } catch (error) {
    if (!(error instanceof CheckFailure)) {
      throw error;
    }
    return { state: error instanceof RefusalError || error.lasting ? "refuses" : "silent", node };
  }
}
