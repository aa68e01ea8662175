import * as pulumi from "@pulumi/pulumi";
import type { DeclaredWorkload, Host } from "../hosts/workload.ts";
import type { Topology } from "../topology/topology.ts";
import { oneAfterAnother } from "./parts/oneAfterAnother.ts";
import { sentinelWorkload } from "./parts/sentinel.ts";
import { shouldAwaitReadiness } from "./parts/shouldAwaitReadiness.ts";

export interface RedisSentinelsArgs {
  readonly topology: Topology;
  readonly host: Host;
  /** The password of the set. Sentinels require it from clients, and use it to log in to the data nodes. */
  readonly password: pulumi.Output<string>;
  /**
   * Workloads that must be ready before the first Sentinel changes.
   *
   * @default none, since Sentinels wait for a master
   */
  readonly after?: readonly DeclaredWorkload[];
}

/** The Sentinels. An update changes them one at a time, so that a majority of them always runs. */
export class RedisSentinels extends pulumi.ComponentResource {
  readonly workloads: readonly DeclaredWorkload[];

  constructor(name: string, args: RedisSentinelsArgs, options?: pulumi.ComponentResourceOptions) {
    super("redis-ha:index:RedisSentinels", name, {}, options);
    this.workloads = oneAfterAnother(
      args.host,
      args.topology.sentinels.map((sentinel) => sentinelWorkload(args.topology, sentinel, args.password)),
      {
        name,
        parent: this,
        after: (args.after ?? []).map(({ resource }) => resource),
      },
      shouldAwaitReadiness(args.topology, args.password, args.host, undefined),
    );
    this.registerOutputs({ ids: this.workloads.map(({ id }) => id) });
  }
}
