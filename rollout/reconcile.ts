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
  /** How to reach the set, where its host needs a tunnel. */
  readonly access?: SetAccess | undefined;
  /** Milliseconds for each condition that has to be awaited, such as that all nodes that stay are in sync. */
  readonly deadline: number;
  /** Called with a line for people about each step. */
  readonly progress: (line: string) => void;
}

/** The state lists a workload that no longer exists on the host: someone, or an interrupted update, removed it. */
export class MissingWorkloadError extends Error {
  readonly names: readonly string[];

  constructor(names: readonly string[]) {
    super(
      `the state has ${joinNames(names)}, and the host has not: an update was killed while it removed that, or somebody ` +
        "else did; bring it back, with its data, by: pulumi up --refresh",
    );
    this.name = "MissingWorkloadError";
    this.names = names;
  }
}

/**
 * Makes what runs what the plan has, before it is verified. A deployment makes what is new and removes what has left
 * only when everything else is done: until then a node that left would be a replica, or even the master, and Sentinels
 * never forget anybody by themselves.
 *
 * So nodes of the plan that were stopped are started; data nodes and Sentinels that left are stopped, the master among
 * them last; then one Sentinel after another forgets them. Gateways, exporter and Commander run until they are removed:
 * when the update fails and the plan is what it was, nothing asks whether they have been stopped. A set that is not well
 * is left as it is: the verification says what is wrong.
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
    // What this very update has made may still be starting. With nothing to stop the verification awaits the set; twice
    // would take twice as long where it never comes.
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
      progress(`${joinNames(leaving.map(({ name }) => name))} cannot be taken out now: ${error.message}`);
    }
  }
}

async function start(stopped: readonly ExistingWorkload[], progress: (line: string) => void): Promise<void> {
  if (stopped.length > 0) {
    progress(`starting ${joinNames(stopped.map(({ name }) => name))}, which the plan has and which did not run`);
    await Promise.all(stopped.map((workload) => workload.start()));
  }
}
