import { describe, expect } from "vitest";
import { eventually } from "../support/processes/scriptedSet.ts";
import { test } from "../support/processes/setTest.ts";
import {
  expectData,
  place,
  stateOfMaster,
  takesNoWrites,
  takesWrites,
  withData,
} from "../support/processes/situations.ts";

describe.concurrent("a restarted data node", () => {
  const shell = "busybox";

  test("follows the master again if it was a replica", async ({ newSet }) => {
    const { set, replica } = await withData(await newSet({ shell }));
    await set.stop([replica]);
    set.start(replica);
    await set.inSync();
    expect(set.said(replica)).toEqual([
      `starts as replica of ${place(set.topology.dataNodes[0])}: a majority of the Sentinels names it`,
    ]);
  });

  test("becomes the master again with its data if it was the master and no failover has started", async ({
    newSet,
  }) => {
    const { set, master } = await withData(await newSet({ shell }));
    await set.stop([master]);
    set.start(master);
    expect(await set.inSync()).toBe(master);
    await set.hasSaid(master, takesWrites);
    expect(set.said(master)).toEqual([
      "starts as master: a majority of the Sentinels names this node",
      takesNoWrites(master),
      takesWrites,
    ]);
    await expectData(set);
  });

  test("follows the promoted node if it was the master before a failover", async ({ newSet }) => {
    const { set, master } = await withData(await newSet({ shell }));
    const promoted = await set.failOver(master);
    set.start(master);
    expect(await set.inSync()).toBe(promoted);
    expect(set.said(master)).toEqual([`starts as replica of ${place(promoted)}: a majority of the Sentinels names it`]);
    await expectData(set);
  });

  test("becomes the master again from its own state if it was promoted and no Sentinel answers", async ({ newSet }) => {
    const { set, master } = await withData(await newSet({ shell }));
    const promoted = await set.failOver(master);
    await set.stop([...set.topology.sentinels, promoted]);
    set.start(promoted);
    await eventually(async () => expect(await set.role(promoted)).toBe("master"));
  });
});

describe.concurrent("a data node with an empty volume", () => {
  const shell = "busybox";

  test("copies the data of the master if it is a replica", async ({ newSet }) => {
    const { set, replica } = await withData(await newSet({ shell }));
    await set.stop([replica]);
    await set.loseVolume(replica);
    set.start(replica);
    await set.inSync();
    await expectData(set);
  });

  test("waits until a replica with the data is promoted if it is the master", async ({ newSet }) => {
    const { set, master } = await withData(await newSet({ shell }));
    await set.stop([master]);
    await set.loseVolume(master);
    set.start(master);
    expect(await set.inSync()).not.toBe(master);
    expect(set.said(master)[0]).toMatch(
      /^waits up to \d+ ms for a failover, since this node is the master and has lost its data$/,
    );
    await expectData(set);
  });

  test("waits until a replica with the data is promoted if it is the master of a set without persistence", async ({
    newSet,
  }) => {
    const { set, master } = await withData(await newSet({ shell, redis: { appendonly: false, save: [] } }));
    await set.stop([master]);
    set.start(master);
    expect(await set.inSync()).not.toBe(master);
    await expectData(set);
  });

  test("exits with an error if the Sentinels name it the master and no replica may be promoted", async ({ newSet }) => {
    const { set, master } = await withData(await newSet({ shell }));
    // A replica sets its planned priority when it has received its data, so the test waits for that first.
    await set.readyForFailover();
    for (const replica of set.topology.dataNodes.slice(1)) {
      await set.call(replica, "CONFIG", "SET", "replica-priority", "0");
    }
    await set.prioritiesAre(() => 0);
    await set.stop([master]);
    await set.loseVolume(master);
    set.start(master);
    expect(await set.exitCode(master)).toBe(1);
    expect(set.said(master).at(-1)).toBe(
      "does not start: it is the master, has lost its data, and no other node was promoted",
    );
  });

  test("exits with an error if its state says master, other nodes have data and no Sentinel answers", async ({
    newSet,
  }) => {
    const { set, master } = await withData(await newSet({ shell }));
    await set.stop([master, ...set.topology.sentinels]);
    await set.loseVolume(master);
    await set.writeFile(master, "state.conf", stateOfMaster);
    set.start(master);
    expect(await set.exitCode(master)).toBe(1);
    expect(set.said(master).at(-1)).toBe(
      "does not start: it was the master, has lost its data, and no majority of the Sentinels answers",
    );
  });

  test("exits with an error if it is ordinal 0, other nodes have data and no Sentinel answers", async ({ newSet }) => {
    const { set, master } = await withData(await newSet({ shell }));
    await set.stop([master, ...set.topology.sentinels]);
    await set.loseVolume(master);
    set.start(master);
    expect(await set.exitCode(master)).toBe(1);
    expect(set.said(master).at(-1)).toBe(
      "does not start: its volume is empty, other nodes have data, and none of them became the master",
    );
  });

  test("waits for the other nodes and follows the one with the data if it is ordinal 0 and starts first", async ({
    newSet,
  }) => {
    const { set, master } = await withData(await newSet({ shell }));
    const promoted = await set.failOver(master);
    await set.stop();
    await set.loseVolume(master);
    set.start(master);
    await set.hasSaid(master, "waits for ");
    set.start(...set.topology.dataNodes.slice(1), ...set.topology.sentinels);
    expect(await set.healthy()).toBe(promoted);
    await expectData(set);
  });

  test("follows a node that reports itself as the master if it is ordinal 0 and no Sentinel answers", async ({
    newSet,
  }) => {
    const { set, master } = await withData(await newSet({ shell }));
    const promoted = await set.failOver(master);
    await set.stop(set.topology.sentinels);
    await set.loseVolume(master);
    set.start(master);
    expect(await set.inSync()).toBe(promoted);
    await expectData(set);
  });
});

describe.concurrent("a cold start of all data nodes", () => {
  const shell = "busybox";

  test("makes the last master the master again, with its data", async ({ newSet }) => {
    const { set, master } = await withData(await newSet({ shell }));
    const promoted = await set.failOver(master);
    set.start(master);
    await set.healthy();
    await set.stop();
    set.startAll();
    expect(await set.healthy()).toBe(promoted);
    await expectData(set);
  });

  test("makes the last master the master again if the Sentinels have lost their volumes", async ({ newSet }) => {
    const { set, master } = await withData(await newSet({ shell }));
    const promoted = await set.failOver(master);
    set.start(master);
    await set.healthy();
    await set.stop();
    for (const sentinel of set.topology.sentinels) {
      await set.loseVolume(sentinel);
    }
    set.startAll();
    expect(await set.healthy()).toBe(promoted);
    await expectData(set);
  });

  test("without Sentinels makes the last master the master after a timeout, but blocks writes", async ({ newSet }) => {
    const { set, master } = await withData(await newSet({ shell }));
    await set.stop();
    set.start(...set.topology.dataNodes);
    expect(await set.inSync()).toBe(master);
    expect(set.said(master)).toEqual([
      "waits up to 4000 ms for a majority of the Sentinels",
      "starts as master: no majority of the Sentinels answers, this node was the master before, and no other node reports that it is the master",
      takesNoWrites(master),
    ]);
    await expect(set.call(master, "SET", "key", "value")).rejects.toThrow("NOREPLICAS");
    await expectData(set);
  });
});
