import type { ExistingWorkload } from "../hosts/workload.ts";
import type { SetAccess } from "../redis/access.ts";
import { type Addressing, addressModeNames, findAddressing } from "../redis/addressing.ts";
import { CheckFailure, joinNames } from "../redis/finding.ts";
import type { VerificationTarget } from "../redis/target.ts";
import { withRunningSet } from "../redis/withRunningSet.ts";
import { isKnownToOthers } from "../topology/nodes.ts";
import { decommission } from "./decommission.ts";
import { forgetGhosts, hasGhost } from "./forgetNodes.ts";
import { Condition } from "./waitFor.ts";

export interface ReconcileOptions {
  /** Names of all workloads of the plan. */
  readonly planned: ReadonlySet<string>;
  /** Every workload that the host has now. */
  readonly existing: readonly ExistingWorkload[];
  /** How to reach the set, if its host needs a tunnel. */
  readonly access?: SetAccess | undefined;
  /** Milliseconds to wait for each condition, such as all remaining nodes being in sync. */
  readonly deadline: number;
  /** Called with a line for people about each step. */
  readonly progress: (line: string) => void;
}

/** The state lists a workload that no longer exists on the host: someone, or an interrupted update, removed it. */
export class MissingWorkloadError extends Error {
  readonly names: readonly string[];

  constructor(names: readonly string[]) {
    super(
      `the state lists ${joinNames(names)}, which the host does not have (removed by an interrupted update or by hand); ` +
        "to restore missing workloads with their data, run: pulumi up --refresh",
    );
    this.name = "MissingWorkloadError";
    this.names = names;
  }
}

/**
 * Brings the running set in line with the plan before verification. Pulumi deletes nodes that left the plan only at the
 * end of an update. Until then such a node would still be a replica, or even the master, and Sentinels never forget a
 * node automatically.
 *
 * First, nodes of the plan that were stopped are started. Then data nodes and Sentinels that left the plan are stopped,
 * the master last of the data nodes, and one Sentinel after another forgets them. Gateways, exporter and Commander run
 * until Pulumi deletes them: if the update fails and the plan is reverted, nothing would start them again. An unhealthy
 * set is left unchanged, and the verification reports what is wrong.
 *
 * @throws MissingWorkloadError
 */
export async function reconcile(target: VerificationTarget, options: ReconcileOptions): Promise<void> {
  const { planned, existing, access, deadline, progress } = options;
  const missing = [...planned].filter((name) => !existing.some((workload) => workload.name === name));
  if (missing.length > 0) {
    throw new MissingWorkloadError(missing);
  }
  await start(
    existing.filter(({ name, running }) => planned.has(name) && !running),
    progress,
  );
  const leaving = existing.filter(({ name, running }) => !planned.has(name) && running && isKnownToOthers(name));
  const condition = new Condition(deadline, progress);
  try {
    const open = () => access?.open() ?? findAddressing(target);
    // Nodes that this update created may still be starting. If no node has to be stopped, only the verification waits
    // for the set: waiting here too would double the time until an unreachable set fails.
    const reached = ({ mode }: Addressing) => `through ${addressModeNames[mode]}`;
    const openInTime = () =>
      leaving.length > 0 ? condition.finds("the set is reachable", open, reached, access) : open();
    await withRunningSet(target, openInTime, async (set) => {
      if (leaving.length > 0) {
        await decommission(set, leaving, condition, progress);
      } else if (await hasGhost(set)) {
        await forgetGhosts(set, new Set(), condition, progress);
      }
    });
  } catch (error) {
    if (!(error instanceof CheckFailure)) {
      throw error;
    }
    if (leaving.length > 0) {
      progress(`${joinNames(leaving.map(({ name }) => name))} cannot be removed from the set now: ${error.message}`);
    }
  }
}

async function start(stopped: readonly ExistingWorkload[], progress: (line: string) => void): Promise<void> {
  if (stopped.length > 0) {
    progress(`starting ${joinNames(stopped.map(({ name }) => name))}, which the plan has but did not run`);
    await Promise.all(stopped.map((workload) => workload.start()));
  }
}
