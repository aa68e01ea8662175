import type { SetAccess } from "../../redis/access.ts";
import { findAddressing } from "../../redis/addressing.ts";
import { CheckFailure } from "../../redis/finding.ts";
import { replicationFacts } from "../../redis/replicationFacts.ts";
import type { RunningSet } from "../../redis/runningSet.ts";
import { secondsInTilt } from "../../redis/sentinelTilt.ts";
import type { VerificationTarget } from "../../redis/target.ts";
import { withRunningSet } from "../../redis/withRunningSet.ts";
import type { DataNodePlan, NodePlan, SentinelPlan } from "../../topology/topology.ts";

/** The current role of a node, or that the node did not answer. */
export type LiveRole = "master" | "replica" | "sentinel" | "sentinel, in TILT" | "no answer";

/**
 * Queries the current role of every data node and Sentinel. A node that does not answer is not an error here.
 *
 * @param access how to reach the set, if its host needs a tunnel
 * @returns the roles by node name
 */
export async function liveRoles(
  target: VerificationTarget,
  access?: SetAccess,
): Promise<ReadonlyMap<string, LiveRole>> {
  const nodes: readonly NodePlan[] = [...target.dataNodes, ...target.sentinels];
  const open = () => access?.open() ?? findAddressing(target);
  const roles = await answerOrUndefined(
    withRunningSet(target, open, (set) => {
      const dataRoles = target.dataNodes.map((node) => dataRole(set, node));
      const sentinelRoles = target.sentinels.map((node) => sentinelRole(set, node));
      return Promise.all([...dataRoles, ...sentinelRoles].map(answerOrUndefined));
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

async function answerOrUndefined<Answer>(answer: Promise<Answer>): Promise<Answer | undefined> {
  try {
    return await answer;
  } catch (error) {
    if (error instanceof CheckFailure) {
      return undefined;
    }
    throw error;
  }
}
