import { type Ghost, ghostsIn, sentinelFaults } from "../checks/sentinels.ts";
import { CheckFailure, failOn, joinNames } from "../redis/finding.ts";
import { findRoles } from "../redis/roles.ts";
import type { RunningSet } from "../redis/runningSet.ts";
import { type SentinelFacts, sentinelFacts } from "../redis/sentinelFacts.ts";
import type { SentinelPlan } from "../topology/topology.ts";
import type { Condition } from "./waitFor.ts";

/** Returns true if a Sentinel that answers lists a node which the plan does not have. */
export async function hasGhost(set: RunningSet): Promise<boolean> {
  const facts = await Promise.all(
    set.target.sentinels.map((sentinel) => sentinelFacts(set, sentinel).catch(undefinedOnFailure)),
  );
  return facts.some((sentinel) => sentinel !== undefined && ghostsIn(set, sentinel).length > 0);
}

/**
 * Makes the Sentinels forget nodes that the plan does not have. SENTINEL RESET empties a Sentinel's whole list, and the
 * Sentinel cannot start a failover until it has found the other nodes again. So only one Sentinel is reset at a time,
 * while all are healthy. The next one follows when the Sentinel lists every replica and Sentinel again.
 *
 * @param stillThere addresses of nodes that left the plan but still run, so that they must not be forgotten yet
 * @throws CheckFailure when the set does not become healthy enough for the next reset
 */
export async function forgetGhosts(
  set: RunningSet,
  stillThere: ReadonlySet<string>,
  condition: Condition,
  progress: (line: string) => void,
): Promise<void> {
  const { sentinels, masterName } = set.target;
  for (const sentinel of sentinels) {
    // A Sentinel that has not noticed the last switchover yet would add the old master to its list after the reset.
    await condition.holds("every Sentinel is healthy", () => knowAll(set, sentinels));
    const ghosts = ghostsIn(set, await sentinelFacts(set, sentinel)).filter(isGone(stillThere));
    if (ghosts.length > 0) {
      progress(`${sentinel.name} forgets ${joinNames(ghosts.map(({ description }) => description))}`);
      await set.call(sentinel, "SENTINEL", "RESET", masterName);
      await condition.holds(`${sentinel.name} lists all nodes of the plan again`, () => knowAll(set, [sentinel]));
    }
  }
}

function isGone(stillThere: ReadonlySet<string>): (ghost: Ghost) => boolean {
  return ({ address }) => ![...stillThere].some((host) => address.startsWith(`${host}:`));
}

async function knowAll(set: RunningSet, sentinels: readonly SentinelPlan[]): Promise<string> {
  const { master } = await findRoles(set);
  const facts = await set.askEach(sentinels, (sentinel) => sentinelFacts(set, sentinel));
  failOn(facts.flatMap((sentinel) => sentinelFaults(set, master.node, sentinel)));
  return `the Sentinels name ${master.node.name}`;
}

function undefinedOnFailure(error: unknown): SentinelFacts | undefined {
  if (error instanceof CheckFailure) {
    return undefined;
  }
  throw error;
}
