import { CheckFailure } from "../../checks/check.ts";
import { secondsInTilt } from "../../checks/tilt.ts";
import { findRoute, type Passage } from "../../redis/addressing.ts";
import { replicationFacts } from "../../redis/replicationFacts.ts";
import { RunningSet } from "../../redis/runningSet.ts";
import type { VerificationTarget } from "../../redis/target.ts";
import type { DataNodePlan, NodePlan, SentinelPlan } from "../../topology/topology.ts";

/** What a node is at this moment, or that it did not say. */
export type LiveRole = "master" | "replica" | "sentinel" | "sentinel, in TILT" | "no answer";

/**
 * Asks every data node and Sentinel what it is, by node name. A node that does not answer is no failure here.
 *
 * @param passage the way to the set, where its host has one of its own
 */
export async function liveRoles(target: VerificationTarget, passage?: Passage): Promise<ReadonlyMap<string, LiveRole>> {
  const nodes: readonly NodePlan[] = [...target.dataNodes, ...target.sentinels];
  const route = await unlessSilent(passage === undefined ? findRoute(target) : passage.open());
  if (route === undefined) {
    return new Map(nodes.map((node) => [node.name, "no answer"]));
  }
  const set = new RunningSet(target, route);
  try {
    const dataRoles = target.dataNodes.map((node) => dataRole(set, node));
    const sentinelRoles = target.sentinels.map((node) => sentinelRole(set, node));
    const roles = await Promise.all([...dataRoles, ...sentinelRoles].map(unlessSilent));
    return new Map(nodes.map((node, index) => [node.name, roles[index] ?? "no answer"]));
  } finally {
    await set.close();
    await route.close();
  }
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
