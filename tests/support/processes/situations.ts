import { expect } from "vitest";
import type { DataNodePlan, NodePlan, SentinelPlan } from "../../../topology/topology.ts";
import { eventually, type ScriptedSet } from "./scriptedSet.ts";

/**
 * The last line that the start script writes to a state file. Redis may add lines after it. For a master, the script
 * writes only this line.
 */
export const stateOfMaster = "# redis-ha: the role of this node ends here; what follows was added by CONFIG REWRITE.\n";

/** The state that the start script writes for a replica. */
export function stateOfReplica({ endpoint }: DataNodePlan): string {
  return `replicaof ${endpoint.host} ${endpoint.port}\n${stateOfMaster}`;
}

/** Starts a healthy set with a key that must survive the test. */
export async function withData(set: ScriptedSet) {
  set.startAll();
  const master = await set.healthy();
  await set.call(master, "SET", "kept", "value");
  await set.call(master, "WAIT", "2", "1000");
  const replica = set.topology.dataNodes[1] as DataNodePlan;
  return { set, master, replica };
}

/** Prepares a stopped set. Ordinal 0 was the master and has a key, and the others have empty volumes. */
export async function withHistory(set: ScriptedSet) {
  const nodes = set.topology.dataNodes as readonly [DataNodePlan, DataNodePlan, DataNodePlan];
  set.start(...nodes);
  await eventually(async () => expect(await set.role(nodes[0])).toBe("master"));
  await set.call(nodes[0], "SET", "kept", "value");
  await set.stop();
  for (const node of nodes.slice(1)) {
    await set.loseVolume(node);
  }
  return { set, nodes };
}

/** Starts a Sentinel that names a master in an epoch. */
export async function startSentinelNaming(
  set: ScriptedSet,
  sentinel: SentinelPlan | undefined,
  master: DataNodePlan,
  epoch: number,
) {
  const { host, port } = master.endpoint;
  const name = set.topology.masterName;
  await set.writeFile(
    sentinel as SentinelPlan,
    "sentinel.conf",
    `sentinel monitor ${name} ${host} ${port} 2\nsentinel config-epoch ${name} ${epoch}\n`,
  );
  set.start(sentinel as SentinelPlan);
  await eventually(() => set.named(sentinel as SentinelPlan));
}

/** The last message of a start script whose node must not take writes yet. */
export function takesNoWrites(node: DataNodePlan, planned = 0): string {
  return (
    "takes no writes until a majority of the Sentinels sees this node and names it the master. To enable writes now: " +
    `redis-cli -p ${node.endpoint.port} CONFIG SET min-replicas-to-write ${planned}`
  );
}

/** The message that follows when the Sentinels answer. */
export const takesWrites =
  "takes writes from now on: a majority of the Sentinels sees this node and names it the master";

export async function expectData(set: ScriptedSet): Promise<void> {
  const kept = await Promise.all(set.topology.dataNodes.map((node) => set.call(node, "GET", "kept")));
  expect(kept).toEqual(kept.map(() => "value"));
}

export function place(node: NodePlan | undefined): string {
  return `${node?.endpoint.host} port ${node?.endpoint.port}`;
}
