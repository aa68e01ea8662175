import { Redis } from "ioredis";
import { describe, expect } from "vitest";
import { audit } from "../../drills/ledger/audit.ts";
import { Ledger, NotServedError } from "../../drills/ledger/ledger.ts";
import { ioredisClient, type ReplicaPromise } from "../../drills/ledger/ledgerClient.ts";
import { erase } from "../../drills/ledger/readBack.ts";
import type { DataNodePlan } from "../../topology/topology.ts";
import { eventually, type ScriptedSet } from "../support/processes/scriptedSet.ts";
import { test } from "../support/processes/setTest.ts";

const pair = { shell: "dash", dataNodes: 2, sentinels: 0 } as const;

describe("a ledger of writes to real Redis servers", () => {
  test("reports the writes that an old master acknowledged after another node was promoted", async ({ newSet }) => {
    const { report, promotedAt } = await throughCarelessPromotion(await newSet(pair));
    expect(report.lost.count).toBeGreaterThan(0);
    expect(report.lost.window?.from).toBeGreaterThanOrEqual(promotedAt);
    expect(report.acknowledged).toBe(report.written);
  });

  test("reports no lost write if the writers wait for the replica", async ({ newSet }) => {
    const { report } = await throughCarelessPromotion(await newSet(pair), { replicas: 1, timeout: 50 });
    expect(report.lost).toEqual({ count: 0, window: undefined, examples: [] });
    expect(report.failed["WAIT: 0 of 1 replicas have the write"]).toBeGreaterThan(0);
    expect(report.acknowledged).toBeGreaterThan(0);
  });

  test("can be erased without leaving a key", async ({ newSet }) => {
    const set = await newSet(pair);
    const [master] = set.topology.dataNodes as readonly [DataNodePlan];
    set.startAll();
    await set.inSync();
    const ledger = await Ledger.open({ client: () => ioredisClient(clientOf(set, master)) });
    const record = await ledger.close();
    expect(await set.call(master, "DBSIZE")).toBeGreaterThan(0);
    await withClient(clientOf(set, master), (client) => erase(client, record));
    expect(await set.call(master, "DBSIZE")).toBe(0);
  });
});

/** Promotes the replica while the old master still takes writes, and then makes the old master follow it. */
async function throughCarelessPromotion(set: ScriptedSet, promise?: ReplicaPromise) {
  const [old, next] = set.topology.dataNodes as readonly [DataNodePlan, DataNodePlan];
  set.startAll();
  await set.inSync();
  const ledger = await Ledger.open({ client: () => ioredisClient(clientOf(set, old), promise) });
  const promotedAt = ledger.mark("redis-1 is made the master");
  await set.call(next, "REPLICAOF", "NO", "ONE");
  const served = ledger.served(promotedAt, 300);
  await (promise === undefined ? served : expect(served).rejects.toBeInstanceOf(NotServedError));
  const record = await ledger.close();
  await set.call(old, "REPLICAOF", next.endpoint.host, String(next.endpoint.port));
  await eventually(async () => expect(await set.role(old)).toBe("replica of redis-1, in sync"));
  const report = await withClient(clientOf(set, next), (master) =>
    withClient(clientOf(set, old), (replica) => audit(record, { master, replicas: { "redis-0": replica } })),
  );
  expect(report.missing).toEqual({ "redis-0": 0 });
  return { report, promotedAt };
}

function clientOf(set: ScriptedSet, node: DataNodePlan): Redis {
  return new Redis({ ...node.endpoint, password: set.password });
}

async function withClient<Result>(client: Redis, use: (client: Redis) => Promise<Result>): Promise<Result> {
  try {
    return await use(client);
  } finally {
    client.disconnect();
  }
}
