import { mkdir, utimes } from "node:fs/promises";
import { describe, expect } from "vitest";
import type { DataNodePlan, Topology } from "../../topology/topology.ts";
import { eventually, type ScriptedSet, shells } from "../support/processes/scriptedSet.ts";
import { test } from "../support/processes/setTest.ts";
import { stateOfMaster } from "../support/processes/situations.ts";

describe.concurrent.each(shells)("a data node whose append-only file is switched on (shell: %s)", (shell) => {
  test("keeps the data of its snapshot, and later writes", async ({ newSet }) => {
    const { set, node } = await withOneKey(await newSet({ shell, ...single, redis: { appendonly: false } }));
    await restart(set, node, true);
    expect(await set.call(node, "MGET", "first", "second")).toEqual(["value", null]);
    await set.call(node, "SET", "second", "value");
    await set.stop([node]);
    set.start(node);
    await set.inSync();
    expect(await set.call(node, "MGET", "first", "second")).toEqual(["value", "value"]);
  });

  test("keeps writes from a time when the file was switched off", async ({ newSet }) => {
    const { set, node } = await withOneKey(await newSet({ shell, ...single, redis: { appendonly: false } }));
    await restart(set, node, true);
    await restart(set, node, false);
    await set.call(node, "SET", "second", "value");
    await restart(set, node, true);
    expect(await set.call(node, "MGET", "first", "second")).toEqual(["value", "value"]);
  });

  test("keeps data that the snapshot does not have if the file was switched on at run time", async ({ newSet }) => {
    const { set, node } = await withOneKey(await newSet({ shell, ...single, redis: { appendonly: false } }));
    await set.call(node, "SAVE");
    // busybox compares times by whole seconds.
    await utimes(set.file(node, "dump.rdb"), new Date(), new Date(Date.now() - 2000));
    await set.call(node, "CONFIG", "SET", "appendonly", "yes", "appendfsync", "always");
    await set.call(node, "SET", "second", "value");
    await set.rewriteEnded(node);
    await set.stop([node]);
    await restart(set, node, true);
    expect(await set.call(node, "MGET", "first", "second")).toEqual(["value", "value"]);
  });

  test("starts with its snapshot if the file is not complete yet", async ({ newSet }) => {
    const { set, node } = await withOneKey(await newSet({ shell, ...single, redis: { appendonly: false } }));
    await set.call(node, "SAVE");
    await mkdir(set.file(node, "appendonlydir"));
    await set.writeFile(node, "appendonlydir/appendonly.aof.1.incr.aof", "");
    await set.stop([node]);
    await restart(set, node, true);
    expect(await set.call(node, "MGET", "first", "second")).toEqual(["value", null]);
  });
});

describe.concurrent.each(shells)("a data node whose append-only file is switched off (shell: %s)", (shell) => {
  test("keeps data that only the file has, after it was killed", async ({ newSet }) => {
    const { set, node } = await withOneKey(await newSet({ shell, ...single }));
    await set.stop([node]);
    await startAgain(set, node, false);
    expect(await set.call(node, "GET", "first")).toBe("value");
  });

  test("keeps data that its snapshot does not have, and later writes", async ({ newSet }) => {
    const { set, node } = await withOneKey(await newSet({ shell, ...single }));
    await set.call(node, "SAVE");
    await set.call(node, "SET", "second", "value");
    await set.stop([node]);
    await startAgain(set, node, false);
    expect(await set.call(node, "MGET", "first", "second")).toEqual(["value", "value"]);
    await set.call(node, "SET", "second", "another value");
    await set.call(node, "SAVE");
    await set.stop([node]);
    set.start(node);
    await set.inSync();
    expect(await set.call(node, "MGET", "first", "second")).toEqual(["value", "another value"]);
  });

  test("keeps writes from the time of a snapshot, after a clean stop", async ({ newSet }) => {
    const { set, node } = await withOneKey(await newSet({ shell, ...single }));
    await set.call(node, "CONFIG", "SET", "rdb-key-save-delay", "1000000");
    await set.call(node, "BGSAVE");
    await set.call(node, "SET", "second", "value");
    await eventually(async () =>
      expect(await set.call(node, "INFO", "persistence")).toContain("rdb_bgsave_in_progress:0"),
    );
    // busybox compares times by whole seconds.
    await utimes(set.file(node, "dump.rdb"), new Date(), new Date(Date.now() + 2000));
    await restart(set, node, false);
    expect(await set.call(node, "MGET", "first", "second")).toEqual(["value", "value"]);
  });

  test("keeps the data of its snapshot if an operator has set its role and the file is older", async ({ newSet }) => {
    const { set, node } = await withOneKey(await newSet({ shell, ...single }));
    await restart(set, node, false);
    await set.call(node, "SET", "second", "value");
    await set.call(node, "SAVE");
    await utimes(set.file(node, "dump.rdb"), new Date(), new Date(Date.now() + 2000));
    await set.stop([node]);
    await set.writeFile(node, "state.conf", stateOfMaster);
    set.start(node);
    await set.inSync();
    expect(await set.call(node, "MGET", "first", "second")).toEqual(["value", "value"]);
  });

  test("exits with an error if the file cannot be loaded", async ({ newSet }) => {
    const { set, node } = await withOneKey(await newSet({ shell, ...single }));
    await set.stop([node]);
    await set.writeFile(node, "appendonlydir/appendonly.aof.1.incr.aof", "rubbish\n");
    await set.configure(node, withLog(set, false));
    set.start(node);
    expect(await set.exitCode(node)).toBe(1);
    expect(set.said(node).at(-1)).toMatch(
      /^does not start: it would be the master, and cannot load .+appendonlydir \(Redis reports: .*Bad file format/,
    );
  });
});

describe.concurrent("a data node that is stopped cleanly", () => {
  test.for([
    { effect: "writes no snapshot if it has an append-only file", appendonly: true, writesSnapshot: false },
    { effect: "writes a snapshot if it has no append-only file", appendonly: false, writesSnapshot: true },
  ])("$effect, and keeps its last write", async ({ appendonly, writesSnapshot }, { newSet }) => {
    const { set, node } = await withOneKey(await newSet({ shell: "dash", ...single, redis: { appendonly } }));
    await set.stop([node], "SIGTERM");
    expect(await set.exitCode(node)).toBe(0);
    expect(set.log(node).includes("Saving the final RDB snapshot")).toBe(writesSnapshot);
    set.start(node);
    await set.inSync();
    expect(await set.call(node, "GET", "first")).toBe("value");
  });
});

const single = { dataNodes: 1, sentinels: 0 } as const;

async function withOneKey(set: ScriptedSet) {
  const [node] = set.topology.dataNodes as readonly [DataNodePlan];
  set.start(node);
  await set.inSync();
  await set.call(node, "SET", "first", "value");
  return { set, node };
}

/** Stops the node cleanly, as an update does, and starts it with or without an append-only file. */
async function restart(set: ScriptedSet, node: DataNodePlan, appendonly: boolean): Promise<void> {
  await set.stop([node], "SIGTERM");
  await startAgain(set, node, appendonly);
}

async function startAgain(set: ScriptedSet, node: DataNodePlan, appendonly: boolean): Promise<void> {
  await set.configure(node, withLog(set, appendonly));
  set.start(node);
  await set.inSync();
}

function withLog({ topology }: ScriptedSet, appendonly: boolean): Topology {
  return { ...topology, redisRules: { ...topology.redisRules, appendonly } };
}
