import { describe, expect } from "vitest";
import type { DataNodePlan, SentinelPlan } from "../../topology/topology.ts";
import { StuckConnections, withoutPacketRules } from "../support/processes/packetRule.ts";
import { eventually, type ScriptedSet, shells } from "../support/processes/scriptedSet.ts";
import { test } from "../support/processes/setTest.ts";

const reason = withoutPacketRules();

describe.each(shells)("a replica that has lost its data (shell: %s)", (shell) => {
  test("is not promoted before it has the master's data, even after a restart", async ({
    newSet,
    skip,
    onTestFinished,
  }) => {
    skip(reason !== undefined, reason);
    const { set, master, replica } = await withLostReplica(await newSet({ shell, dataNodes: 2 }));
    const connections = new StuckConnections(master);
    onTestFinished(() => connections.end());
    await connections.begin();
    set.start(replica);
    await eventually(async () => expect(await set.call(replica, "ROLE")).toContain("connecting"));
    await set.stop([replica]);
    set.start(replica);
    await isUpFor(set, replica);
    await set.stop([master]);
    await connections.end();
    await eventually(() => expect(saidBySentinels(set)).toContain("-failover-abort-no-good-slave"));
    set.start(master);
    expect(await set.healthy()).toBe(master);
    expect(await set.call(replica, "GET", "kept")).toBe("value");
    await eventually(async () =>
      expect(await set.call(replica, "CONFIG", "GET", "replica-priority")).toEqual(["replica-priority", "100"]),
    );
  });

  test("is promoted if the master dies as soon as the replica has all data", async ({ newSet }) => {
    const { set, master, replica } = await withLostReplica(await newSet({ shell, dataNodes: 2 }));
    await set.call(master, "CONFIG", "SET", "repl-diskless-sync-delay", "60");
    set.start(replica);
    const watcher = await eventually(() => {
      const id = set.companionId(replica, "allow-promotion.sh");
      expect(id).toBeDefined();
      return id as number;
    });
    process.kill(watcher, "SIGSTOP");
    await set.call(master, "CONFIG", "SET", "repl-diskless-sync-delay", "0");
    await set.inSync();
    await isUpFor(set, replica);
    expect(await set.call(replica, "CONFIG", "GET", "replica-priority")).toEqual(["replica-priority", "0"]);
    await set.stop([master]);
    await eventually(async () => expect(await set.role(replica)).toBe("replica of redis-0"));
    process.kill(watcher, "SIGCONT");
    await eventually(async () => expect(await set.role(replica)).toBe("master"));
    expect(await set.call(replica, "GET", "kept")).toBe("value");
  });

  test.for([
    { when: "without persistence", save: [] },
    { when: "before the first snapshot is due", save: [[3600, 1]] },
  ] as const)("becomes healthy again when all nodes restart $when", async ({ save }, { newSet }) => {
    const set = await newSet({ shell, redis: { appendonly: false, save } });
    set.startAll();
    await set.healthy();
    await set.stop();
    set.startAll();
    await set.healthy();
  });
});

/** Starts a set whose master has a key, stops the replica and deletes its volume. */
async function withLostReplica(set: ScriptedSet) {
  const [master, replica] = set.topology.dataNodes as [DataNodePlan, DataNodePlan];
  set.startAll();
  expect(await set.healthy()).toBe(master);
  await set.call(master, "SET", "kept", "value");
  await set.stop([replica]);
  await set.loseVolume(replica);
  return { set, master, replica };
}

/** Waits until every Sentinel reports the node as a running replica. */
async function isUpFor(set: ScriptedSet, { endpoint }: DataNodePlan): Promise<void> {
  await eventually(async () => {
    for (const sentinel of set.topology.sentinels) {
      const [replica] = (await set.call(sentinel, "SENTINEL", "REPLICAS", set.topology.masterName)) as string[][];
      const value = (field: string) => replica?.[replica.indexOf(field) + 1];
      expect([value("port"), value("flags"), value("role-reported")]).toEqual([
        String(endpoint.port),
        "slave",
        "slave",
      ]);
    }
  });
}

function saidBySentinels(set: ScriptedSet): string {
  return set.topology.sentinels.map((sentinel: SentinelPlan) => set.log(sentinel)).join("\n");
}
