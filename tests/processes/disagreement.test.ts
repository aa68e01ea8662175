import { describe, expect } from "vitest";
import type { DataNodePlan, SentinelPlan } from "../../topology/topology.ts";
import { eventually, type ScriptedSet, shells } from "../support/processes/scriptedSet.ts";
import { test } from "../support/processes/setTest.ts";
import { place } from "../support/processes/situations.ts";

describe.concurrent("a Sentinel whose failover is reverted by another Sentinel before it has ended", () => {
  test.for(shells)("adopts the master that the other Sentinels name (shell: %s)", async (shell, { newSet }) => {
    const set = await newSet({ shell, failoverTimeout: 60_000 });
    const [first, second, third] = set.topology.dataNodes as [DataNodePlan, DataNodePlan, DataNodePlan];
    const [firstLeader, secondLeader] = set.topology.sentinels as [SentinelPlan, SentinelPlan, SentinelPlan];
    set.startAll();
    expect(await set.readyForFailover()).toBe(first);
    await neverFollowsAnother(set, third);

    await onlyLeads(set, firstLeader);
    expect(await set.failOver(first)).toBe(second);
    await onlyLeads(set, secondLeader);
    set.start(first);
    await eventually(async () => expect(await set.role(first)).toBe("replica of redis-1, in sync"));
    await set.stop([second]);
    await eventually(async () => expect(await set.role(first)).toBe("master"));
    set.start(second);
    // The leader of the first failover still waits for the third node, and so it still names the second node.
    await eventually(async () => expect(await namedMasters(set)).toEqual(["redis-1", "redis-0", "redis-0"]));
    await endFailover(set, firstLeader);
    expect(await namedMasters(set)).toEqual(["redis-1", "redis-0", "redis-0"]);

    await set.call(third, "CONFIG", "SET", "masterauth", set.password);
    // A Sentinel marks a master that reports itself as a replica as down after two INFO periods of 10 s plus downAfter.
    await eventually(async () => expect(await namedMasters(set)).toEqual(["redis-0", "redis-0", "redis-0"]), 60_000);
    expect(await set.healthy()).toBe(first);
    expect(set.said(firstLeader)).toContainEqual(
      `names the master ${place(first)} from now on, as the other Sentinels do, instead of ${place(second)}`,
    );
  });
});

/** Keeps a replica connected to its master. It can log in to no other master, and cannot be promoted. */
async function neverFollowsAnother(set: ScriptedSet, node: DataNodePlan): Promise<void> {
  await set.call(node, "CONFIG", "SET", "masterauth", "wrong");
  await set.call(node, "CONFIG", "SET", "replica-priority", "0");
  await set.prioritiesAre(({ name }) => (name === node.name ? 0 : 100));
}

/**
 * Prevents all other Sentinels from leading a failover. If two Sentinels ask for votes at the same moment, both get too
 * few votes, and try again only after twice the failover timeout.
 */
async function onlyLeads(set: ScriptedSet, leader: SentinelPlan): Promise<void> {
  const { masterName, sentinelRules, sentinels } = set.topology;
  for (const sentinel of sentinels) {
    const quorum = sentinel === leader ? sentinelRules.quorum : sentinels.length + 1;
    await set.call(sentinel, "SENTINEL", "SET", masterName, "quorum", String(quorum));
  }
}

/** Makes a Sentinel stop waiting for the last replica, as it does after its failover timeout. */
async function endFailover(set: ScriptedSet, leader: SentinelPlan): Promise<void> {
  expect((await set.view(leader)).flags).toContain("failover_in_progress");
  await set.call(leader, "SENTINEL", "SET", set.topology.masterName, "failover-timeout", "1");
  await eventually(async () => expect((await set.view(leader)).flags).not.toContain("failover_in_progress"));
}

function namedMasters(set: ScriptedSet): Promise<(string | undefined)[]> {
  return Promise.all(set.topology.sentinels.map((sentinel) => set.named(sentinel)));
}
