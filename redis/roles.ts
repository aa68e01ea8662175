import type { DataNodePlan } from "../topology/topology.ts";
import { CheckFailure, joinNames } from "./finding.ts";
import { describeNode, type MasterFacts, type ReplicaFacts, replicationFacts } from "./replicationFacts.ts";
import type { RunningSet } from "./runningSet.ts";

/** The roles of all data nodes at one moment. */
export interface Roles {
  readonly master: MasterFacts;
  /** In the order of the plan. */
  readonly replicas: readonly ReplicaFacts[];
}

/**
 * Queries every data node for its role.
 *
 * @throws CheckFailure when a data node does not answer, or the set does not have exactly one master
 */
export async function findRoles(set: RunningSet): Promise<Roles> {
  const { dataNodes } = set.target;
  const facts = await set.askEach(dataNodes, (node) => replicationFacts(set, node));
  const masters = facts.filter((one) => one.role === "master");
  const replicas = facts.filter((one) => one.role === "slave");
  const [master, another] = masters;
  if (master === undefined) {
    throw new CheckFailure([{ problem: noMaster(dataNodes), lookAt: whereToAsk(set) }]);
  }
  if (another !== undefined) {
    const names = joinNames(masters.map((one) => describeNode(one.node)));
    const problem = `${masters.length} nodes report the role of master: ${names}`;
    throw new CheckFailure([{ problem, lookAt: whereToAsk(set) }]);
  }
  return { master, replicas };
}

function noMaster(dataNodes: readonly DataNodePlan[]): string {
  return `no node is the master: ${joinNames(dataNodes.map((node) => node.name))} are all replicas`;
}

/** The command to run next: asks a Sentinel for the master, or a node for its own role if the set has no Sentinels. */
function whereToAsk(set: RunningSet): string {
  const { sentinels, dataNodes, masterName } = set.target;
  const [sentinel] = sentinels;
  const [node] = dataNodes;
  if (sentinel !== undefined) {
    return set.command(sentinel, `SENTINEL MASTER ${masterName}`);
  }
  return node === undefined ? "the plan" : set.command(node, "INFO replication");
}
