import { failOn } from "../redis/finding.ts";
import { describeNode } from "../redis/replicationFacts.ts";
import { findRoles } from "../redis/roles.ts";
import type { RunningSet } from "../redis/runningSet.ts";
import { type KnownNode, type SentinelFacts, sentinelFacts } from "../redis/sentinelFacts.ts";
import { formatEndpoint } from "../topology/endpoint.ts";
import type { Finding } from "../topology/finding.ts";
import type { DataNodePlan, SentinelParameters } from "../topology/topology.ts";
import type { Check } from "./check.ts";
import { sentinelsAnswer } from "./connectivity.ts";
import { oneMaster } from "./oneMaster.ts";

/**
 * All Sentinels name the same master, know each other and every replica, know no other node, and can start a failover.
 */
export const sentinelsAgree: Check = {
  name: "every Sentinel names the master and knows its peers",
  needs: [oneMaster, sentinelsAnswer],
  start: (set) => (set.target.sentinels.length === 0 ? undefined : () => agreement(set)),
};

async function agreement(set: RunningSet): Promise<string> {
  const { sentinels, sentinelRules } = set.target;
  const [{ master }, facts] = await Promise.all([
    findRoles(set),
    set.askEach(sentinels, (sentinel) => sentinelFacts(set, sentinel)),
  ]);
  failOn(
    facts.flatMap((sentinel) => [
      ...sentinelFaults(set, master.node, sentinel),
      ...ghostsIn(set, sentinel).map((ghost) => ghostFault(set, sentinel, ghost)),
    ]),
  );
  return `all ${sentinels.length} name ${describeNode(master.node)}; a quorum of ${sentinelRules.quorum} is reachable`;
}

/** Everything that is wrong with one Sentinel's view of the set, except nodes that it should have forgotten. */
export function sentinelFaults(set: RunningSet, master: DataNodePlan, sentinel: SentinelFacts): readonly Finding[] {
  return [
    ...identityFaults(set, sentinel),
    ...masterFaults(set, master, sentinel),
    ...peerFaults(set, sentinel),
    ...replicaFaults(set, master, sentinel),
    ...ruleFaults(set, sentinel),
  ];
}

/** A node that a Sentinel lists although the plan does not have it. */
export interface Ghost {
  /** `a replica at 10.1.2.3:6379`. */
  readonly description: string;
  /** `address:port`. */
  readonly address: string;
}

export function ghostsIn({ target }: RunningSet, sentinel: SentinelFacts): readonly Ghost[] {
  const dataNodes = new Set(target.dataNodes.map((node) => formatEndpoint(node.endpoint)));
  const sentinels = new Set(target.sentinels.map(({ id }) => id));
  return [
    ...sentinel.peers
      .filter(({ id }) => !sentinels.has(id))
      .map(({ id, address }) => ({ description: `a Sentinel ${id} at ${address}`, address })),
    ...sentinel.replicas
      .filter(({ address }) => !dataNodes.has(address))
      .map(({ address }) => ({ description: `a replica at ${address}`, address })),
  ];
}

/**
 * Checks the Sentinel's id. A Sentinel that lost its volume and generated a new id is a foreign Sentinel to its peers.
 */
function identityFaults(set: RunningSet, { node, id }: SentinelFacts): readonly Finding[] {
  if (id === node.id) {
    return [];
  }
  const problem = `${node.name} has the id ${id}; the plan says ${node.id}`;
  return [{ problem, lookAt: set.command(node, "SENTINEL MYID"), permanent: true }];
}

function masterFaults(set: RunningSet, master: DataNodePlan, sentinel: SentinelFacts): readonly Finding[] {
  const { name } = sentinel.node;
  const question = `SENTINEL MASTER ${set.target.masterName}`;
  const lookAt = set.command(sentinel.node, question);
  if (sentinel.master !== formatEndpoint(master.endpoint)) {
    return [{ problem: `${name} names ${sentinel.master} as the master, not ${describeNode(master)}`, lookAt }];
  }
  const complaints = sentinel.masterFlags.filter((flag) => flag !== "master");
  const problems =
    complaints.length > 0 ? [`${name} sees the master ${describeNode(master)} as ${complaints.join(", ")}`] : [];
  if (!sentinel.quorum.startsWith("OK")) {
    problems.push(`${name} could not start a failover: ${sentinel.quorum}`);
  }
  return problems.map((problem) => ({ problem, lookAt }));
}

function peerFaults(set: RunningSet, sentinel: SentinelFacts): readonly Finding[] {
  const others = set.target.sentinels.filter((other) => other.name !== sentinel.node.name);
  const missing = others.map((other) => {
    const known = sentinel.peers.find((peer) => peer.id === other.id);
    return nodeFault(sentinel, other.name, formatEndpoint(other.endpoint), known);
  });
  const lookAt = set.command(sentinel.node, `SENTINEL SENTINELS ${set.target.masterName}`);
  return missing.filter((problem) => problem !== undefined).map((problem) => ({ problem, lookAt }));
}

function replicaFaults(set: RunningSet, master: DataNodePlan, sentinel: SentinelFacts): readonly Finding[] {
  const { dataNodes, masterName } = set.target;
  const missing = dataNodes
    .filter((node) => node.name !== master.name)
    .map((node) => {
      const address = formatEndpoint(node.endpoint);
      const known = sentinel.replicas.find((replica) => replica.address === address);
      return nodeFault(sentinel, node.name, address, known);
    });
  const lookAt = set.command(sentinel.node, `SENTINEL REPLICAS ${masterName}`);
  return missing.filter((problem) => problem !== undefined).map((problem) => ({ problem, lookAt }));
}

/** Flags by which a Sentinel marks a node as unavailable. */
const badFlags = new Set(["s_down", "o_down", "disconnected"]);

function nodeFault(
  sentinel: SentinelFacts,
  name: string,
  address: string,
  known: KnownNode | undefined,
): string | undefined {
  if (known === undefined) {
    return `${sentinel.node.name} does not know ${name} (${address})`;
  }
  if (known.address !== address) {
    return `${sentinel.node.name} knows ${name} at ${known.address}; the plan says ${address}`;
  }
  const complaints = known.flags.filter((flag) => badFlags.has(flag));
  return complaints.length > 0
    ? `${sentinel.node.name} sees ${name} (${address}) as ${complaints.join(", ")}`
    : undefined;
}

/**
 * Sentinels never forget a node automatically. SENTINEL RESET empties a Sentinel's whole list, so the advice is to
 * reset one Sentinel at a time while the master is healthy.
 */
function ghostFault(set: RunningSet, sentinel: SentinelFacts, { description }: Ghost): Finding {
  const reset = set.command(sentinel.node, `SENTINEL RESET ${set.target.masterName}`);
  return {
    problem: `${sentinel.node.name} lists ${description}, which the plan does not have`,
    lookAt: `${reset} removes it (reset one Sentinel at a time, 30 s apart, while the master is healthy)`,
    permanent: true,
  };
}

function ruleFaults(set: RunningSet, { node, rules }: SentinelFacts): readonly Finding[] {
  const planned = set.target.sentinelRules;
  const names = Object.keys(planned) as (keyof SentinelParameters)[];
  const lookAt = set.command(node, `SENTINEL MASTER ${set.target.masterName}`);
  return names
    .filter((name) => rules[name] !== planned[name])
    .map((name) => ({
      problem: `${node.name} runs with ${directives[name]} ${rules[name]}; the plan says ${planned[name]}`,
      lookAt,
    }));
}

const directives: Readonly<Record<keyof SentinelParameters, string>> = {
  quorum: "quorum",
  downAfter: "down-after-milliseconds",
  failoverTimeout: "failover-timeout",
  parallelSyncs: "parallel-syncs",
};
