import { rm } from "node:fs/promises";
import { describe, expect } from "vitest";
import type { DataNodePlan, SentinelPlan } from "../../topology/topology.ts";
import { eventually, shells } from "../support/processes/scriptedSet.ts";
import { test } from "../support/processes/setTest.ts";
import {
  place,
  says,
  stateOfMaster,
  stateOfReplica,
  takesNoWrites,
  withHistory,
} from "../support/processes/situations.ts";

describe.concurrent.each(shells)("the Sentinels' answers in %s", (shell) => {
  test("are not heard when fewer than a majority give them", async ({ newSet }) => {
    const { set, nodes } = await withHistory(await newSet({ shell }));
    await says(set, set.topology.sentinels[0], nodes[2], 7);
    set.start(nodes[0]);
    await eventually(async () => expect(await set.role(nodes[0])).toBe("master"));
    expect(set.said(nodes[0]).slice(-2)).toEqual([
      expect.stringContaining("no majority of the Sentinels answers"),
      takesNoWrites(nodes[0]),
    ]);
  });

  test("count by the highest epoch, even when more give an older one", async ({ newSet }) => {
    const { set, nodes } = await withHistory(await newSet({ shell }));
    const [first, second, third] = set.topology.sentinels;
    await says(set, first, nodes[0], 1);
    await says(set, second, nodes[0], 1);
    await says(set, third, nodes[2], 2);
    set.start(nodes[0]);
    await eventually(async () => expect(await set.role(nodes[0])).toBe("replica of redis-2"));
  });

  test("count by their number within the highest epoch", async ({ newSet }) => {
    const { set, nodes } = await withHistory(await newSet({ shell }));
    const [first, second, third] = set.topology.sentinels;
    await says(set, first, nodes[1], 2);
    await says(set, second, nodes[0], 2);
    await says(set, third, nodes[1], 2);
    set.start(nodes[0]);
    await eventually(async () => expect(await set.role(nodes[0])).toBe("replica of redis-1"));
  });

  test("count for nothing when they are only what the Sentinels were started with", async ({ newSet }) => {
    const { set, nodes } = await withHistory(await newSet({ shell }));
    for (const sentinel of set.topology.sentinels) {
      await says(set, sentinel, nodes[2], 0);
    }
    set.start(nodes[0]);
    await eventually(async () => expect(await set.role(nodes[0])).toBe("master"));
  });

  test("missing, another node's own word is taken before a state that says master", async ({ newSet }) => {
    const { set, nodes } = await withHistory(await newSet({ shell }));
    await set.writeFile(nodes[1], "state.conf", stateOfMaster);
    set.start(nodes[1]);
    await eventually(async () => expect(await set.role(nodes[1])).toBe("master"));
    set.start(nodes[0]);
    await eventually(async () => expect(await set.role(nodes[0])).toBe("replica of redis-1, in sync"));
    expect(set.said(nodes[0])).toEqual([
      "waits up to 4000 ms for a majority of the Sentinels",
      `starts as replica of ${place(nodes[1])}: no majority of the Sentinels answers, and it says it is the master`,
    ]);
  });

  test("missing, another node's own word is taken before a state that says replica of a third", async ({ newSet }) => {
    const set = await newSet({ shell, sentinels: 0 });
    const [first, second, third] = set.topology.dataNodes as readonly [DataNodePlan, DataNodePlan, DataNodePlan];
    await set.writeFile(second, "state.conf", stateOfMaster);
    await set.writeFile(third, "state.conf", stateOfReplica(first));
    set.start(second);
    await eventually(async () => expect(await set.role(second)).toBe("master"));
    set.start(third);
    await eventually(async () => expect(await set.role(third)).toBe("replica of redis-1, in sync"));
  });

  test("are missing and no node says that it is the master: a replica follows the master of its state", async ({
    newSet,
  }) => {
    const set = await newSet({ shell });
    const [, second, third] = set.topology.dataNodes as readonly [DataNodePlan, DataNodePlan, DataNodePlan];
    await set.writeFile(third, "state.conf", stateOfReplica(second));
    set.start(third);
    await eventually(async () => expect(await set.role(third)).toBe("replica of redis-1"));
  });

  test("name a node without data, and no node has data: it becomes the master", async ({ newSet }) => {
    const set = await newSet({ shell });
    const [, second] = set.topology.dataNodes as readonly [DataNodePlan, DataNodePlan];
    for (const sentinel of set.topology.sentinels.slice(0, 2)) {
      await says(set, sentinel, second, 1);
    }
    set.start(second);
    await eventually(async () => expect(await set.role(second)).toBe("master"));
    expect(set.said(second)).toEqual([
      "starts as master: a majority of the Sentinels names this node, and no node has data",
      takesNoWrites(second),
    ]);
  });

  test("refused to a wrong password are told apart from silence in the log", async ({ newSet }) => {
    const { set, nodes } = await withHistory(await newSet({ shell }));
    const [sentinel] = set.topology.sentinels as readonly [SentinelPlan];
    await says(set, sentinel, nodes[1], 2);
    await set.configure(nodes[0], set.topology, "another-password-than-theirs");
    set.start(nodes[0]);
    await set.hasSaid(nodes[0], `refused with this node's password: ${place(sentinel)}`);
  });

  test("are not asked for by a node that cannot read its password, which does not start", async ({ newSet }) => {
    const { set, nodes } = await withHistory(await newSet({ shell }));
    await rm(set.secretFile(nodes[0], "authenticate"));
    set.start(nodes[0]);
    expect(await set.exitCode(nodes[0])).toBe(1);
    expect(set.said(nodes[0])).toEqual([`cannot read the secret file ${set.secretFile(nodes[0], "authenticate")}`]);
  });
});
