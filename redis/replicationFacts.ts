import { formatEndpoint } from "../topology/endpoint.ts";
import type { DataNodePlan, Endpoint, NodePlan } from "../topology/topology.ts";
import { commaFields, infoFields } from "./replies.ts";
import type { RunningSet } from "./runningSet.ts";

/** The replication state that one data node reports at one moment (INFO replication). */
export type ReplicationFacts = MasterFacts | ReplicaFacts;

export interface MasterFacts {
  readonly role: "master";
  readonly node: DataNodePlan;
  /** Bytes of the replication stream written so far. */
  readonly offset: number;
  /** The connected replicas by the addresses that they announce. */
  readonly replicas: ReadonlyMap<string, ConnectedReplica>;
}

/** The state of a replica as its master reports it. */
export interface ConnectedReplica {
  /** `online` once the initial copy of the data is complete. */
  readonly state: string;
  /** Seconds since the replica last acknowledged anything. */
  readonly lag: number;
}

export interface ReplicaFacts {
  readonly role: "slave";
  readonly node: DataNodePlan;
  /** Bytes of the replication stream applied so far. */
  readonly offset: number;
  readonly master: Endpoint;
  readonly linkUp: boolean;
  /** Seconds since the link to the master broke; undefined while the link is up. */
  readonly linkDownFor: number | undefined;
  /** True while the replica receives the initial copy of the master's data. */
  readonly syncing: boolean;
}

export async function replicationFacts(set: RunningSet, node: DataNodePlan): Promise<ReplicationFacts> {
  const fields = infoFields(await set.call(node, "INFO", "replication"));
  const value = (name: string): string => fields.get(name) ?? "";
  if (value("role") === "master") {
    return { role: "master", node, offset: Number(value("master_repl_offset")), replicas: connectedReplicas(fields) };
  }
  const linkUp = value("master_link_status") === "up";
  return {
    role: "slave",
    node,
    offset: Number(value("slave_repl_offset")),
    master: { host: value("master_host"), port: Number(value("master_port")) },
    linkUp,
    linkDownFor: linkUp ? undefined : Number(value("master_link_down_since_seconds")),
    syncing: value("master_sync_in_progress") === "1",
  };
}

/** Describes a node by its name and address: `redis-0 (10.1.2.3:6379)`. */
export function describeNode(node: NodePlan): string {
  return `${node.name} (${formatEndpoint(node.endpoint)})`;
}

function connectedReplicas(fields: ReadonlyMap<string, string>): ReadonlyMap<string, ConnectedReplica> {
  const replicas = new Map<string, ConnectedReplica>();
  for (const [name, description] of fields) {
    if (/^slave\d+$/.test(name)) {
      const replica = commaFields(description);
      const endpoint = { host: replica.get("ip") ?? "", port: Number(replica.get("port")) };
      replicas.set(formatEndpoint(endpoint), { state: replica.get("state") ?? "", lag: Number(replica.get("lag")) });
    }
  }
  return replicas;
}
