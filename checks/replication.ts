import { failOn, joinNames } from "../redis/finding.ts";
import {
  describeNode,
  type MasterFacts,
  type ReplicaFacts,
  type ReplicationFacts,
  replicationFacts,
} from "../redis/replicationFacts.ts";
import { findRoles } from "../redis/roles.ts";
import type { RunningSet } from "../redis/runningSet.ts";
import { formatEndpoint } from "../topology/endpoint.ts";
import type { Finding } from "../topology/finding.ts";
import type { Check } from "./check.ts";
import { oneMaster } from "./oneMaster.ts";

/**
 * Bytes of the replication stream by which a replica in sync may be behind. A replica under load is always a few
 * packets behind. A mebibyte corresponds to about ten milliseconds of the heaviest write load.
 */
const offsetBound = 1024 * 1024;

export const replicasInSync: Check = {
  name: "every replica follows the master and is in sync",
  needs: [oneMaster],
  start: (set) => async () => {
    const { master, replicas } = await findRoles(set);
    const nodes = replicas.map(({ node }) => node);
    // Replicas are queried after the master, so a replica that has applied everything never appears to be behind.
    const facts = await set.askEach(nodes, (node) => replicationFacts(set, node));
    failOn(facts.flatMap((replica) => fault(set, master, replica) ?? []));
    return saw(master, facts);
  },
};

function saw(master: MasterFacts, replicas: readonly ReplicationFacts[]): string {
  if (replicas.length === 0) {
    return "no replicas are planned";
  }
  const behind = Math.max(0, ...replicas.map((replica) => master.offset - replica.offset));
  const verb = replicas.length === 1 ? "follows" : "follow";
  return `${joinNames(replicas.map(({ node }) => node.name))} ${verb} ${master.node.name}, ${behind} bytes behind`;
}

function fault(set: RunningSet, master: MasterFacts, replica: ReplicationFacts): Finding | undefined {
  const problem = replica.role === "master" ? "was a replica and is now a master" : whatIsWrong(master, replica);
  if (problem === undefined) {
    return undefined;
  }
  return { problem: `${replica.node.name} ${problem}`, lookAt: set.command(replica.node, "INFO replication") };
}

function whatIsWrong(master: MasterFacts, replica: ReplicaFacts): string | undefined {
  const followed = formatEndpoint(replica.master);
  if (followed !== formatEndpoint(master.node.endpoint)) {
    return `follows ${followed}, not the master ${describeNode(master.node)}`;
  }
  if (replica.syncing) {
    return `is still copying the data of the master ${describeNode(master.node)}`;
  }
  if (!replica.linkUp) {
    return `has no link to the master ${describeNode(master.node)}${forHowLong(replica.linkDownFor)}`;
  }
  const state = master.replicas.get(formatEndpoint(replica.node.endpoint))?.state;
  if (state !== "online") {
    return state === undefined
      ? `is not in the list of replicas of the master ${describeNode(master.node)}`
      : `is in state ${state} according to the master ${describeNode(master.node)}`;
  }
  const behind = master.offset - replica.offset;
  return behind > offsetBound ? `is ${behind} bytes behind the master; at most ${offsetBound} are accepted` : undefined;
}

/** Redis reports -1 seconds for a link that was never up. */
function forHowLong(seconds: number | undefined): string {
  return seconds === undefined || seconds < 0 ? "" : `, down for ${seconds} s`;
}
