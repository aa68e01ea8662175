import { describe, expect, test, vi } from "vitest";
import { RedisMaster } from "../../components/redisMaster.ts";
import { RedisReplicas } from "../../components/redisReplicas.ts";
import { redisFiles } from "../../configs/render.ts";
import type { Topology } from "../../topology/topology.ts";
import { declared, named, ofType } from "../support/components/program.ts";
import { RecordingHost, recorded } from "../support/components/recordingHost.ts";
import { sampleSet, secretPassword } from "../support/components/sampleSet.ts";
import { treeOf } from "../support/components/snapshot.ts";

vi.mock("../../rollout/observeNodes.ts", () => ({ observeNodes: async () => [] }));

const topology = sampleSet();

test("replicas change one at a time, each after the previous one is ready, and the first one after the master", async () => {
  expect(treeOf(await declareSet(topology))).toEqual([
    "redis-ha:index:RedisMaster main",
    "  test:index:Workload main-redis-0",
    "  pulumi:index:Stash main-redis-0-ready after main-redis-0; beforeCreate main-redis-0-ready; beforeUpdate main-redis-0-ready",
    "redis-ha:index:RedisReplicas others",
    "  test:index:Workload others-redis-1 after main-redis-0-ready",
    "  pulumi:index:Stash others-redis-1-ready after others-redis-1; beforeCreate others-redis-1-ready; beforeUpdate others-redis-1-ready",
    "  test:index:Workload others-redis-2 after others-redis-1-ready",
    "  pulumi:index:Stash others-redis-2-ready after others-redis-2; beforeCreate others-redis-2-ready; beforeUpdate others-redis-2-ready",
  ]);
});

describe("a replica has the same workload as the master", () => {
  test.each([
    { ordinal: 1, address: "10.41.0.11", port: 6380 },
    { ordinal: 2, address: "10.41.0.12", port: 6381 },
  ])("except for the name, address, published port and files of redis-$ordinal", async ({ ordinal, address, port }) => {
    const program = await declareSet(topology);
    expect(named(program, `others-redis-${ordinal}`).inputs).toEqual({
      ...named(program, "main-redis-0").inputs,
      name: `redis-${ordinal}`,
      files: redisFiles(topology, topology.dataNodes[ordinal]!).files,
      address,
      ports: [{ port: 6379, published: { host: "127.0.0.1", port } }],
    });
  });

  test("except for its size if the plan gives replicas a different size", async () => {
    const uneven = sampleSet({ size: { preset: "dev", replica: { cpus: 0.5, memory: "192MB", disk: "2GB" } } });
    const { size, volume } = named(await declareSet(uneven), "others-redis-1").inputs;
    expect({ size, volume }).toEqual({
      size: { cpus: 0.5, memory: 192 * 1024 ** 2, disk: 2 * 1024 ** 3 },
      volume: { mountPath: "/data", size: 2 * 1024 ** 3 },
    });
  });
});

test("an additional replica adds a workload and its gate at the end, and changes only the list of peers of the other nodes", async () => {
  const three = await declareSet(topology);
  const four = await declareSet(sampleSet({ replicas: 3 }));
  expect(treeOf(four)).toEqual([
    ...treeOf(three),
    "  test:index:Workload others-redis-3 after others-redis-2-ready",
    "  pulumi:index:Stash others-redis-3-ready after others-redis-3; beforeCreate others-redis-3-ready; beforeUpdate others-redis-3-ready",
  ]);
  const withoutPeers = (program: typeof three) =>
    ofType(program, recorded).map(({ inputs }) => ({
      ...inputs,
      files: { ...(inputs["files"] as object), "/etc/redis-ha/peers": "" },
    }));
  expect(withoutPeers(four).slice(0, 3)).toEqual(withoutPeers(three));
});

test("a set without replicas has a component without workloads", async () => {
  const alone = sampleSet({ replicas: 0, redis: { minReplicasToWrite: 0 } });
  const program = await declareSet(alone);
  expect(treeOf(program).slice(3)).toEqual(["redis-ha:index:RedisReplicas others"]);
  expect(named(program, "others").outputs).toEqual({ ids: [] });
});

test("replicas can be declared without a master in the same program", async () => {
  const program = await declared(() => {
    new RedisReplicas("others", { topology, host: new RecordingHost(), password: secretPassword() });
  });
  expect(named(program, "others-redis-1").dependencies).toEqual([]);
});

test("replicas output the ids of their workloads in the order of their ordinals", async () => {
  expect(named(await declareSet(topology), "others").outputs).toEqual({
    ids: ["others-redis-1-id", "others-redis-2-id"],
  });
});

function declareSet(planned: Topology) {
  return declared(() => {
    const shared = { topology: planned, host: new RecordingHost(), password: secretPassword() };
    const master = new RedisMaster("main", shared);
    new RedisReplicas("others", { ...shared, after: [master.workload] });
  });
}
