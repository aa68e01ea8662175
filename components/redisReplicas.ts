import * as pulumi from "@pulumi/pulumi";
import type { DeclaredWorkload, Host } from "../hosts/workload.ts";
import type { Topology } from "../topology/topology.ts";
import { dataNodeWorkload } from "./dataNode.ts";
import { oneAfterAnother } from "./oneAfterAnother.ts";

export interface RedisReplicasArgs {
  readonly topology: Topology;
  readonly host: Host;
  /** Of the set: clients, replicas and Sentinels use the same. */
  readonly password: pulumi.Output<string>;
  /** What must be up first: the master's workload. @default nothing */
  readonly after?: readonly DeclaredWorkload[];
}

/**
 * The data nodes from ordinal 1 on, which begin as replicas. Each comes after the one before, and only when that is in
 * sync: a change that restarts nodes never takes two at a time.
 */
export class RedisReplicas extends pulumi.ComponentResource {
  readonly workloads: readonly DeclaredWorkload[];

  constructor(name: string, args: RedisReplicasArgs, options?: pulumi.ComponentResourceOptions) {
    super("redis-ha:index:RedisReplicas", name, {}, options);
    const nodes = args.topology.dataNodes.slice(1);
    this.workloads = oneAfterAnother(
      args.host,
      nodes.map((node) => dataNodeWorkload(args.topology, node, args.password)),
      { name, parent: this, after: (args.after ?? []).map(({ resource }) => resource) },
    );
    this.registerOutputs({ ids: this.workloads.map(({ id }) => id) });
  }
}
