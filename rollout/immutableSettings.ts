import { adapterOf } from "../hosts/targets.ts";
import { type Problem, ProblemsError } from "../topology/settings/problem.ts";
import type { Topology } from "../topology/topology.ts";

/** An update asks for a change that a running set cannot make. */
export class ImmutableSettingError extends ProblemsError {
  constructor(problems: readonly Problem[]) {
    super("this change cannot be applied to a running set; nothing was changed", problems);
  }
}

/**
 * What a plan asks of a running set that cannot be changed node by node. Empty for another target: there the set is created
 * beside the old one.
 *
 * @param existing names of the set's workloads; empty if the first update was refused, so that its settings can still be
 *   corrected
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
