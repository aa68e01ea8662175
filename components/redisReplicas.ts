import * as pulumi from "@pulumi/pulumi";
import type { DeclaredWorkload, Host } from "../hosts/workload.ts";
import type { Topology } from "../topology/topology.ts";
import { dataNodeWorkload } from "./parts/dataNode.ts";
import { RestartOrder } from "./parts/restartOrder.ts";

export interface RedisReplicasArgs {
  readonly topology: Topology;
  readonly host: Host;
  /** Of the set: clients, replicas and Sentinels use the same. */
  readonly password: pulumi.Output<string>;
  /** @internal One order for all data nodes, so that a change restarts one at a time. @default the replicas alone take turns */
  readonly order?: RestartOrder;
  /** What must be up first. @default nothing */
  readonly after?: readonly DeclaredWorkload[];
}

/**
 * The data nodes from ordinal 1 on, which begin as replicas. They take turns: a change that restarts nodes never takes
 * two at a time.
 */
export class RedisReplicas extends pulumi.ComponentResource {
  readonly workloads: readonly DeclaredWorkload[];

  constructor(name: string, args: RedisReplicasArgs, options?: pulumi.ComponentResourceOptions) {
    super("redis-ha:index:RedisReplicas", name, {}, options);
    const nodes = args.topology.dataNodes.slice(1);
    const order = args.order ?? new RestartOrder(args.topology, args.password, args.host, nodes);
    const placement = { name, parent: this, after: (args.after ?? []).map(({ resource }) => resource) };
    this.workloads = nodes.map((node) =>
      order.declare(node, dataNodeWorkload(args.topology, node, args.password), placement),
    );
    this.registerOutputs({ ids: this.workloads.map(({ id }) => id) });
  }
}
