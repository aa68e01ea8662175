import type { ExistingWorkload } from "../hosts/workload.ts";
import { CheckFailure } from "../redis/finding.ts";
import { RefusalError, type RunningSet } from "../redis/runningSet.ts";
import { nodesTarget } from "../redis/target.ts";
import { withConnections, withRunningSet } from "../redis/withRunningSet.ts";
import type { NodePlan, Topology } from "../topology/topology.ts";
import { reachableNodes } from "./reachableNodes.ts";

/** A node that runs could not be told a new password. Its message has neither the old one nor the new. */
export class PasswordRotationError extends Error {
  constructor(node: NodePlan, why: string) {
    super(`${node.name} cannot be told the new password: ${why}; nothing was restarted`);
    this.name = "PasswordRotationError";
  }
}

/** The old password and the new one. */
export interface PasswordRotation {
  readonly from: string;
  readonly to: string;
}

/**
 * Makes every node that runs accept a new password beside the old one, and use it with its peers. After that nodes may
 * be restarted one after another with the new password alone, and none refuses another in between.
 *
 * It lasts until the node restarts. A node that does not run is left out; one that has the new password already, too.
 *
 * @param deployed the set as it was deployed last, with the nodes that are leaving it
 * @param existing what the host has now
 * @returns names of the nodes that were told
 * @throws PasswordRotationError
 */
export async function introducePassword(
  deployed: Topology,
  change: PasswordRotation,
  existing: () => Promise<readonly ExistingWorkload[]>,
): Promise<readonly string[]> {
  const found = await reachableNodes(deployed, [...deployed.dataNodes, ...deployed.sentinels], existing);
  if (found === undefined) {
    return [];
  }
  const open = async () => found.addressing;
  return withRunningSet(nodesTarget(deployed, change.from), open, async (set) => {
    const old = (
      await Promise.all(found.nodes.map(async (node) => ((await hasOld(set, node, change)) ? [node] : [])))
    ).flat();
    // Every node has to accept the new password before the first one uses it.
    await tell(set, old, ["ACL", "SETUSER", "default", `>${change.to}`]);
    const isSentinel = (node: NodePlan) => deployed.sentinels.some(({ name }) => name === node.name);
    const sentinels = old.filter(isSentinel);
    await tell(set, sentinels, ["SENTINEL", "CONFIG", "SET", "sentinel-pass", change.to]);
    await tell(set, sentinels, ["SENTINEL", "SET", deployed.masterName, "auth-pass", change.to]);
    await tell(
      set,
      old.filter((node) => !isSentinel(node)),
      ["CONFIG", "SET", "masterauth", change.to],
    );
    return old.map(({ name }) => name);
  });
}

async function hasOld(set: RunningSet, node: NodePlan, { to }: PasswordRotation): Promise<boolean> {
  try {
    await set.call(node, "PING");
    return true;
  } catch (error) {
    if (!(error instanceof CheckFailure)) {
      throw error;
    }
    if (error instanceof RefusalError) {
      return true;
    }
    if (!error.permanent) {
      return false;
    }
    await expectToAccept(set, node, to);
    return false;
  }
}

/** Of an update that was interrupted, some nodes have the new password already. */
async function expectToAccept({ target, addressing }: RunningSet, node: NodePlan, password: string): Promise<void> {
  try {
    await withConnections({ ...target, password }, addressing, (set) => set.call(node, "PING"));
  } catch (error) {
    if (error instanceof CheckFailure && error.permanent) {
      throw new PasswordRotationError(node, "it accepts neither the old one nor the new one");
    }
  }
}

async function tell(
  set: RunningSet,
  nodes: readonly NodePlan[],
  [command, ...words]: readonly [string, ...string[]],
): Promise<void> {
  await Promise.all(
    nodes.map(async (node) => {
      try {
        await set.call(node, command, ...words);
      } catch (error) {
        // The failure itself names the whole command, and with it the password.
        const why = error instanceof RefusalError ? error.reply : "it does not answer";
        throw new PasswordRotationError(node, why);
      }
    }),
  );
}
