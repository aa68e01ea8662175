import { describe, expect } from "vitest";
import type { DataNodePlan } from "../../topology/topology.ts";
import { eventually, type ScriptedSet, shells } from "../support/processes/scriptedSet.ts";
import { test } from "../support/processes/setTest.ts";
import {
  place,
  startSentinelNaming,
  takesNoWrites,
  takesWrites,
  withHistory,
} from "../support/processes/situations.ts";

describe.concurrent.each(shells)("a master that started without the Sentinels (shell: %s)", (shell) => {
  test("takes no writes until a majority of the Sentinels names it, and then takes them at once", async ({
    newSet,
  }) => {
    const { set, node } = await leadingAlone(await newSet({ shell }));
    set.start(...set.topology.sentinels);
    await eventually(async () => expect(await set.call(node, "SET", "key", "value")).toBe("OK"));
    await set.hasSaid(node, takesWrites);
    expect(await minReplicas(set, node)).toBe("0");
  });

  test("follows another node that the Sentinels name, and removes its write block", async ({ newSet }) => {
    const { set, node } = await leadingAlone(await newSet({ shell }));
    // This node is down. So no Sentinel learns of the tested node from it, and none reconfigures the tested node.
    const silent = set.topology.dataNodes[1] as DataNodePlan;
    for (const sentinel of set.topology.sentinels.slice(0, 2)) {
      await startSentinelNaming(set, sentinel, silent, 7);
    }
    await set.hasSaid(node, `follows ${place(silent)} from now on: a majority of the Sentinels names it`);
    expect(await set.role(node)).toBe("replica of redis-1");
    expect(await minReplicas(set, node)).toBe("0");
  });

  test("takes writes after an operator runs the logged command", async ({ newSet }) => {
    const { set, node } = await leadingAlone(await newSet({ shell }));
    const command = /redis-cli -p \d+ (.*)$/.exec(set.said(node).at(-1) ?? "")?.[1]?.split(" ");
    await set.call(node, ...(command as [string, ...string[]]));
    expect(await set.call(node, "SET", "key", "value")).toBe("OK");
  });

  test("has no write block after its next start, although Redis has written the block into its state", async ({
    newSet,
  }) => {
    const { set, node } = await leadingAlone(await newSet({ shell }));
    await set.call(node, "CONFIG", "REWRITE");
    expect(await set.readFile(node, "state.conf")).toContain("min-replicas-to-write 2147483647");
    await set.stop();
    for (const sentinel of set.topology.sentinels.slice(0, 2)) {
      await startSentinelNaming(set, sentinel, node, 7);
    }
    set.start(node);
    await eventually(async () => expect(await set.call(node, "SET", "key", "value")).toBe("OK"));
    await set.hasSaid(node, takesWrites);
    expect(set.said(node)).toEqual([
      "starts as master: a majority of the Sentinels names this node",
      takesNoWrites(node),
      takesWrites,
    ]);
  });

  test("leaves no process behind when its server ends", async ({ newSet }) => {
    const { set, node } = await leadingAlone(await newSet({ shell }));
    const group = set.processId(node) as number;
    process.kill(set.serverId(node), "SIGKILL");
    expect(await set.exitCode(node)).toBe(137);
    await eventually(() => expect(() => process.kill(-group, 0)).toThrow("ESRCH"));
  });

  test("takes writes at once if the plan has no Sentinels", async ({ newSet }) => {
    const set = await newSet({ shell, dataNodes: 2, sentinels: 0 });
    const [master] = set.topology.dataNodes as readonly [DataNodePlan];
    set.startAll();
    await set.inSync();
    await set.stop();
    set.start(master);
    await eventually(async () => expect(await set.call(master, "SET", "key", "value")).toBe("OK"));
    expect(set.said(master)).toEqual([
      "starts as master: no majority of the Sentinels answers, this node was the master before, and no other node reports that it is the master",
    ]);
  });
});

async function leadingAlone(set: ScriptedSet) {
  const { nodes } = await withHistory(set);
  const [node] = nodes;
  set.start(node);
  await eventually(async () => expect(await set.call(node, "GET", "kept")).toBe("value"));
  expect(set.said(node)).toEqual([
    "waits up to 4000 ms for a majority of the Sentinels",
    "starts as master: no majority of the Sentinels answers, this node was the master before, and no other node reports that it is the master",
    takesNoWrites(node),
  ]);
  await expect(set.call(node, "SET", "key", "value")).rejects.toThrow("NOREPLICAS");
  return { set, node };
}

async function minReplicas(set: ScriptedSet, node: DataNodePlan): Promise<string | undefined> {
  return ((await set.call(node, "CONFIG", "GET", "min-replicas-to-write")) as string[])[1];
}
