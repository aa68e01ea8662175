import { rm } from "node:fs/promises";
import { describe, expect } from "vitest";
import type { DataNodePlan, SentinelPlan } from "../../topology/topology.ts";
import { eventually, shells } from "../support/processes/scriptedSet.ts";
import { test } from "../support/processes/setTest.ts";
import {
  place,
  startSentinelNaming,
  stateOfMaster,
  stateOfReplica,
  takesNoWrites,
  withHistory,
} from "../support/processes/situations.ts";

describe.concurrent.each(shells)("a data node that asks the Sentinels at its start (shell: %s)", (shell) => {
  test("ignores the master that only a minority of the Sentinels names", async ({ newSet }) => {
    const { set, nodes } = await withHistory(await newSet({ shell }));
    await startSentinelNaming(set, set.topology.sentinels[0], nodes[2], 7);
    set.start(nodes[0]);
    await eventually(async () => expect(await set.role(nodes[0])).toBe("master"));
    expect(set.said(nodes[0]).slice(-2)).toEqual([
      expect.stringContaining("no majority of the Sentinels answers"),
      takesNoWrites(nodes[0]),
    ]);
  });

  test("follows the master of the highest epoch even if more Sentinels name the master of an older epoch", async ({
    newSet,
  }) => {
    const { set, nodes } = await withHistory(await newSet({ shell }));
    const [first, second, third] = set.topology.sentinels;
    await startSentinelNaming(set, first, nodes[0], 1);
    await startSentinelNaming(set, second, nodes[0], 1);
    await startSentinelNaming(set, third, nodes[2], 2);
    set.start(nodes[0]);
    await eventually(async () => expect(await set.role(nodes[0])).toBe("replica of redis-2"));
  });

  test("follows the master that most Sentinels name within the highest epoch", async ({ newSet }) => {
    const { set, nodes } = await withHistory(await newSet({ shell }));
    const [first, second, third] = set.topology.sentinels;
    await startSentinelNaming(set, first, nodes[1], 2);
    await startSentinelNaming(set, second, nodes[0], 2);
    await startSentinelNaming(set, third, nodes[1], 2);
    set.start(nodes[0]);
    await eventually(async () => expect(await set.role(nodes[0])).toBe("replica of redis-1"));
  });

  test("ignores answers of epoch 0, which only repeat the Sentinels' initial configuration", async ({ newSet }) => {
    const { set, nodes } = await withHistory(await newSet({ shell }));
    for (const sentinel of set.topology.sentinels) {
      await startSentinelNaming(set, sentinel, nodes[2], 0);
    }
    set.start(nodes[0]);
    await eventually(async () => expect(await set.role(nodes[0])).toBe("master"));
  });

  test("prefers a node that reports itself as the master to its own state if no Sentinel answers", async ({
    newSet,
  }) => {
    const { set, nodes } = await withHistory(await newSet({ shell }));
    await set.writeFile(nodes[1], "state.conf", stateOfMaster);
    set.start(nodes[1]);
    await eventually(async () => expect(await set.role(nodes[1])).toBe("master"));
    set.start(nodes[0]);
    await eventually(async () => expect(await set.role(nodes[0])).toBe("replica of redis-1, in sync"));
    expect(set.said(nodes[0])).toEqual([
      "waits up to 4000 ms for a majority of the Sentinels",
      `starts as replica of ${place(nodes[1])}: no majority of the Sentinels answers, and it reports that it is the master`,
    ]);
  });

  test("prefers a node that reports itself as the master to the master in its own state without Sentinels", async ({
    newSet,
  }) => {
    const set = await newSet({ shell, sentinels: 0 });
    const [first, second, third] = set.topology.dataNodes as readonly [DataNodePlan, DataNodePlan, DataNodePlan];
    await set.writeFile(second, "state.conf", stateOfMaster);
    await set.writeFile(third, "state.conf", stateOfReplica(first));
    set.start(second);
    await eventually(async () => expect(await set.role(second)).toBe("master"));
    set.start(third);
    await eventually(async () => expect(await set.role(third)).toBe("replica of redis-1, in sync"));
  });

  test("follows the master of its own state if neither a Sentinel nor a data node names a master", async ({
    newSet,
  }) => {
    const set = await newSet({ shell });
    const [, second, third] = set.topology.dataNodes as readonly [DataNodePlan, DataNodePlan, DataNodePlan];
    await set.writeFile(third, "state.conf", stateOfReplica(second));
    set.start(third);
    await eventually(async () => expect(await set.role(third)).toBe("replica of redis-1"));
  });

  test("becomes the master without data if the Sentinels name it and no node has data", async ({ newSet }) => {
    const set = await newSet({ shell });
    const [, second] = set.topology.dataNodes as readonly [DataNodePlan, DataNodePlan];
    for (const sentinel of set.topology.sentinels.slice(0, 2)) {
      await startSentinelNaming(set, sentinel, second, 1);
    }
    set.start(second);
    await eventually(async () => expect(await set.role(second)).toBe("master"));
    expect(set.said(second)).toEqual([
      "starts as master: a majority of the Sentinels names this node, and no node has data",
      takesNoWrites(second),
    ]);
  });

  test("logs which Sentinels refused its password, separately from those that did not answer", async ({ newSet }) => {
    const { set, nodes } = await withHistory(await newSet({ shell }));
    const [sentinel] = set.topology.sentinels as readonly [SentinelPlan];
    await startSentinelNaming(set, sentinel, nodes[1], 2);
    await set.configure(nodes[0], set.topology, "another-password-than-theirs");
    set.start(nodes[0]);
    await set.hasSaid(nodes[0], `these peers reject this node's password: ${place(sentinel)}`);
  });

  test("exits with an error if it cannot read its password file", async ({ newSet }) => {
    const { set, nodes } = await withHistory(await newSet({ shell }));
    await rm(set.secretFile(nodes[0], "authenticate"));
    set.start(nodes[0]);
    expect(await set.exitCode(nodes[0])).toBe(1);
    expect(set.said(nodes[0])).toEqual([`cannot read the secret file ${set.secretFile(nodes[0], "authenticate")}`]);
  });
});
