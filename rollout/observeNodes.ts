import type { ExistingWorkload } from "../hosts/workload.ts";
import { CheckFailure } from "../redis/finding.ts";
import { type ReplicationFacts, replicationFacts } from "../redis/replicationFacts.ts";
import { RefusalError, type RunningSet } from "../redis/runningSet.ts";
import { nodesTarget } from "../redis/target.ts";
import { withRunningSet } from "../redis/withRunningSet.ts";
import type { DataNodePlan, Topology } from "../topology/topology.ts";
import { reachableNodes } from "./reachableNodes.ts";

/** What a data node says when it is asked while the set may be down, half made, or of another password. */
export type NodeObservation =
  | { readonly state: "answers"; readonly node: DataNodePlan; readonly facts: ReplicationFacts; readonly keys: number }
  /** It is alive, and answers with an error: it is loading its data, or has another password. */
  | { readonly state: "refuses"; readonly node: DataNodePlan }
  | { readonly state: "silent"; readonly node: DataNodePlan };

/**
 * Asks data nodes at once what they are, once, and takes any answer for an answer. A node that hangs costs 1.5 s.
 *
 * @param existing what the host has now: nodes are asked by the ports that they have, not by those that they will have
 */
export async function observeNodes(
  topology: Topology,
  password: string,
  existing: () => Promise<readonly ExistingWorkload[]>,
  nodes: readonly DataNodePlan[] = topology.dataNodes,
): Promise<readonly NodeObservation[]> {
  const found = await reachableNodes(topology, nodes, existing);
  if (found === undefined) {
    return nodes.map((node) => ({ state: "silent", node }));
  }
  const open = async () => found.addressing;
  return withRunningSet(nodesTarget(topology, password), open, (set) =>
    Promise.all(
      nodes.map((node) => {
        const running = found.nodes.find(({ name }) => name === node.name);
        return running === undefined ? { state: "silent" as const, node } : observeNode(set, running);
      }),
    ),
  );
}

async function observeNode(set: RunningSet, node: DataNodePlan): Promise<NodeObservation> {
  try {
    const [facts, keys] = await Promise.all([replicationFacts(set, node), set.call(node, "DBSIZE")]);
    return { state: "answers", node, facts, keys: Number(keys) };
  } catch (error) {
    if (!(error instanceof CheckFailure)) {
      throw error;
    }
    return { state: error instanceof RefusalError || error.permanent ? "refuses" : "silent", node };
  }
}
