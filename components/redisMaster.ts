import * as pulumi from "@pulumi/pulumi";
import type { DeclaredWorkload, Host } from "../hosts/workload.ts";
import type { Topology } from "../topology/topology.ts";
import { dataNodeWorkload } from "./parts/dataNode.ts";
import { RestartOrder } from "./parts/restartOrder.ts";

export interface RedisMasterArgs {
  readonly topology: Topology;
  readonly host: Host;
  /** The password of the set. Clients, replicas and Sentinels use the same one. */
  readonly password: pulumi.Output<string>;
  /**
   * The rollout order, shared by all data nodes so that an update restarts one at a time.
   *
   * @internal
   * @default an order of this node only
   */
  readonly order?: RestartOrder;
  /** Workloads that must be ready before this one changes. @default none */
  readonly after?: readonly DeclaredWorkload[];
}

/**
 * The data node with ordinal 0, which is the master of the first deployment. After a failover it remains a replica,
 * because a node decides its role itself at every start, and an update never demotes the current master.
 */
export class RedisMaster extends pulumi.ComponentResource {
  readonly workload: DeclaredWorkload;

  constructor(name: string, args: RedisMasterArgs, options?: pulumi.ComponentResourceOptions) {
    super("redis-ha:index:RedisMaster", name, {}, options);
    const [node] = args.topology.dataNodes;
    if (node === undefined) {
      throw new Error(`the topology ${args.topology.name} has no data node`);
    }
    const order = args.order ?? new RestartOrder(args.topology, args.password, args.host, [node]);
    this.workload = order.declare(node, dataNodeWorkload(args.topology, node, args.password), {
      name,
      parent: this,
      after: (args.after ?? []).map(({ resource }) => resource),
    });
    this.registerOutputs({ id: this.workload.id });
  }
}
