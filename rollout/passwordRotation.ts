import type { ExistingWorkload } from "../hosts/workload.ts";
import { CheckFailure } from "../redis/finding.ts";
import { RefusalError, type RunningSet } from "../redis/runningSet.ts";
import { nodesTarget } from "../redis/target.ts";
import { withConnections, withRunningSet } from "../redis/withRunningSet.ts";
import type { NodePlan, Topology } from "../topology/topology.ts";
import { reachableNodes } from "./reachableNodes.ts";

/** A running node did not accept a new password. The message contains neither the old password nor the new one. */
export class PasswordRotationError extends Error {
  constructor(node: NodePlan, why: string) {
    super(`${node.name} cannot be given the new password: ${why}; no node was restarted`);
    this.name = "PasswordRotationError";
  }
}

/** The old password and the new one. */
export interface PasswordRotation {
  readonly from: string;
  readonly to: string;
}

/**
 * Makes every running node accept a new password in addition to the old one, and use the new one with its peers. After
 * that, nodes can be restarted one by one with the new password alone, and no node refuses another one in between.
 *
 * The change lasts until the node restarts. Nodes that do not run, and nodes that already have the new password, are
 * skipped.
 *
 * @param deployed the set as it was last deployed, including the nodes that are leaving it
 * @param existing lists the workloads on the host
 * @returns names of the nodes that were given the new password
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
      await Promise.all(found.nodes.map(async (node) => ((await hasOldPassword(set, node, change)) ? [node] : [])))
    ).flat();
    // Every node has to accept the new password before the first one uses it.
    await callEach(set, old, ["ACL", "SETUSER", "default", `>${change.to}`]);
    const isSentinel = (node: NodePlan) => deployed.sentinels.some(({ name }) => name === node.name);
    const sentinels = old.filter(isSentinel);
    await callEach(set, sentinels, ["SENTINEL", "CONFIG", "SET", "sentinel-pass", change.to]);
    await callEach(set, sentinels, ["SENTINEL", "SET", deployed.masterName, "auth-pass", change.to]);
    await callEach(
      set,
      old.filter((node) => !isSentinel(node)),
      ["CONFIG", "SET", "masterauth", change.to],
    );
    return old.map(({ name }) => name);
  });
}

async function hasOldPassword(set: RunningSet, node: NodePlan, { to }: PasswordRotation): Promise<boolean> {
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

/** Checks that the node already has the new password, as some nodes do after an interrupted update. */
async function expectToAccept({ target, addressing }: RunningSet, node: NodePlan, password: string): Promise<void> {
  try {
    await withConnections({ ...target, password }, addressing, (set) => set.call(node, "PING"));
  } catch (error) {
    if (error instanceof CheckFailure && error.permanent) {
      throw new PasswordRotationError(node, "it accepts neither the old password nor the new one");
    }
  }
}

async function callEach(
  set: RunningSet,
  nodes: readonly NodePlan[],
  [command, ...words]: readonly [string, ...string[]],
): Promise<void> {
  await Promise.all(
    nodes.map(async (node) => {
      try {
        await set.call(node, command, ...words);
      } catch (error) {
        // The original failure quotes the whole command, including the password.
        const why = error instanceof RefusalError ? error.reply : "it does not answer";
        throw new PasswordRotationError(node, why);
      }
    }),
  );
}
