import { afterEach, describe, expect } from "vitest";
import type { DataNodePlan, SentinelPlan } from "../../topology/topology.ts";
import { sentinelAnswer } from "../support/processes/fakeSentinel.ts";
import { eventually, type ScriptedSet, shells } from "../support/processes/scriptedSet.ts";
import { test } from "../support/processes/setTest.ts";
import { place } from "../support/processes/situations.ts";
import { FakeRedis } from "../support/unit/fakeRedis.ts";

describe.each(shells)("a replica that becomes a master in %s", (shell) => {
  const sentinels: FakeRedis[] = [];
  afterEach(() => {
    for (const sentinel of sentinels.splice(0)) {
      sentinel.stop();
    }
  });

  /** Three data nodes in sync, and a Sentinel that never does anything and says of the master what the test wants. */
  async function startWithSentinelThatSays(set: ScriptedSet, flags: string) {
    const [master, promoted, other] = set.topology.dataNodes as [DataNodePlan, DataNodePlan, DataNodePlan];
    const [sentinel] = set.topology.sentinels as [SentinelPlan];
    sentinels.push(await FakeRedis.start((command) => sentinelAnswer(command, master, flags), sentinel.endpoint));
    set.start(master, promoted, other);
    expect(await set.inSync()).toBe(master);
    return { master, promoted, other };
  }

  test("in a failover has the other replica follow at once", async ({ newSet }) => {
    const set = await newSet({ shell, sentinels: 1 });
    const { master, promoted, other } = await startWithSentinelThatSays(set, "master,failover_in_progress");
    await promote(set, promoted);
    await eventually(async () => expect(await set.role(other)).toBe("replica of redis-1, in sync"));
    await set.hasSaid(promoted, `was promoted, and has ${place(other)} follow`);
    expect(await set.role(master)).toBe("master");
  });

  test("has the others follow when it has changed its master since its start", async ({ newSet }) => {
    const set = await newSet({ shell, sentinels: 1 });
    const { master, promoted, other } = await startWithSentinelThatSays(set, "master,failover_in_progress");
    await promote(set, promoted);
    await eventually(async () => expect(await set.role(other)).toBe("replica of redis-1, in sync"));
    await set.call(master, "REPLICAOF", promoted.endpoint.host, String(promoted.endpoint.port));
    await eventually(async () => expect(await set.role(master)).toBe("replica of redis-1, in sync"));
    await hasNoticedItsMaster(set, other);
    await promote(set, other);
    await eventually(async () => expect(await set.role(master)).toBe("replica of redis-2, in sync"));
  });

  test("by somebody else's doing leaves the other replica with the master", async ({ newSet }) => {
    const set = await newSet({ shell, sentinels: 1 });
    const { promoted, other } = await startWithSentinelThatSays(set, "master");
    await set.call(promoted, "REPLICAOF", "NO", "ONE");
    await set.hasSaid(promoted, "has become a master, and no Sentinel says why");
    expect(await set.role(other)).toBe("replica of redis-0, in sync");
  });
});

/**
 * Waits until the node's own script has asked for its role once more: it looks 50 times a second, and a promotion that
 * comes sooner than that after a change of the master is none that a Sentinel makes.
 */
async function hasNoticedItsMaster(set: ScriptedSet, node: DataNodePlan): Promise<void> {
  const before = await roleCalls(set, node);
  await eventually(async () => expect(await roleCalls(set, node)).toBeGreaterThan(before));
}

async function roleCalls(set: ScriptedSet, node: DataNodePlan): Promise<number> {
  const reply = (await set.call(node, "INFO", "commandstats")) as string;
  return Number(/^cmdstat_role:calls=(\d+)/m.exec(reply)?.[1]);
}

/** As a Sentinel does it, which ends the connections of all clients too. */
async function promote(set: ScriptedSet, node: DataNodePlan): Promise<void> {
  await set.call(node, "REPLICAOF", "NO", "ONE");
  await set.call(node, "CLIENT", "KILL", "TYPE", "normal");
}
