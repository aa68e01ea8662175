import type { ExistingWorkload } from "../hosts/workload.ts";
import { CheckFailure } from "../redis/finding.ts";
import { type ReplicationFacts, replicationFacts } from "../redis/replicationFacts.ts";
import { RefusalError, type RunningSet } from "../redis/runningSet.ts";
import { nodesTarget } from "../redis/target.ts";
import { withRunningSet } from "../redis/withRunningSet.ts";
import type { DataNodePlan, Topology } from "../topology/topology.ts";
import { reachableNodes } from "./reachableNodes.ts";

/** The state of one data node, observed while the set may be down, partly created, or using another password. */
export type NodeObservation =
  | { readonly state: "answers"; readonly node: DataNodePlan; readonly facts: ReplicationFacts; readonly keys: number }
  /** The node runs and answers with an error: it is loading its data, or has another password. */
  | { readonly state: "refuses"; readonly node: DataNodePlan }
  | { readonly state: "silent"; readonly node: DataNodePlan };

/**
 * Queries data nodes in parallel for their role and number of keys, without retries. A node that hangs takes 1.5 s.
 *
 * @param existing lists the workloads on the host, because nodes are queried at their current ports
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
