import type { ExistingWorkload } from "../hosts/workload.ts";
import { failOn, joinNames } from "../redis/finding.ts";
import { replicationFacts } from "../redis/replicationFacts.ts";
import type { RunningSet } from "../redis/runningSet.ts";
import { sentinelFacts } from "../redis/sentinelFacts.ts";
import { formatEndpoint } from "../topology/endpoint.ts";
import { majorityOf } from "../topology/settings/majority.ts";
import type { Endpoint } from "../topology/topology.ts";
import { forgetGhosts } from "./forgetNodes.ts";
import type { NodeObservation } from "./observeNodes.ts";
import type { Condition } from "./waitFor.ts";

/**
 * Stops the data nodes and Sentinels that left the plan. The data nodes are stopped first. If the master leaves, it is
 * the last of them and switches over to a node that stays. Then the Sentinels are stopped, never so many at once that
 * the remaining ones are no majority of the Sentinels that they know.
 *
 * @throws CheckFailure when the set does not become healthy enough for the next step
 */
export async function decommission(
  set: RunningSet,
  leaving: readonly ExistingWorkload[],
  condition: Condition,
  progress: (line: string) => void,
): Promise<void> {
  const voters = await votersAmong(set, leaving, condition);
  const leader = await leaderOf(set, condition);
  const others = leaving.filter((workload) => !voters.includes(workload));
  await stop(
    others.filter(({ address }) => address !== leader.host),
    "which left the plan",
    progress,
  );
  const last = others.filter(({ address }) => address === leader.host);
  await stop(last, "which left the plan and is the master: a switchover promotes another node", progress);
  await leaderOf(set, condition);
  await removeSentinels(set, voters, condition, progress);
}

/**
 * Stops replicas that left the plan, if a node that stays is the master and all other nodes that stay are in sync with
 * it. In any other situation the replicas keep running until `decommission` stops them.
 *
 * @param staying the data nodes of the plan
 */
export async function stopLeavingReplicas(
  staying: readonly NodeObservation[],
  existing: readonly ExistingWorkload[],
  progress: (line: string) => void,
): Promise<void> {
  const masters = staying.flatMap((one) => (one.state === "answers" && one.facts.role === "master" ? [one.facts] : []));
  const [master, another] = masters;
  if (master === undefined || another !== undefined) {
    return;
  }
  const needed = staying.map(({ node }) => node.endpoint).filter((endpoint) => endpoint !== master.node.endpoint);
  if (needed.every((endpoint) => master.replicas.get(formatEndpoint(endpoint))?.state === "online")) {
    const followers = new Set([...master.replicas.keys()].map(hostOf));
    const leaving = existing.filter(({ address, running }) => running && followers.has(address));
    await stop(
      leaving.filter(({ address }) => needed.every(({ host }) => host !== address)),
      "which left the plan",
      progress,
    );
  }
}

/** Stops Sentinels, and makes the remaining Sentinels forget them and all other nodes that left. */
async function removeSentinels(
  set: RunningSet,
  voters: readonly ExistingWorkload[],
  condition: Condition,
  progress: (line: string) => void,
): Promise<void> {
  let remaining = voters;
  do {
    const known = await mostKnownVoters(set);
    const spare = set.target.sentinels.length + remaining.length - majorityOf(known);
    const next = remaining.slice(0, Math.max(1, spare));
    await stop(next, "which left the plan", progress);
    remaining = remaining.slice(next.length);
    await forgetGhosts(set, new Set(remaining.map(({ address }) => address)), condition, progress);
  } while (remaining.length > 0);
}

async function stop(
  workloads: readonly ExistingWorkload[],
  because: string,
  progress: (line: string) => void,
): Promise<void> {
  if (workloads.length > 0) {
    progress(`stopping ${joinNames(workloads.map(({ name }) => name))}, ${because}`);
    await Promise.all(workloads.map((workload) => workload.stop()));
  }
}

/** Returns the workloads that the Sentinels of the plan list as Sentinels. */
async function votersAmong(
  set: RunningSet,
  workloads: readonly ExistingWorkload[],
  condition: Condition,
): Promise<readonly ExistingWorkload[]> {
  const facts = await condition.finds(
    "every Sentinel lists its peers",
    () => set.askEach(set.target.sentinels, (sentinel) => sentinelFacts(set, sentinel)),
    (sentinels) => joinNames(sentinels.map(({ node }) => node.name)),
  );
  const hosts = new Set(facts.flatMap(({ peers }) => peers.map(({ address }) => hostOf(address))));
  return workloads.filter(({ address }) => hosts.has(address));
}

async function mostKnownVoters(set: RunningSet): Promise<number> {
  const facts = await set.askEach(set.target.sentinels, (sentinel) => sentinelFacts(set, sentinel));
  return Math.max(0, ...facts.map(({ peers }) => peers.length + 1));
}

function hostOf(address: string): string {
  return address.slice(0, address.lastIndexOf(":")).replace(/^\[|\]$/g, "");
}

/**
 * Waits until all remaining data nodes have the same master, and returns its address. The master may be a leaving node.
 */
function leaderOf(set: RunningSet, condition: Condition): Promise<Endpoint> {
  return condition.finds("the nodes that stay follow one master", () => oneLeader(set), formatEndpoint);
}

async function oneLeader(set: RunningSet): Promise<Endpoint> {
  const facts = await set.askEach(set.target.dataNodes, (node) => replicationFacts(set, node));
  const leaders = new Map(
    facts
      .map((one) => (one.role === "master" ? one.node.endpoint : one.master))
      .map((endpoint) => [formatEndpoint(endpoint), endpoint]),
  );
  const unlinked = facts.filter((one) => one.role === "slave" && !one.linkUp);
  failOn([
    ...unlinked.map(({ node }) => ({
      problem: `${node.name} has no link to its master`,
      lookAt: set.command(node, "INFO replication"),
    })),
    ...(leaders.size > 1
      ? [
          {
            problem: `the nodes that stay follow ${joinNames([...leaders.keys()])}`,
            lookAt: "INFO replication of each",
          },
        ]
      : []),
  ]);
  const [leader] = leaders.values();
  if (leader === undefined) {
    throw new Error("a plan without data nodes");
  }
  return leader;
}
