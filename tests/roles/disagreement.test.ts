import { describe, expect } from "vitest";
import type { DataNodePlan } from "../../topology/topology.ts";
import { eventually, type ScriptedSet, shells } from "./scriptedSet.ts";
import { test } from "./setTest.ts";
import { place } from "./situations.ts";

describe.concurrent("a Sentinel whose failover is undone by another one before it has ended", () => {
  test.for(shells)("names the master that the others name in the end, in %s", async (shell, { newSet }) => {
    const set = await newSet({ shell, failoverTimeout: 8000 });
    const [first, second, third] = set.topology.dataNodes as [DataNodePlan, DataNodePlan, DataNodePlan];
    const { sentinels } = set.topology;
    set.startAll();
    expect(await set.settled()).toBe(first);
    await neverFollowsAnother(set, third);

    expect(await set.failOver(first)).toBe(second);
    set.start(first);
    await eventually(async () => expect(await set.role(first)).toBe("replica of redis-1, in sync"));
    await set.stop([second]);
    await eventually(async () => expect(await set.role(first)).toBe("master"));
    set.start(second);
    // The Sentinel that has led the first failover still waits for the third node. Then it goes back to the second one.
    await eventually(async () => expect(await namedMasters(set)).toEqual(["redis-0", "redis-0", "redis-1"]));

    await set.call(third, "CONFIG", "SET", "masterauth", set.password);
    expect(await set.well()).toBe(first);
    expect(await namedMasters(set)).toEqual(["redis-0", "redis-0", "redis-0"]);
    expect(sentinels.flatMap((sentinel) => set.said(sentinel))).toContainEqual(
      `names the master ${place(first)} from now on, as the other Sentinels do, and not ${place(second)}`,
    );
  });
});

/** Has a replica stay connected to its master, but not get through to another one; nor may it be promoted. */
async function neverFollowsAnother(set: ScriptedSet, node: DataNodePlan): Promise<void> {
  await set.call(node, "CONFIG", "SET", "masterauth", "wrong");
  await set.call(node, "CONFIG", "SET", "replica-priority", "0");
  await set.prioritiesAre(({ name }) => (name === node.name ? 0 : 100));
}

async function namedMasters(set: ScriptedSet): Promise<(string | undefined)[]> {
  const named = await Promise.all(set.topology.sentinels.map((sentinel) => set.named(sentinel)));
  return named.toSorted();
}
