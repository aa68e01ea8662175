import { afterEach, describe, expect } from "vitest";
import type { DataNodePlan, SentinelPlan } from "../../topology/topology.ts";
import { sentinelAnswer } from "../support/processes/fakeSentinel.ts";
import { eventually, type ScriptedSet, shells } from "../support/processes/scriptedSet.ts";
import { test } from "../support/processes/setTest.ts";
import { place } from "../support/processes/situations.ts";
import { FakeRedis } from "../support/unit/fakeRedis.ts";

describe.each(shells)("a replica that is promoted (shell: %s)", (shell) => {
  const sentinels: FakeRedis[] = [];
  afterEach(() => {
    for (const sentinel of sentinels.splice(0)) {
      sentinel.stop();
    }
  });

  /** Starts three data nodes in sync, and a fake Sentinel that only reports the given flags of the master. */
  async function startWithFakeSentinel(set: ScriptedSet, flags: string) {
    const [master, promoted, other] = set.topology.dataNodes as [DataNodePlan, DataNodePlan, DataNodePlan];
    const [sentinel] = set.topology.sentinels as [SentinelPlan];
    sentinels.push(await FakeRedis.start((command) => sentinelAnswer(command, master, flags), sentinel.endpoint));
    set.start(master, promoted, other);
    expect(await set.inSync()).toBe(master);
    return { master, promoted, other };
  }

  test("makes the other replica follow it at once if a failover is in progress", async ({ newSet }) => {
    const set = await newSet({ shell, sentinels: 1 });
    const { master, promoted, other } = await startWithFakeSentinel(set, "master,failover_in_progress");
    await promote(set, promoted);
    await eventually(async () => expect(await set.role(other)).toBe("replica of redis-1, in sync"));
    await set.hasSaid(promoted, `was promoted, and repoints ${place(other)} to this node`);
    expect(await set.role(master)).toBe("master");
  });

  test("makes the other nodes follow it even if its own master has changed since its start", async ({ newSet }) => {
    const set = await newSet({ shell, sentinels: 1 });
    const { master, promoted, other } = await startWithFakeSentinel(set, "master,failover_in_progress");
    await promote(set, promoted);
    await eventually(async () => expect(await set.role(other)).toBe("replica of redis-1, in sync"));
    await set.call(master, "REPLICAOF", promoted.endpoint.host, String(promoted.endpoint.port));
    await eventually(async () => expect(await set.role(master)).toBe("replica of redis-1, in sync"));
    await hasNoticedItsMaster(set, other);
    await promote(set, other);
    await eventually(async () => expect(await set.role(master)).toBe("replica of redis-2, in sync"));
  });

  test("leaves the other replica with the master if no Sentinel reports a failover", async ({ newSet }) => {
    const set = await newSet({ shell, sentinels: 1 });
    const { promoted, other } = await startWithFakeSentinel(set, "master");
    await set.call(promoted, "REPLICAOF", "NO", "ONE");
    await set.hasSaid(promoted, "has become a master, but no Sentinel reports a failover");
    expect(await set.role(other)).toBe("replica of redis-0, in sync");
  });
});

/**
 * Waits until the node's own script has queried its role once more. The script does so 50 times a second, and a
 * Sentinel never promotes a node sooner than that after a change of the master.
 */
async function hasNoticedItsMaster(set: ScriptedSet, node: DataNodePlan): Promise<void> {
  const before = await roleCalls(set, node);
  await eventually(async () => expect(await roleCalls(set, node)).toBeGreaterThan(before));
}

async function roleCalls(set: ScriptedSet, node: DataNodePlan): Promise<number> {
  const reply = (await set.call(node, "INFO", "commandstats")) as string;
  return Number(/^cmdstat_role:calls=(\d+)/m.exec(reply)?.[1]);
}

/** Promotes a node as a Sentinel does, which also closes the connections of all clients. */
async function promote(set: ScriptedSet, node: DataNodePlan): Promise<void> {
  await set.call(node, "REPLICAOF", "NO", "ONE");
  await set.call(node, "CLIENT", "KILL", "TYPE", "normal");
}
