import type { SetAccess } from "../../redis/access.ts";
import { findAddressing } from "../../redis/addressing.ts";
import { CheckFailure } from "../../redis/finding.ts";
import { replicationFacts } from "../../redis/replicationFacts.ts";
import type { RunningSet } from "../../redis/runningSet.ts";
import { secondsInTilt } from "../../redis/sentinelTilt.ts";
import type { VerificationTarget } from "../../redis/target.ts";
import { withRunningSet } from "../../redis/withRunningSet.ts";
import type { DataNodePlan, NodePlan, SentinelPlan } from "../../topology/topology.ts";

/** What a node is at this moment, or that it did not say. */
export type LiveRole = "master" | "replica" | "sentinel" | "sentinel, in TILT" | "no answer";

/**
 * Asks every data node and Sentinel what it is, by node name. A node that does not answer is no failure here.
 *
 * @param access how to reach the set, where its host needs a tunnel
 */
export async function liveRoles(
  target: VerificationTarget,
  access?: SetAccess,
): Promise<ReadonlyMap<string, LiveRole>> {
  const nodes: readonly NodePlan[] = [...target.dataNodes, ...target.sentinels];
  const open = () => access?.open() ?? findAddressing(target);
  const roles = await unlessSilent(
    withRunningSet(target, open, (set) => {
      const dataRoles = target.dataNodes.map((node) => dataRole(set, node));
      const sentinelRoles = target.sentinels.map((node) => sentinelRole(set, node));
      return Promise.all([...dataRoles, ...sentinelRoles].map(unlessSilent));
    }),
  );
  return new Map(nodes.map((node, index) => [node.name, roles?.[index] ?? "no answer"]));
}

async function dataRole(set: RunningSet, node: DataNodePlan): Promise<LiveRole> {
  const { role } = await replicationFacts(set, node);
  return role === "master" ? "master" : "replica";
}

async function sentinelRole(set: RunningSet, node: SentinelPlan): Promise<LiveRole> {
  return (await secondsInTilt(set, node)) === undefined ? "sentinel" : "sentinel, in TILT";
}

async function unlessSilent<Answer>(asked: Promise<Answer>): Promise<Answer | undefined> {
  try {
    return await asked;
  } catch (error) {
    if (error instanceof CheckFailure) {
      return undefined;
    }
    throw error;
  }
}
