import type { targets as targetNames } from "../topology/choices.ts";
import type { HostPlan } from "../topology/topology.ts";
import { dockerTarget } from "./docker/target.ts";
import { kubernetesTarget } from "./kubernetes/target.ts";
import type { TargetAdapter } from "./target.ts";

export type Target = (typeof targetNames)[number];

/** All targets. A new target is a folder beside docker/ and kubernetes/, a line here, and a case in plannedHost.ts. */
export const targets: { readonly [Name in Target]: TargetAdapter<Extract<HostPlan, { readonly target: Name }>> } = {
  docker: dockerTarget,
  kubernetes: kubernetesTarget,
};

/** The adapter of a plan's target. */
export function adapterOf({ target }: HostPlan): TargetAdapter {
  return targets[target];
}
