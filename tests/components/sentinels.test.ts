import { expect, test } from "vitest";
import { RedisMaster } from "../../components/redisMaster.ts";
import { RedisSentinels } from "../../components/sentinels.ts";
import { sentinelFiles } from "../../configs/render.ts";
import { declared, named, ofType } from "../support/components/program.ts";
import { RecordingHost, recorded } from "../support/components/recordingHost.ts";
import { password, sampleSet, secretly, secretPassword } from "../support/components/sampleSet.ts";
import { treeOf } from "../support/components/snapshot.ts";

const topology = sampleSet({ masterName: "cache" });

test("Sentinels change one at a time, each after the previous one is ready, and the first one has no dependencies", async () => {
  expect(treeOf(await declareSentinels())).toEqual([
    "redis-ha:index:RedisSentinels watch",
    "  test:index:Workload watch-sentinel-0",
    "  pulumi:index:Stash watch-sentinel-0-ready after watch-sentinel-0; beforeCreate watch-sentinel-0-ready; beforeUpdate watch-sentinel-0-ready",
    "  test:index:Workload watch-sentinel-1 after watch-sentinel-0-ready",
    "  pulumi:index:Stash watch-sentinel-1-ready after watch-sentinel-1; beforeCreate watch-sentinel-1-ready; beforeUpdate watch-sentinel-1-ready",
    "  test:index:Workload watch-sentinel-2 after watch-sentinel-1-ready",
    "  pulumi:index:Stash watch-sentinel-2-ready after watch-sentinel-2; beforeCreate watch-sentinel-2-ready; beforeUpdate watch-sentinel-2-ready",
  ]);
});

test("each Sentinel runs with the planned files, ports and sizes", async () => {
  const sentinels = ofType(await declareSentinels(), recorded);
  expect(sentinels.map(({ inputs }) => inputs)).toEqual(
    [
      { ordinal: 0, address: "10.41.0.254", port: 26379 },
      { ordinal: 1, address: "10.41.0.253", port: 26380 },
      { ordinal: 2, address: "10.41.0.252", port: 26381 },
    ].map(({ ordinal, address, port }) => ({
      name: `sentinel-${ordinal}`,
      image: "redis",
      command: ["sh", "/etc/redis-ha/start-sentinel.sh"],
      environment: {},
      files: sentinelFiles(topology, topology.sentinels[ordinal]!).files,
      secretFiles: secretly({
        "/etc/redis-ha-secrets/sentinel-authentication.conf": authentication,
        "/etc/redis-ha-secrets/authenticate": `AUTH ${password}\n`,
      }),
      volume: { mountPath: "/data", size: 64 * 1024 ** 2 },
      scratch: ["/tmp"],
      address,
      ports: [{ port: 26379, published: { host: "127.0.0.1", port } }],
      probe: {
        command: ["sh", "/etc/redis-ha/probe-sentinel.sh"],
        interval: 10_000,
        timeout: 3_000,
        retries: 2,
        startPeriod: 300_000,
      },
      liveness: {
        command: ["sh", "-c", "timeout 10 redis-cli -p 26379 PING"],
        interval: 30_000,
        timeout: 11_000,
        retries: 10,
        startPeriod: 300_000,
      },
      size: { cpus: 0.5, memory: 64 * 1024 ** 2, disk: 64 * 1024 ** 2 },
      stopGrace: 10_000,
    })),
  );
});

test("Sentinels depend on the workloads of the option `after`", async () => {
  const program = await declared(() => {
    const shared = { topology, host: new RecordingHost(), password: secretPassword() };
    const master = new RedisMaster("main", shared);
    new RedisSentinels("watch", { ...shared, after: [master.workload] });
  });
  expect(named(program, "watch-sentinel-0").dependencies).toEqual(["main-redis-0-ready"]);
});

test("Sentinels output the ids of their workloads in the order of their ordinals", async () => {
  expect(named(await declareSentinels(), "watch").outputs).toEqual({
    ids: ["watch-sentinel-0-id", "watch-sentinel-1-id", "watch-sentinel-2-id"],
  });
});

const authentication = `# The password that this Sentinel requires from clients and other Sentinels, and sends to other Sentinels.
requirepass ${password}
# The password that this Sentinel sends to data nodes.
sentinel auth-pass cache ${password}
`;

function declareSentinels() {
  return declared(() => {
    new RedisSentinels("watch", { topology, host: new RecordingHost(), password: secretPassword() });
  });
}
