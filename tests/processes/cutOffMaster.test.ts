import { once } from "node:events";
import { setTimeout } from "node:timers/promises";
import { Redis } from "ioredis";
import { describe, expect } from "vitest";
import type { DataNodePlan } from "../../topology/topology.ts";
import { defaultDownAfter, eventually, type ScriptedSet, shells } from "../support/processes/scriptedSet.ts";
import { test } from "../support/processes/setTest.ts";

/** Milliseconds after which a cut-off master closes its clients' connections again. */
const interval = 5000;

describe.concurrent.each(shells)("a master that has lost all replicas and all Sentinels (shell: %s)", (shell) => {
  test("closes its clients' connections after downAfter, and closes new ones later", async ({ newSet }) => {
    const { set, master } = await startHealthy(await newSet({ shell, redis: guarded }));
    const clients = [await clientOf(set, master), await clientOf(set, master, { subscribes: true })];
    const sentinel = await clientOf(set, master, { name: "sentinel-0123abcd-cmd" });
    const ends = clients.map((client) => once(client, "end"));
    // The script checks the replicas once a second, and nothing shows when. Until a check has seen a replica, the script
    // counts the time from the start of the master.
    await setTimeout(2000);
    // Measured before the other nodes are killed, because a busy machine notices late that they have ended.
    const cutOff = performance.now();
    await set.stop([...othersThan(set, master), ...set.topology.sentinels]);
    await Promise.all(ends);
    const ended = performance.now();
    expect(ended - cutOff).toBeGreaterThan(defaultDownAfter);
    const client = await clientOf(set, master);
    await once(client, "end");
    expect(performance.now() - ended).toBeGreaterThan(interval / 2);
    expect(await sentinel.ping()).toBe("PONG");
    sentinel.disconnect();
  });
});

describe.concurrent("a master that has lost all replicas", () => {
  test("keeps its clients while a majority of the Sentinels names it", async ({ newSet }) => {
    const { set, master } = await startHealthy(await newSet({ shell: "dash", redis: guarded }));
    const client = await clientOf(set, master);
    let connected = true;
    const end = once(client, "end").then(() => (connected = false));
    await set.stop(othersThan(set, master));
    await eventually(() => expect(client.set("key", "value")).rejects.toThrow("NOREPLICAS"));
    // Long enough for the master to have closed the connections twice.
    const refused = performance.now();
    await eventually(async () => {
      expect(await client.ping()).toBe("PONG");
      expect(performance.now() - refused).toBeGreaterThan(defaultDownAfter + interval);
    });
    expect(connected).toBe(true);
    await set.stop(set.topology.sentinels);
    await end;
  });

  test("runs no script that closes connections if it is planned to need no replicas", async ({ newSet }) => {
    const { set, master } = await startHealthy(await newSet({ shell: "dash" }));
    expect(set.companionId(master, "watch-replication.sh")).toBeDefined();
    expect(set.companionId(master, "disconnect-clients.sh")).toBeUndefined();
  });
});

const guarded = { minReplicasToWrite: 1, minReplicasMaxLag: 2 };

async function startHealthy(set: ScriptedSet) {
  set.startAll();
  return { set, master: await set.healthy() };
}

function othersThan(set: ScriptedSet, master: DataNodePlan): readonly DataNodePlan[] {
  return set.topology.dataNodes.filter((node) => node !== master);
}

/** Connects a client that keeps its connection until the node closes it. */
async function clientOf(
  set: ScriptedSet,
  { endpoint }: DataNodePlan,
  { name = "", subscribes = false }: { readonly name?: string; readonly subscribes?: boolean } = {},
): Promise<Redis> {
  const client = new Redis({
    ...endpoint,
    password: set.password,
    connectionName: name,
    enableReadyCheck: false,
    retryStrategy: () => null,
  });
  client.on("error", () => undefined);
  await client.ping();
  if (subscribes) {
    await client.subscribe("news");
  }
  return client;
}
