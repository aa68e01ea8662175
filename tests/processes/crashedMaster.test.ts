import { Redis } from "ioredis";
import { describe, expect } from "vitest";
import type { DataNodePlan } from "../../topology/topology.ts";
import { Load } from "../support/processes/load.ts";
import { defaultDownAfter, eventually, type ScriptedSet, shells } from "../support/processes/scriptedSet.ts";
import { test } from "../support/processes/setTest.ts";

const guarded = { minReplicasToWrite: 1, minReplicasMaxLag: 3 };

describe.each(shells)("a master whose server crashes (shell: %s)", (shell) => {
  test("is replaced within a second by a single failover, and comes back as a replica", async ({ newSet }) => {
    const set = await newSet({ shell, redis: guarded });
    const master = await started(set);
    const load = await Load.on(set);
    const crashedAt = performance.now();
    process.kill(set.serverId(master), "SIGKILL");
    await takesWrites(set, master);
    expect(performance.now() - crashedAt).toBeLessThan(1000);
    expect(await set.exitCode(master)).toBe(137);
    expect(set.said(master).slice(-2)).toEqual([
      expect.stringMatching(/^the server ended while it was the master; asked the Sentinel .+ for a failover: OK$/),
      expect.stringMatching(/^.+ replaced this node \d+ ms after the failover request$/),
    ]);
    set.start(master);
    const report = await load.finish();
    const promoted = await set.healthy();
    expect(promoted).not.toBe(master);
    // Redis may crash after it has answered a write, and before it has sent that write to the replicas.
    expect(report.lost.count).toBeLessThanOrEqual(1);
    expect(await epochs(set)).toEqual(["1", "1", "1"]);
  });
});

describe.concurrent("a data node whose server crashes", () => {
  const shell = "busybox";

  test("causes no failover if it is a replica", async ({ newSet }) => {
    const set = await newSet({ shell });
    const master = await started(set);
    const replica = otherThan(set, master);
    process.kill(set.serverId(replica), "SIGKILL");
    expect(await set.exitCode(replica)).toBe(137);
    expect(set.said(replica).join("\n")).not.toContain("failover");
    expect(await set.role(master)).toBe("master");
    expect(await epochs(set)).toEqual(["0", "0", "0"]);
  });

  test("exits at once and becomes the master again if no replica may be promoted", async ({ newSet }) => {
    const set = await newSet({ shell });
    const master = await started(set);
    const replicas = set.topology.dataNodes.filter((node) => node !== master);
    await Promise.all(replicas.map((node) => set.call(node, "CONFIG", "SET", "replica-priority", "0")));
    await set.prioritiesAre(() => 0);
    process.kill(set.serverId(master), "SIGKILL");
    expect(await set.exitCode(master)).toBe(137);
    expect(set.said(master).at(-1)).toMatch(/ for a failover: NOGOODSLAVE/);
    set.start(master);
    expect(await set.inSync()).toBe(master);
  });

  test("requests no failover if only a minority of the Sentinels is running", async ({ newSet }) => {
    const set = await newSet({ shell });
    const master = await started(set);
    await set.stop(set.topology.sentinels.slice(1));
    process.kill(set.serverId(master), "SIGKILL");
    expect(await set.exitCode(master)).toBe(137);
    expect(set.said(master).join("\n")).not.toContain("failover");
    set.start(...set.topology.sentinels.slice(1), master);
    await set.healthy();
  });

  test("leaves the failover to the Sentinels if it was frozen for almost downAfter before the crash", async ({
    newSet,
  }) => {
    const set = await newSet({ shell });
    const master = await started(set);
    process.kill(set.serverId(master), "SIGSTOP");
    await eventually(async () => {
      const ages = await Promise.all(
        set.topology.sentinels.map(async (one) => (await set.view(one))["last-ok-ping-reply"]),
      );
      expect(Math.min(...ages.map(Number))).toBeGreaterThan(defaultDownAfter - 700);
    });
    process.kill(set.serverId(master), "SIGKILL");
    expect(await set.exitCode(master)).toBe(137);
    expect(set.said(master).at(-1)).toMatch(
      /leaves the failover to the Sentinels: they have not heard from this node recently$/,
    );
    set.start(master);
    await set.healthy();
  });

  test("is replaced each time one master after another crashes, and all nodes come back", async ({ newSet }) => {
    const set = await newSet({ shell });
    let master = await started(set);
    for (const _ of set.topology.dataNodes) {
      const crashed = master;
      process.kill(set.serverId(crashed), "SIGKILL");
      expect(await set.exitCode(crashed)).toBe(137);
      set.start(crashed);
      master = await set.readyForFailover();
      expect(master).not.toBe(crashed);
    }
    expect(await epochs(set)).toEqual(["3", "3", "3"]);
  });

  test("exits without a failover request if the set has no Sentinels", async ({ newSet }) => {
    const set = await newSet({ shell, sentinels: 0 });
    set.startAll();
    const master = await set.inSync();
    process.kill(set.serverId(master), "SIGKILL");
    expect(await set.exitCode(master)).toBe(137);
    expect(set.said(master).join("\n")).not.toContain("failover");
  });
});

test("a master that an operator shuts down exits with 0, and causes no failover before downAfter", async ({
  newSet,
}) => {
  const set = await newSet({ shell: "busybox" });
  const master = await started(set);
  await set.call(master, "SHUTDOWN").catch(() => undefined);
  expect(await set.exitCode(master)).toBe(0);
  expect(set.said(master).join("\n")).not.toContain("failover");
  expect(await epochs(set)).toEqual(["0", "0", "0"]);
});

describe.concurrent("a data node that is killed with its start script and restarts at once", () => {
  const shell = "busybox";
  /**
   * Directives that make loading last for `seconds`: Redis pauses after each key, and serves clients every kilobyte.
   */
  const slowLoad = (seconds: number) => ({
    "key-load-delay": [String(Math.round((seconds * 1e6) / keys))],
    "loading-process-events-interval-bytes": ["1024"],
  });

  test("is replaced if it is the master and loads its data for longer than downAfter", async ({ newSet }) => {
    const set = await newSet({ shell });
    const master = await withKeys(set);
    await set.stop([master]);
    const startedAt = performance.now();
    await restartLoadingFor(set, [master], slowLoad(15));
    await takesWrites(set, master);
    expect(performance.now() - startedAt).toBeLessThan(defaultDownAfter + 5000);
    await expect(set.call(master, "PING")).rejects.toThrow("LOADING");
  });

  test("becomes the master again without a failover if it loads its data in less than downAfter", async ({
    newSet,
  }) => {
    const set = await newSet({ shell });
    const master = await withKeys(set);
    await set.stop([master]);
    await restartLoadingFor(set, [master], slowLoad(0.5));
    expect(await set.healthy()).toBe(master);
    expect(await epochs(set)).toEqual(["0", "0", "0"]);
  });

  test("causes no failover if all data nodes restart together and load their data for longer than downAfter", async ({
    newSet,
  }) => {
    const set = await newSet({ shell });
    const master = await withKeys(set);
    await set.stop(set.topology.dataNodes);
    await restartLoadingFor(set, set.topology.dataNodes, slowLoad(6));
    expect(await set.healthy()).toBe(master);
    expect(await epochs(set)).toEqual(["0", "0", "0"]);
    await eventually(async () => expect(await set.call(master, "SET", "key", "value")).toBe("OK"));
  });
});

/** Number of keys in a set whose loading is slowed down. */
const keys = 2000;

/** Starts the set, waits until every replica may be promoted, and returns the master. */
async function started(set: ScriptedSet): Promise<DataNodePlan> {
  set.startAll();
  return set.readyForFailover();
}

/** Starts a set whose keys are in the base of every node's append-only file, and returns the master. */
async function withKeys(set: ScriptedSet): Promise<DataNodePlan> {
  const master = await started(set);
  await set.call(master, "EVAL", `for i = 1, ${keys} do redis.call('SET', 'key:' .. i, string.rep(i, 30)) end`, "0");
  await set.call(master, "WAIT", "2", "1000");
  for (const node of set.topology.dataNodes) {
    await set.call(node, "BGREWRITEAOF");
    await set.rewriteEnded(node);
  }
  return master;
}

/** Starts nodes with directives that slow down loading. */
async function restartLoadingFor(
  set: ScriptedSet,
  nodes: readonly DataNodePlan[],
  directives: Readonly<Record<string, readonly string[]>>,
): Promise<void> {
  const { topology } = set;
  const redisRules = { ...topology.redisRules, directives: { ...topology.redisRules.directives, ...directives } };
  for (const node of nodes) {
    await set.configure(node, { ...topology, redisRules });
  }
  set.start(...nodes);
}

function otherThan(set: ScriptedSet, master: DataNodePlan): DataNodePlan {
  return set.topology.dataNodes.find((node) => node !== master) as DataNodePlan;
}

/** Waits until a node other than `old` accepts a write. */
async function takesWrites(set: ScriptedSet, old: DataNodePlan): Promise<void> {
  const others = set.topology.dataNodes.filter((node) => node !== old);
  const clients = others.map(({ endpoint }) => new Redis({ ...endpoint, password: set.password }));
  // A promotion closes all client connections.
  for (const client of clients) {
    client.on("error", () => undefined);
  }
  try {
    await eventually(() => Promise.any(clients.map((client) => client.set("write-of-test", "value"))));
  } finally {
    for (const client of clients) {
      client.disconnect();
    }
  }
}

/** The number of failovers that each Sentinel has recorded. */
function epochs(set: ScriptedSet): Promise<(string | undefined)[]> {
  return Promise.all(set.topology.sentinels.map(async (sentinel) => (await set.view(sentinel))["config-epoch"]));
}
