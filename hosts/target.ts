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
 * The operations that a target offers for sets that run on it. An adapter loads its dependencies, such as the client of
 * its host, only when an operation needs them, because most updates and commands need none.
 */
export interface TargetAdapter<Plan extends HostPlan = HostPlan> {
  /** Whether nodes publish ports on the machine that runs them. */
  readonly publishesPorts: boolean;
  /** A phrase that follows the set's name: `, in the namespace cache`; empty if the target has only one place. */
  describePlace(plan: Plan): string;
  /** How people and programs connect to the set. */
  describeAccess(set: DeployedSet & { readonly topology: TopologyOn<Plan> }): AccessDescription;
  /** Opens tunnels to the nodes; undefined if their addresses and published ports can be tried. */
  tunnel(topology: TopologyOn<Plan>): Promise<TunnelOpener | undefined>;
  /**
   * Lists the workloads of a set at the place where it was deployed, which may differ from the planned place.
   *
   * @param onHost lists the workloads on the planned host
   */
  existing(
    deployed: TopologyOn<Plan>,
    planned: TopologyOn<Plan>,
    onHost: () => Promise<readonly ExistingWorkload[]>,
  ): Promise<readonly ExistingWorkload[]>;
  /**
   * Returns the planned changes that cannot be applied to a running set node by node.
   *
   * @param existing names of the set's workloads; empty if the first update was refused, so that its settings can still
   *   be corrected
   */
  immutableChanges(
    deployed: TopologyOn<Plan>,
    planned: TopologyOn<Plan>,
    existing: ReadonlySet<string>,
  ): readonly Problem[];
  /**
   * Finds out which objects on the target a state may remove.
   *
   * @param environment variables that locate the target, such as DOCKER_HOST
   */
  claims(resources: readonly StatedResource[], environment: NodeJS.ProcessEnv): Promise<Claims>;
}

/** The advice for changing a setting that a running set cannot change. */
export const downFirst = "run `npm run down` first, which deletes the data";
