import * as pulumi from "@pulumi/pulumi";
import type { DeclaredWorkload, Host } from "../hosts/workload.ts";
import type { Topology } from "../topology/topology.ts";
import { dataNodeWorkload } from "./parts/dataNode.ts";
import { RestartOrder } from "./parts/restartOrder.ts";

export interface RedisReplicasArgs {
  readonly topology: Topology;
  readonly host: Host;
  /** The password of the set. Clients, replicas and Sentinels use the same one. */
  readonly password: pulumi.Output<string>;
  /**
   * The rollout order, shared by all data nodes so that an update restarts one at a time.
   *
   * @internal
   * @default an order of the replicas only
   */
  readonly order?: RestartOrder;
  /** Workloads that must be ready before the first replica changes. @default none */
  readonly after?: readonly DeclaredWorkload[];
}

/**
 * The data nodes from ordinal 1 on, which are replicas in the first deployment. An update restarts them one at a time.
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
