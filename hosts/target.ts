import type { DeployedSet } from "../topology/outputs.ts";
import type { Problem } from "../topology/settings/problem.ts";
import type { HostPlan, Topology } from "../topology/topology.ts";
import type { TunnelOpener } from "../topology/tunnel.ts";
import type { AccessDescription } from "./access.ts";
import type { Claims } from "./ownership.ts";
import type { StatedResource } from "./stateResources.ts";
import type { ExistingWorkload } from "./workload.ts";

/** A plan for one target. */
export type TopologyOn<Plan extends HostPlan> = Topology & { readonly host: Plan };

/**
 * What a target tells about sets that run on it. What it needs beyond the plan, such as its client, an adapter loads when it
 * is called: most updates and commands need none of it.
 */
export interface TargetAdapter<Plan extends HostPlan = HostPlan> {
  /** Whether nodes publish ports on the machine that runs them. */
  readonly publishesPorts: boolean;
  /** To be read after the set's name: `, in the namespace cache`; empty where the target has one place only. */
  describePlace(plan: Plan): string;
  /** How people and programs connect to the set. */
  describeAccess(set: DeployedSet & { readonly topology: TopologyOn<Plan> }): AccessDescription;
  /** Opens tunnels to the nodes; undefined where their addresses or published ports can be tried. */
  tunnel(topology: TopologyOn<Plan>): Promise<TunnelOpener | undefined>;
  /**
   * The workloads of a set where it was deployed, which may be another place than the planned one.
   *
   * @param onHost asks the planned host
   */
  existing(
    deployed: TopologyOn<Plan>,
    planned: TopologyOn<Plan>,
    onHost: () => Promise<readonly ExistingWorkload[]>,
  ): Promise<readonly ExistingWorkload[]>;
  /**
   * What the plan asks of a running set that cannot be changed node by node.
   *
   * @param existing names of the set's workloads; empty if the first update was refused, so that its settings can still be
   *   corrected
   */
  immutableChanges(
    deployed: TopologyOn<Plan>,
    planned: TopologyOn<Plan>,
    existing: ReadonlySet<string>,
  ): readonly Problem[];
  /**
   * What a state may remove.
   *
   * @param environment in which the target is found
   */
  claims(resources: readonly StatedResource[], environment: NodeJS.ProcessEnv): Promise<Claims>;
}

/** How a setting is changed that a running set cannot change. */
export const downFirst = "run `npm run down` first, the data is lost";
