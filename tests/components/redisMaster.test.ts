import { expect, test, vi } from "vitest";
import { RedisMaster } from "../../components/redisMaster.ts";
import { redisFiles } from "../../configs/render.ts";
import { declared, named } from "../support/components/program.ts";
import { RecordingHost } from "../support/components/recordingHost.ts";
import { password, sampleSet, secretly, secretPassword } from "../support/components/sampleSet.ts";
import { treeOf } from "../support/components/snapshot.ts";

vi.mock("../../rollout/observeNodes.ts", () => ({ observeNodes: async () => [] }));

const topology = sampleSet();

test("the master is one workload and its readiness gate, with names that begin with the component's name", async () => {
  const program = await declareMaster();
  expect(treeOf(program)).toEqual([
    "redis-ha:index:RedisMaster main",
    "  test:index:Workload main-redis-0",
    "  pulumi:index:Stash main-redis-0-ready after main-redis-0; beforeCreate main-redis-0-ready; beforeUpdate main-redis-0-ready",
  ]);
});

test("the master runs redis-0 with the planned files, ports and sizes", async () => {
  const { inputs } = named(await declareMaster(), "main-redis-0");
  expect(inputs).toEqual({
    name: "redis-0",
    image: "redis",
    command: ["sh", "/etc/redis-ha/start-redis.sh"],
    environment: {},
    files: redisFiles(topology, topology.dataNodes[0]!).files,
    secretFiles: secretly({
      "/etc/redis-ha-secrets/redis-authentication.conf": `requirepass ${password}\nmasterauth ${password}\n`,
      "/etc/redis-ha-secrets/authenticate": `AUTH ${password}\n`,
    }),
    volume: { mountPath: "/data", size: 1024 ** 3 },
    scratch: ["/tmp"],
    address: "10.41.0.10",
    ports: [{ port: 6379, published: { host: "127.0.0.1", port: 6379 } }],
    probe: {
      command: ["sh", "/etc/redis-ha/probe-redis.sh"],
      interval: 10_000,
      timeout: 3_000,
      retries: 2,
      startPeriod: 300_000,
    },
    liveness: {
      command: ["sh", "-c", "timeout 10 redis-cli -p 6379 PING"],
      interval: 30_000,
      timeout: 11_000,
      retries: 10,
      startPeriod: 300_000,
    },
    size: { cpus: 1, memory: 256 * 1024 ** 2, disk: 1024 ** 3 },
    stopGrace: 60_000,
  });
});

test("the master depends on the workloads of the option `after`", async () => {
  const program = await declared(() => {
    const host = new RecordingHost();
    const first = new RedisMaster("first", { topology, host, password: secretPassword() });
    new RedisMaster("second", { topology, host, password: secretPassword(), after: [first.workload] });
  });
  expect(named(program, "second-redis-0").dependencies).toEqual(["first-redis-0-ready"]);
});

test("the master outputs the id of its workload", async () => {
  expect(named(await declareMaster(), "main").outputs).toEqual({ id: "main-redis-0-id" });
});

test("the master of a topology without data nodes fails with an error", async () => {
  const empty = { ...topology, dataNodes: [] };
  await expect(
    declared(() => new RedisMaster("main", { topology: empty, host: new RecordingHost(), password: secretPassword() })),
  ).rejects.toThrow("the topology sample has no data node");
});

function declareMaster() {
  return declared(() => {
    new RedisMaster("main", { topology, host: new RecordingHost(), password: secretPassword() });
  });
}
