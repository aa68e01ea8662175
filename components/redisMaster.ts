import * as pulumi from "@pulumi/pulumi";
import type { DeclaredWorkload, Host } from "../hosts/workload.ts";
import type { Topology } from "../topology/topology.ts";
import { dataNodeWorkload } from "./parts/dataNode.ts";
import { RestartOrder } from "./parts/restartOrder.ts";

export interface RedisMasterArgs {
  readonly topology: Topology;
  readonly host: Host;
  /** Of the set: clients, replicas and Sentinels use the same. */
  readonly password: pulumi.Output<string>;
  /** @internal One order for all data nodes, so that a change restarts one at a time. @default none: it takes its turn alone */
  readonly order?: RestartOrder;
  /** What must be up first. @default nothing */
  readonly after?: readonly DeclaredWorkload[];
}

/**
 * The data node with ordinal 0, which is the set's first master. After a failover it is a replica and stays one: a node
 * decides its role itself each time it starts, and an update demotes no master.
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
