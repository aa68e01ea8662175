import { setTimeout } from "node:timers/promises";
import { describe, expect } from "vitest";
import type { DataNodePlan } from "../../topology/topology.ts";
import { defaultDownAfter, eventually, shells } from "../support/processes/scriptedSet.ts";
import { test } from "../support/processes/setTest.ts";
import { place } from "../support/processes/situations.ts";

/** Milliseconds for which a node waits for the Sentinels. */
const sentinelTimeout = 2 * defaultDownAfter;

describe.concurrent.each(shells)("the first start of a set (shell: %s)", (shell) => {
  test("makes ordinal 0 the master as soon as the other data nodes have answered that they are empty", async ({
    newSet,
  }) => {
    const set = await newSet({ shell });
    set.startAll();
    expect((await set.healthy()).name).toBe("redis-0");
    expect(set.said(set.topology.dataNodes[0]!).at(-1)).toBe(
      "starts as master: this is the first start, and no other node has data",
    );
  });

  test("makes no replica the master while ordinal 0 is not running", async ({ newSet }) => {
    const set = await newSet({ shell });
    const [first, ...replicas] = set.topology.dataNodes as [DataNodePlan, ...DataNodePlan[]];
    set.start(...replicas, ...set.topology.sentinels);
    for (const replica of replicas) {
      await eventually(async () => expect(await set.role(replica)).toBe("replica of redis-0"));
    }
    set.start(first);
    expect((await set.healthy()).name).toBe("redis-0");
  });

  test("makes ordinal 0 the master even if it starts long after all other nodes", async ({ newSet }) => {
    const set = await newSet({ shell });
    const [first, ...replicas] = set.topology.dataNodes as [DataNodePlan, ...DataNodePlan[]];
    set.start(...replicas, ...set.topology.sentinels);
    // After this time a Sentinel would accept a dead master, if replicas with data follow it.
    await setTimeout(2 * sentinelTimeout + 2000);
    set.start(first);
    expect((await set.healthy()).name).toBe("redis-0");
    for (const sentinel of set.topology.sentinels) {
      expect(set.said(sentinel)).toEqual([
        "waits for a master",
        expect.stringMatching(/it reports that it is the master$|names it$/),
      ]);
    }
  });

  test("makes ordinal 0 wait until every other data node has answered, and log the missing ones", async ({
    newSet,
  }) => {
    const set = await newSet({ shell });
    const [first, second, third] = set.topology.dataNodes as [DataNodePlan, DataNodePlan, DataNodePlan];
    set.start(first);
    await set.hasSaid(first, `waits for ${place(second)}, ${place(third)}: `);
    set.start(second);
    await set.hasSaid(first, `waits for ${place(third)}: `);
    set.start(third);
    await eventually(async () => expect(await set.role(first)).toBe("master"));
    expect(set.said(first)).toEqual([
      expect.stringMatching(/^waits for /),
      expect.stringMatching(/^waits for /),
      "starts as master: this is the first start, and no other node has data",
    ]);
  });

  test("needs an answer from each other data node, but not from all at the same moment", async ({ newSet }) => {
    const set = await newSet({ shell });
    const [first, second, third] = set.topology.dataNodes as [DataNodePlan, DataNodePlan, DataNodePlan];
    set.start(second, third);
    for (const replica of [second, third]) {
      await eventually(async () => expect(await set.role(replica)).toBe("replica of redis-0"));
    }
    process.kill(set.serverId(second), "SIGSTOP");
    set.start(first);
    await set.hasSaid(first, `waits for ${place(second)}: `);
    process.kill(set.serverId(third), "SIGSTOP");
    process.kill(set.serverId(second), "SIGCONT");
    await eventually(async () => expect(await set.role(first)).toBe("master"));
    process.kill(set.serverId(third), "SIGCONT");
  });

  test("ignores an answer that is older than ten seconds", async ({ newSet }) => {
    const set = await newSet({ shell });
    const [first, second, third] = set.topology.dataNodes as [DataNodePlan, DataNodePlan, DataNodePlan];
    set.start(third);
    await eventually(async () => expect(await set.role(third)).toBe("replica of redis-0"));
    set.start(first);
    await set.hasSaid(first, `waits for ${place(second)}: `);
    await set.stop([third]);
    await set.hasSaid(first, `waits for ${place(second)}, ${place(third)}: `);
    set.start(second);
    await set.hasSaid(first, `waits for ${place(third)}: `);
    expect(set.said(first).at(-1)).toMatch(/^waits for /);
  });

  test("makes ordinal 0 follow a node that has become the master since its previous answer", async ({ newSet }) => {
    const set = await newSet({ shell, sentinels: 0 });
    const [first, second, third] = set.topology.dataNodes as [DataNodePlan, DataNodePlan, DataNodePlan];
    set.start(third);
    await eventually(async () => expect(await set.role(third)).toBe("replica of redis-0"));
    set.start(first);
    await set.hasSaid(first, `waits for ${place(second)}: `);
    await set.call(third, "REPLICAOF", "NO", "ONE");
    await set.hasSaid(first, `starts as replica of ${place(third)}: `);
  });

  test("makes ordinal 0 the master after an operator runs the logged command, although its peers are silent", async ({
    newSet,
  }) => {
    const set = await newSet({ shell, sentinels: 0 });
    const [first] = set.topology.dataNodes as [DataNodePlan];
    set.start(first);
    await set.hasSaid(first, "waits for ");
    const decision = /echo '(.*)' > /.exec(set.said(first).at(-1) ?? "");
    await set.writeFile(first, "state.conf", `${decision?.[1]}\n`);
    await eventually(async () => expect(await set.call(first, "SET", "key", "value")).toBe("OK"));
  });

  test("makes the only node of a set the master without waiting", async ({ newSet }) => {
    const set = await newSet({ shell, dataNodes: 1, sentinels: 0 });
    set.startAll();
    await set.inSync();
    expect(set.said(set.topology.dataNodes[0]!)).toEqual([
      "starts as master: this is the first start, and no other node has data",
    ]);
  });
});

test.concurrent.for([
  { order: [0, 1, 2] },
  { order: [0, 2, 1] },
  { order: [1, 0, 2] },
  { order: [1, 2, 0] },
  { order: [2, 0, 1] },
  { order: [2, 1, 0] },
])(
  "the first start of a set makes ordinal 0 the master if the data nodes start in the order $order",
  async ({ order }, { newSet }) => {
    const set = await newSet({ shell: "busybox" });
    set.start(...set.topology.sentinels);
    for (const ordinal of order) {
      const node = set.topology.dataNodes[ordinal] as DataNodePlan;
      set.start(node);
      await eventually(() => expect(set.said(node)).not.toEqual([]));
    }
    expect((await set.healthy()).name).toBe("redis-0");
  },
);
