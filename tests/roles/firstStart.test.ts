import { describe, expect } from "vitest";
import type { DataNodePlan } from "../../topology/topology.ts";
import { eventually, shells } from "./scriptedSet.ts";
import { test } from "./setTest.ts";

describe.concurrent.each(shells)("the first start in %s", (shell) => {
  test("of all nodes at once makes ordinal 0 the master as soon as the others were seen to be empty", async ({
    newSet,
  }) => {
    const set = await newSet({ shell });
    set.startAll();
    expect((await set.well()).name).toBe("redis-0");
    expect(set.said(set.topology.dataNodes[0]!).at(-1)).toBe(
      "starts as master: this is the first start, and no other node has data",
    );
  });

  test("of the replicas and Sentinels alone makes none of them a master, until ordinal 0 comes", async ({ newSet }) => {
    const set = await newSet({ shell });
    const [first, ...replicas] = set.topology.dataNodes as [DataNodePlan, ...DataNodePlan[]];
    set.start(...replicas, ...set.topology.sentinels);
    for (const replica of replicas) {
      await eventually(async () => expect(await set.role(replica)).toBe("replica of redis-0"));
    }
    set.start(first);
    expect((await set.well()).name).toBe("redis-0");
  });

  test("of one node after the other, each when the one before is well, waits for none that comes later", async ({
    newSet,
  }) => {
    const set = await newSet({ shell });
    for (const nodes of [set.topology.dataNodes, set.topology.sentinels]) {
      for (const node of nodes) {
        set.start(node);
        await eventually(async () => expect(await set.probe(node)).toMatchObject({ exitCode: 0 }));
      }
    }
    expect((await set.well()).name).toBe("redis-0");
    expect(set.said(set.topology.dataNodes[0]!).at(-1)).toBe(
      "starts as master: this is the first start, and no other node answers",
    );
  });

  test("of a set of one node makes it the master without waiting", async ({ newSet }) => {
    const set = await newSet({ shell, dataNodes: 1, sentinels: 0 });
    set.startAll();
    await set.inSync();
    expect(set.said(set.topology.dataNodes[0]!)).toEqual([
      "starts as master: this is the first start, and no other node has data",
    ]);
  });
});
