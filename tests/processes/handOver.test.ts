import { mkdir, writeFile } from "node:fs/promises";
import { setTimeout } from "node:timers/promises";
import { Redis } from "ioredis";
import { describe, expect } from "vitest";
import type { LedgerReport } from "../../drills/ledger/audit.ts";
import { recommendedClientOptions } from "../../redis/clientOptions.ts";
import type { DataNodePlan, SentinelPlan } from "../../topology/topology.ts";
import { Load } from "../support/processes/load.ts";
import { defaultDownAfter, eventually, type ScriptedSet, shells } from "../support/processes/scriptedSet.ts";
import { test } from "../support/processes/setTest.ts";
import { place } from "../support/processes/situations.ts";

/** Milliseconds that a host waits for a data node to stop. */
const stopGrace = 60_000;

describe.concurrent.each(shells)("a planned switchover (shell: %s)", (shell) => {
  test("loses no write, makes a single failover, and restores the planned priorities", async ({ newSet }) => {
    const { set, master } = await startHealthy(await newSet({ shell, redis: guarded }));
    const load = await Load.on(set);
    const { exitCode, output } = await set.handOver(master);
    const report = await load.finish();
    const promoted = await set.healthy();
    expect([exitCode, output]).toEqual([0, expect.stringMatching(handedOver(promoted))]);
    expect(promoted).not.toBe(master);
    expectNothingLost(report);
    expect(Math.max(...report.pauses.map(({ length }) => length))).toBeLessThan(defaultDownAfter);
    expect(await epochs(set)).toEqual(["1", "1", "1"]);
    await expectPlannedPriorities(set);
  });

  test("runs when the master receives SIGTERM", async ({ newSet }) => {
    const { set, master } = await startHealthy(await newSet({ shell, redis: guarded }));
    const load = await Load.on(set);
    await set.stop([master], "SIGTERM");
    expect(await set.exitCode(master)).toBe(0);
    const said = set.said(master).at(-1);
    set.start(master);
    const report = await load.finish();
    const promoted = await set.healthy();
    expect(promoted).not.toBe(master);
    expect(`redis-ha: ${said}`).toMatch(handedOver(promoted));
    expectNothingLost(report);
    expect(await epochs(set)).toEqual(["1", "1", "1"]);
    await expectPlannedPriorities(set);
  });
});

describe.concurrent("a planned switchover", () => {
  const shell = "busybox";

  test("works with a password that has special characters of shells and Redis", async ({ newSet }) => {
    const password = ' a "password"\nwith \\ and $(id) ';
    const { set, master } = await startHealthy(await newSet({ shell, dataNodes: 2, password }));
    const { output } = await set.handOver(master);
    expect(output).toMatch(handedOver(await set.inSync()));
  });

  test("does nothing on a replica", async ({ newSet }) => {
    const { set, master } = await startHealthy(await newSet({ shell }));
    expect(await set.handOver(replicaOf(set, master))).toEqual({
      exitCode: 0,
      output: "redis-ha: nothing to switch over: this node is not the master",
    });
  });

  test("runs once if it is requested twice at the same time", async ({ newSet }) => {
    const { set, master } = await startHealthy(await newSet({ shell }));
    const load = await Load.on(set);
    const outcomes = await Promise.all([set.handOver(master), set.handOver(master)]);
    const report = await load.finish();
    expect(outcomes.map(({ exitCode }) => exitCode)).toEqual([0, 0]);
    expect(outcomes.map(({ output }) => output).toSorted()).toEqual([
      "redis-ha: nothing to switch over: this node is not the master",
      expect.stringMatching(handedOver(await set.healthy())),
    ]);
    expectNothingLost(report);
    expect(await epochs(set)).toEqual(["1", "1", "1"]);
  });

  test("runs if another switchover ends at the moment of the request", async ({ newSet }) => {
    const { set, master } = await startHealthy(await newSet({ shell: "dash" }));
    const lock = set.file(master, ".switchover");
    await mkdir(lock);
    const endOther = `#!/bin/sh\nrmdir ${lock} 2> /dev/null && exit 1\nexec /bin/mkdir "$@"\n`;
    await writeFile(set.program("mkdir"), endOther, { mode: 0o755 });
    const { exitCode, output } = await set.handOver(master);
    expect([exitCode, output]).toEqual([0, expect.stringMatching(handedOver(await set.healthy()))]);
  });

  test("is refused at once in a set of one node, and does not delay the stop of that node", async ({ newSet }) => {
    const set = await newSet({ shell, dataNodes: 1, sentinels: 0 });
    const [node] = set.topology.dataNodes as readonly [DataNodePlan];
    set.startAll();
    await set.inSync();
    const refusal = "cannot switch over: there is no other data node";
    expect(await set.handOver(node)).toEqual({ exitCode: 1, output: `redis-ha: ${refusal}` });
    await set.stop([node], "SIGTERM");
    expect(await set.exitCode(node)).toBe(0);
    expect(set.said(node).slice(-2)).toEqual([refusal, "stops without a switchover"]);
  });

  test("is refused without a replica in sync, and the master still takes writes", async ({ newSet }) => {
    const { set, master } = await startHealthy(await newSet({ shell }));
    await set.stop(set.topology.dataNodes.filter((node) => node !== master));
    expect(await set.handOver(master)).toEqual({
      exitCode: 1,
      output: "redis-ha: cannot switch over: no replica is in sync",
    });
    expect(await set.call(master, "SET", "key", "value")).toBe("OK");
  });

  test("is refused without a majority of the Sentinels, and a stopping master logs that and stops anyway", async ({
    newSet,
  }) => {
    const { set, master } = await startHealthy(await newSet({ shell }));
    const [sentinel, ...others] = set.topology.sentinels as [SentinelPlan, ...SentinelPlan[]];
    await set.stop(others);
    await eventually(() =>
      expect(set.call(sentinel, "SENTINEL", "CKQUORUM", set.topology.masterName)).rejects.toThrow("NOQUORUM"),
    );
    const refusal = "cannot switch over: no Sentinel that names this node reaches a majority";
    expect(await set.handOver(master)).toEqual({ exitCode: 1, output: `redis-ha: ${refusal}` });
    await expectPlannedPriorities(set);
    expect(await set.call(master, "SET", "key", "value")).toBe("OK");
    await set.stop([master], "SIGTERM");
    expect(await set.exitCode(master)).toBe(0);
    expect(set.said(master).slice(-2)).toEqual([refusal, "stops without a switchover"]);
  });

  test("waits for a running master that does not answer for some seconds", async ({ newSet }) => {
    const { set, master } = await startHealthy(await newSet({ shell, downAfter: 20_000 }));
    process.kill(set.serverId(master), "SIGSTOP");
    const switchover = set.handOver(master);
    await setTimeout(3000);
    process.kill(set.serverId(master), "SIGCONT");
    const { exitCode, output } = await switchover;
    expect([exitCode, output]).toEqual([0, expect.stringMatching(handedOver(await set.inSync()))]);
  });

  test("waits for running Sentinels that do not answer for some seconds", async ({ newSet }) => {
    const { set, master } = await startHealthy(await newSet({ shell }));
    for (const sentinel of set.topology.sentinels) {
      process.kill(set.serverId(sentinel), "SIGSTOP");
    }
    const switchover = set.handOver(master);
    await setTimeout(3000);
    for (const sentinel of set.topology.sentinels) {
      process.kill(set.serverId(sentinel), "SIGCONT");
    }
    const { exitCode, output } = await switchover;
    expect([exitCode, output]).toEqual([0, expect.stringMatching(handedOver(await set.inSync()))]);
  });

  test("fails at once if the server is not running", async ({ newSet }) => {
    const set = await newSet({ shell });
    const [node] = set.topology.dataNodes as readonly [DataNodePlan];
    const startedAt = performance.now();
    expect(await set.handOver(node)).toEqual({
      exitCode: 1,
      output: `redis-ha: cannot switch over: this node does not answer on port ${node.endpoint.port}`,
    });
    expect(performance.now() - startedAt).toBeLessThan(5000);
  });

  test("asks no Sentinel in TILT for the failover, because writes would wait until the TILT ends", async ({
    newSet,
  }) => {
    const { set, master } = await startHealthy(await newSet({ shell }));
    const [inTilt, other] = set.topology.sentinels as readonly [SentinelPlan, SentinelPlan];
    // With a threshold of 1 ms, every run of the Sentinel's timer counts as late.
    await set.call(inTilt, "SENTINEL", "DEBUG", "tilt-trigger", "1");
    await eventually(async () => expect(await set.call(inTilt, "INFO", "sentinel")).toContain("sentinel_tilt:1"));
    const { exitCode, output } = await set.handOver(master);
    expect([exitCode, output]).toEqual([0, expect.stringMatching(handedOver(await set.inSync()))]);
    expect(set.log(other)).toContain("+elected-leader");
    expect(set.log(inTilt)).not.toContain("requested FAILOVER");
  });

  test("lets a blocking command continue at the new master if the client has the recommended options", async ({
    newSet,
  }) => {
    const { set, master } = await startHealthy(await newSet({ shell }));
    const { sentinels, masterName } = set.topology;
    const options = recommendedClientOptions({
      sentinels: sentinels.map(({ endpoint }) => endpoint),
      masterName,
      password: set.password,
    });
    const client = new Redis({ ...options, socketTimeout: 60_000 });
    client.on("error", () => undefined);
    const popped = client.blpop("queue", 0).catch(String);
    await eventually(async () => expect(await set.call(master, "INFO", "clients")).toContain("blocked_clients:1"));
    await set.handOver(master);
    await set.call(await set.healthy(), "RPUSH", "queue", "value");
    expect(await popped).toEqual(["queue", "value"]);
    client.disconnect();
  });

  test("is aborted if a replica in sync does not catch up, and writes continue", async ({ newSet }) => {
    const { set, master } = await startHealthy(await newSet({ shell, dataNodes: 2 }));
    const replica = replicaOf(set, master);
    const load = await Load.on(set);
    const switchover = set.handOver(master);
    await eventually(async () => expect(await priority(set, replica)).toBe("1"));
    process.kill(set.serverId(replica), "SIGSTOP");
    const { exitCode, output } = await switchover;
    process.kill(set.serverId(replica), "SIGCONT");
    expect(exitCode).toBe(1);
    expect(output).toMatch(/^redis-ha: cannot switch over: /m);
    expectNothingLost(await load.finish());
    expect(await set.healthy()).toBe(master);
    await expectPlannedPriorities(set);
  });

  test("ends in time and loses no write if the chosen replica dies during it", async ({ newSet }) => {
    const { set, master } = await startHealthy(await newSet({ shell }));
    const load = await Load.on(set);
    const startedAt = performance.now();
    const switchover = set.handOver(master);
    const chosen = await preferred(set, master);
    await failoverStarted(set);
    await set.stop([chosen]);
    await switchover;
    expect(performance.now() - startedAt).toBeLessThan(stopGrace);
    set.start(chosen);
    expectNothingLost(await load.finish());
    await set.healthy();
    await expectPlannedPriorities(set);
  });

  test("ends in time and loses no write if a Sentinel freezes during it", async ({ newSet }) => {
    const { set, master } = await startHealthy(await newSet({ shell, redis: guarded }));
    const [sentinel] = set.topology.sentinels as readonly [SentinelPlan];
    const load = await Load.on(set);
    const startedAt = performance.now();
    const switchover = set.handOver(master);
    await failoverStarted(set);
    process.kill(set.serverId(sentinel), "SIGSTOP");
    const { exitCode } = await switchover;
    expect(performance.now() - startedAt).toBeLessThan(stopGrace);
    expect(exitCode).toBe(0);
    process.kill(set.serverId(sentinel), "SIGCONT");
    expectNothingLost(await load.finish());
    expect(await set.inSync()).not.toBe(master);
    await expectPlannedPriorities(set);
  });

  test("blocks writes until the Sentinels are back if all of them die during it", async ({ newSet }) => {
    const { set, master } = await startHealthy(await newSet({ shell }));
    const load = await Load.on(set);
    const startedAt = performance.now();
    const switchover = set.handOver(master);
    await failoverStarted(set);
    await set.stop(set.topology.sentinels);
    const { exitCode, output } = await switchover;
    expect(performance.now() - startedAt).toBeLessThan(stopGrace);
    // With exit code 0 the replica was promoted before the Sentinels died. A promotion takes a fifth of a second.
    if (exitCode !== 0) {
      expect(output).toMatch("takes no writes until a majority of the Sentinels names the master");
      expect(await set.role(master)).toBe("master");
      await expect(write(set, master)).rejects.toThrow("Command timed out");
    }
    set.start(...set.topology.sentinels);
    expectNothingLost(await load.finish());
    await set.healthy();
    await expectPlannedPriorities(set);
  });

  test("loses no write and leaves a healthy set if its script is killed halfway", async ({ newSet }) => {
    const { set, master } = await startHealthy(await newSet({ shell }));
    const load = await Load.on(set);
    const switchover = set.handOver(master, { endAfter: failoverStarted(set) });
    expect((await switchover).exitCode).not.toBe(0);
    expectNothingLost(await load.finish());
    await set.healthy();
    await expectPlannedPriorities(set);
  });
});

test("a data node exits with the exit code of its Redis server if the server dies", async ({ newSet }) => {
  const set = await newSet({ shell: "dash", dataNodes: 1, sentinels: 0 });
  const [node] = set.topology.dataNodes as readonly [DataNodePlan];
  set.startAll();
  await set.inSync();
  process.kill(set.serverId(node), "SIGKILL");
  expect(await set.exitCode(node)).toBe(137);
});

const guarded = { minReplicasToWrite: 1, minReplicasMaxLag: 3 };

async function startHealthy(set: ScriptedSet) {
  set.startAll();
  return { set, master: await set.healthy() };
}

function replicaOf(set: ScriptedSet, master: DataNodePlan): DataNodePlan {
  return set.topology.dataNodes.find((node) => node !== master) as DataNodePlan;
}

function handedOver(promoted: DataNodePlan): RegExp {
  return new RegExp(`^redis-ha: switched over to ${place(promoted)}: writes waited for \\d+ ms$`);
}

function expectNothingLost({ lost, missing, failed, acknowledged }: LedgerReport): void {
  expect({ lost: lost.count, missing: Object.values(missing), failed }).toEqual({
    lost: 0,
    missing: Object.values(missing).map(() => 0),
    failed: {},
  });
  expect(acknowledged).toBeGreaterThan(0);
}

/** The number of failovers that each Sentinel has recorded. */
function epochs(set: ScriptedSet): Promise<(string | undefined)[]> {
  return Promise.all(set.topology.sentinels.map(async (sentinel) => (await set.view(sentinel))["config-epoch"]));
}

/** Waits until a Sentinel has started the failover. */
async function failoverStarted(set: ScriptedSet): Promise<void> {
  await eventually(async () => {
    const views = await Promise.all(set.topology.sentinels.map((sentinel) => set.view(sentinel)));
    expect(views.map(({ flags }) => flags)).toContainEqual(expect.stringContaining("failover_in_progress"));
  });
}

/** Writes to the given node, which must answer within 500 ms. */
async function write(set: ScriptedSet, node: DataNodePlan): Promise<void> {
  const client = new Redis({ ...node.endpoint, password: set.password, commandTimeout: 500 });
  try {
    await client.set("key", "value");
  } finally {
    client.disconnect();
  }
}

async function priority(set: ScriptedSet, node: DataNodePlan): Promise<string | undefined> {
  return ((await set.call(node, "CONFIG", "GET", "replica-priority")) as string[])[1];
}

/** Waits until the switchover has chosen a replica, and returns it. */
function preferred(set: ScriptedSet, master: DataNodePlan): Promise<DataNodePlan> {
  return eventually(async () => {
    for (const node of set.topology.dataNodes.filter((other) => other !== master)) {
      if ((await priority(set, node)) === "1") {
        return node;
      }
    }
    throw new Error("no replica is preferred yet");
  });
}

async function expectPlannedPriorities(set: ScriptedSet): Promise<void> {
  await eventually(async () =>
    expect(await Promise.all(set.topology.dataNodes.map((node) => priority(set, node)))).toEqual(
      set.topology.dataNodes.map((node) => String(node.priority)),
    ),
  );
}
