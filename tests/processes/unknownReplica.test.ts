import { afterEach, describe, expect } from "vitest";
import type { DataNodePlan, SentinelPlan } from "../../topology/topology.ts";
import { sentinelAnswer } from "../support/processes/fakeSentinel.ts";
import { eventually, type ScriptedSet, shells } from "../support/processes/scriptedSet.ts";
import { test } from "../support/processes/setTest.ts";
import { place } from "../support/processes/situations.ts";
import { FakeRedis } from "../support/unit/fakeRedis.ts";

describe.each(shells)("a replica that follows a node other than the master (shell: %s)", (shell) => {
  const sentinels: FakeRedis[] = [];
  afterEach(() => {
    for (const sentinel of sentinels.splice(0)) {
      sentinel.stop();
    }
  });

  test("switches to the master that the Sentinels name if no Sentinel lists it, and is listed afterwards", async ({
    newSet,
  }) => {
    const set = await newSet({ shell });
    set.startAll();
    const master = await set.healthy();
    const [other, stray] = set.topology.dataNodes.filter((node) => node !== master) as [DataNodePlan, DataNodePlan];
    await follow(set, stray, other);
    await eventually(async () => expect(await replicasOf(set, master)).toEqual([other.name]));
    for (const sentinel of set.topology.sentinels) {
      await set.call(sentinel, "SENTINEL", "RESET", set.topology.masterName);
    }
    expect(await set.role(stray)).toBe(`replica of ${other.name}, in sync`);
    await set.hasSaid(stray, `follows ${place(master)} from now on instead of ${place(other)}`);
    expect(await set.healthy()).toBe(master);
  });

  test("keeps following that node while a failover is in progress", async ({ newSet }) => {
    const set = await newSet({ shell, sentinels: 1 });
    const [master, other, stray] = set.topology.dataNodes as [DataNodePlan, DataNodePlan, DataNodePlan];
    const [sentinel] = set.topology.sentinels as [SentinelPlan];
    let flags = "master,failover_in_progress";
    let asked = 0;
    const answerOf = (command: string) => {
      asked += command.startsWith("SENTINEL MASTER") ? 1 : 0;
      return sentinelAnswer(command, master, flags);
    };
    sentinels.push(await FakeRedis.start(answerOf, sentinel.endpoint));
    set.start(master, other, stray);
    expect(await set.inSync()).toBe(master);
    await follow(set, stray, other);
    asked = 0;
    // Two replicas poll in turn. After five queries, each has seen the failover twice.
    await eventually(() => expect(asked).toBeGreaterThanOrEqual(5));
    expect(await set.role(stray)).toBe("replica of redis-1, in sync");
    flags = "master";
    await eventually(async () => expect(await set.role(stray)).toBe("replica of redis-0, in sync"));
  });
});

async function follow(set: ScriptedSet, node: DataNodePlan, { name, endpoint }: DataNodePlan): Promise<void> {
  await set.call(node, "REPLICAOF", endpoint.host, String(endpoint.port));
  await eventually(async () => expect(await set.role(node)).toBe(`replica of ${name}, in sync`));
}

async function replicasOf(set: ScriptedSet, master: DataNodePlan): Promise<readonly (string | undefined)[]> {
  const [, , replicas] = (await set.call(master, "ROLE")) as [string, number, [string, string, string][]];
  return replicas.map(
    ([, port]) => set.topology.dataNodes.find(({ endpoint }) => endpoint.port === Number(port))?.name,
  );
}
