import type { DeclaredWorkload, Host, Placement, Workload } from "../../hosts/workload.ts";
import { readinessGate } from "./readinessGate.ts";

/**
 * Declares workloads in a row. Each comes after the one before, and only when that is ready, so that a change never takes
 * two at a time.
 *
 * @param shouldWait whether the next turn could take away anything, once the workload of this name has changed
 */
export function oneAfterAnother(
  host: Host,
  workloads: readonly Workload[],
  placement: Placement,
  shouldWait: (name: string) => Promise<boolean>,
): readonly DeclaredWorkload[] {
  const declared: DeclaredWorkload[] = [];
  let { after } = placement;
  for (const workload of workloads) {
    const next = readinessGate(host, host.run(workload, { ...placement, after }), placement, {
      shouldWait: () => shouldWait(workload.name),
    });
    declared.push(next);
    after = [next.resource];
  }
  return declared;
}
