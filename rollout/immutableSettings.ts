import { adapterOf } from "../hosts/targets.ts";
import { type Problem, ProblemsError } from "../topology/settings/problem.ts";
import type { Topology } from "../topology/topology.ts";

/** The plan requires a change that cannot be applied to a running set. */
export class ImmutableSettingError extends ProblemsError {
  constructor(problems: readonly Problem[]) {
    super("this change cannot be applied to a running set; nothing was changed", problems);
  }
}

/**
 * Returns the planned changes that cannot be applied to a running set node by node. If the target changes, there are
 * none: the set is then created on the new target beside the old one.
 *
 * @param existing names of the set's workloads; empty if the first update was refused, so that its settings can still
 *   be corrected
 */
export function immutableChanges(
  deployed: Topology,
  planned: Topology,
  existing: ReadonlySet<string>,
): readonly Problem[] {
  return deployed.host.target === planned.host.target
    ? adapterOf(deployed.host).immutableChanges(deployed, planned, existing)
    : [];
}
