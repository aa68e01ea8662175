import type { DeclaredWorkload, Host, Placement, Workload } from "../../hosts/workload.ts";
import { readinessGate } from "./readinessGate.ts";

/**
 * Declares workloads that change one at a time: each workload changes only after the previous one is ready.
 *
 * @param shouldWait called with the name of a changed workload. Returns false if the next workload may change before
 *   this one is ready
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
