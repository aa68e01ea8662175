import * as pulumi from "@pulumi/pulumi";
import type { DeclaredWorkload, Host } from "../hosts/workload.ts";
import type { Topology } from "../topology/topology.ts";
import { oneAfterAnother } from "./parts/oneAfterAnother.ts";
import { sentinelWorkload } from "./parts/sentinel.ts";
import { shouldAwaitReadiness } from "./parts/shouldAwaitReadiness.ts";

export interface RedisSentinelsArgs {
  readonly topology: Topology;
  readonly host: Host;
  /** Of the set: Sentinels ask for it, and give it to the data nodes. */
  readonly password: pulumi.Output<string>;
  /** What must be up first. @default nothing: Sentinels wait for a master themselves */
  readonly after?: readonly DeclaredWorkload[];
}

/** The Sentinels. One comes after the other, so that a change never takes the majority away. */
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
