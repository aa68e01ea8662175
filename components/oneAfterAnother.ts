import type { DeclaredWorkload, Host, Placement, Workload } from "../hosts/workload.ts";

/** Declares workloads in a row: each comes after the one before, so that a change never takes two at a time. */
export function oneAfterAnother(
  host: Host,
  workloads: readonly Workload[],
  placement: Placement,
): readonly DeclaredWorkload[] {
  const declared: DeclaredWorkload[] = [];
  let { after } = placement;
  for (const workload of workloads) {
    const next = host.run(workload, { ...placement, after });
    declared.push(next);
    after = [next.resource];
  }
  return declared;
}
