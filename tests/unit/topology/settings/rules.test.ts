import { describe, expect, test } from "vitest";
import type { Problem } from "../../../../topology/settings/problem.ts";
import { ownedDirectives } from "../../../../topology/settings/rules/directives.ts";
import type { SettingsInput } from "../../../../topology/settings/settings.ts";
import { problemsOf, warningsOf } from "../../../support/unit/judgement.ts";

/** Three data nodes of one size, so that only what a row changes is judged. */
const base: SettingsInput = { size: "dev" };

describe("settings that contradict each other are refused", () => {
  test.each<[name: string, input: SettingsInput, problem: Problem]>([
    [
      "more votes than Sentinels",
      { sentinels: { count: 3, quorum: 4 } },
      { path: "sentinels.quorum", got: "4", expected: "1 to 3, the number of Sentinels" },
    ],
    [
      "a failover that times out before a loss is noticed",
      { sentinels: { downAfter: "30s" } },
      {
        path: "sentinels.downAfter",
        got: "30s",
        expected: "at most 10s, which is sentinels.failoverTimeout",
        advice: "a failover would time out before the loss of its new master is noticed",
      },
    ],
    [
      "monitors of a set that has no metrics",
      {
        target: "kubernetes",
        exporter: { enabled: false },
        gateway: { enabled: false },
        kubernetes: { monitors: { enabled: true } },
      },
      {
        path: "kubernetes.monitors.enabled",
        got: "true",
        expected: "false, since neither the exporter nor gateways are enabled",
        advice: "no part of the set serves metrics",
      },
    ],
    [
      "a replica demanded where there is none",
      { replicas: 0 },
      {
        path: "redis.minReplicasToWrite",
        got: "1",
        expected: "at most 0, the number of replicas",
        advice: "the master would never take a write: lower this, or add replicas",
      },
    ],
    [
      "more replicas demanded than there are",
      { redis: { minReplicasToWrite: 3 } },
      {
        path: "redis.minReplicasToWrite",
        got: "3",
        expected: "at most 2, the number of replicas",
        advice: "the master would never take a write: lower this, or add replicas",
      },
    ],
    [
      "a public network",
      { docker: { subnet: "8.8.8.0/24" } },
      {
        path: "docker.subnet",
        got: "8.8.8.0/24",
        expected: "a private network, within 10.0.0.0/8, 172.16.0.0/12 or 192.168.0.0/16",
        advice: "the machine would no longer reach those addresses elsewhere",
      },
    ],
    [
      "a network with too few addresses",
      { docker: { subnet: "10.0.0.0/28" } },
      {
        path: "docker.subnet",
        got: "10.0.0.0/28",
        expected: "a prefix of at most /27, for 3 data nodes, 3 Sentinels and 10 further addresses",
      },
    ],
    [
      "ports beyond the last",
      { docker: { ports: { redis: 65_534 } } },
      { path: "docker.ports.redis", got: "65534", expected: "at most 65533, for 3 ports in a row" },
    ],
    [
      "rows of ports that overlap",
      { docker: { ports: { sentinel: 6381 } } },
      {
        path: "docker.ports.sentinel",
        got: "6381 to 6383",
        expected: "ports apart from docker.ports.redis, which has 6379 to 6381",
      },
    ],
    [
      "one port for two parts",
      { docker: { ports: { commander: 9121 } } },
      {
        path: "docker.ports.commander",
        got: "9121",
        expected: "ports apart from docker.ports.exporter, which has 9121",
      },
    ],
    [
      "a row of gateways' ports that runs into another",
      { gateway: { count: 2 }, docker: { ports: { exporter: 8405 } } },
      {
        path: "docker.ports.exporter",
        got: "8405",
        expected: "ports apart from docker.ports.statistics, which has 8404 to 8405",
      },
    ],
    [
      "memory that holds no data worth the node",
      { size: { preset: "dev", replica: { memory: "74MB" } } },
      {
        path: "size.replica.memory",
        got: "74MB",
        expected: "at least 75MB",
        advice:
          "16MB for data and 8MB for copy-on-write, 2MB for fragmentation, 9MB for replica buffers, 8MB for client buffers, 32MB for the process",
      },
    ],
    [
      "more data than the smallest data node has room for",
      { size: { preset: "dev", master: { memory: "4GB" } }, redis: { maxmemory: "200MB" } },
      {
        path: "redis.maxmemory",
        got: "200MB",
        expected: "at most 115MB",
        advice:
          "the smallest data node has 256MB, less 58MB for copy-on-write, 12MB for fragmentation, 32MB for replica buffers, 8MB for client buffers, 32MB for the process; 200MB of data need 418MB on every data node",
      },
    ],
    [
      "more idle connections than the pool has",
      { client: { minIdle: 11 } },
      { path: "client.minIdle", got: "11", expected: "at most 10, which is client.poolSize" },
    ],
    [
      "a pool of more connections than are allowed",
      { client: { poolSize: 51 } },
      { path: "client.poolSize", got: "51", expected: "at most 50, which is client.maxConnections" },
    ],
    [
      "more connections of applications than a data node has for them",
      { client: { maxConnections: 362 } },
      {
        path: "client.maxConnections",
        got: "362",
        expected: "at most 361, the connections of a data node without the 48 that the set itself may need",
        advice: "lower it, or set redis.clientBuffers to 9MB",
      },
    ],
    [
      "more connections than any data node has",
      { client: { maxConnections: 10_000 } },
      {
        path: "client.maxConnections",
        got: "10000",
        expected: "at most 361, the connections of a data node without the 48 that the set itself may need",
        advice: "lower it: a data node has 10000 connections at most",
      },
    ],
    [
      "more memory for clients than the data nodes have beside the data",
      { redis: { clientBuffers: "167MB" } },
      {
        path: "redis.clientBuffers",
        got: "167MB",
        expected: "at most 166MB",
        advice:
          "the smallest data node has 256MB, and 16MB of it are for data at least; 167MB for clients need 257MB on every data node",
      },
    ],
    [
      "more data than fits beside the memory for clients",
      { redis: { maxmemory: "115MB", clientBuffers: "16MB" } },
      {
        path: "redis.maxmemory",
        got: "115MB",
        expected: "at most 110MB",
        advice:
          "the smallest data node has 256MB, less 55MB for copy-on-write, 11MB for fragmentation, 32MB for replica buffers, 16MB for client buffers, 32MB for the process; 115MB of data need 266MB on every data node",
      },
    ],
    [
      "a directive's name that is none",
      { redis: { directives: { "hz 10": "1" } } },
      {
        path: "redis.directives.hz 10",
        got: '"hz 10"',
        expected: "a directive's name in lower-case letters, digits and hyphens",
      },
    ],
    [
      "a directive that Redis does not have",
      { images: "local", redis: { directives: { "no-such-thing": "1" } } },
      {
        path: "redis.directives.no-such-thing",
        got: '"no-such-thing"',
        expected: "a directive of redis-server",
        advice: "the nodes would not start",
      },
    ],
    [
      "a misspelled directive",
      { images: "local", redis: { directives: { "lfu-decay-tmie": "1" } } },
      {
        path: "redis.directives.lfu-decay-tmie",
        got: '"lfu-decay-tmie"',
        expected: "a directive of redis-server",
        advice: "the nodes would not start; did you mean lfu-decay-time?",
      },
    ],
    [
      "a directive with a word where Redis wants a number",
      { redis: { directives: { hz: "many" } } },
      { path: "redis.directives.hz", got: '"many"', expected: "a whole number" },
    ],
    [
      "a directive with a word where Redis wants a size",
      { redis: { directives: { "hll-sparse-max-bytes": "3 kb" } } },
      {
        path: "redis.directives.hll-sparse-max-bytes",
        got: '"3 kb"',
        expected: "a number of bytes, such as 64mb",
      },
    ],
    [
      "a directive with a word where Redis wants yes or no",
      { redis: { directives: { "latency-tracking": "on" } } },
      { path: "redis.directives.latency-tracking", got: '"on"', expected: "yes or no" },
    ],
  ])("%s", (_, input, problem) => {
    expect(problemsOf({ ...base, ...input })).toEqual([problem]);
  });

  test("a prefix that is said to be enough is enough", () => {
    expect(problemsOf({ ...base, docker: { subnet: "10.0.0.0/27" } })).toEqual([]);
  });

  test("ports of a part that is not enabled are free", () => {
    expect(problemsOf({ ...base, exporter: { enabled: false }, docker: { ports: { commander: 9121 } } })).toEqual([]);
    expect(problemsOf({ ...base, gateway: { enabled: false }, docker: { ports: { commander: 8404 } } })).toEqual([]);
  });

  test.each([...ownedDirectives])("the directive %s: %s", (name, advice) => {
    expect(problemsOf({ ...base, redis: { directives: { [name]: "hunter2" } } })).toEqual([
      { path: `redis.directives.${name}`, got: "a value", expected: "none, since the deployment sets it", advice },
    ]);
  });
});

describe("settings that work and cost something are warned about", () => {
  test.each<[name: string, input: SettingsInput, path: string, got: string, expected: string]>([
    [
      "a quorum below the majority",
      { sentinels: { count: 5, quorum: 2 } },
      "sentinels.quorum",
      "2",
      "at least 3, the majority of 5 Sentinels",
    ],
    [
      "an even number of Sentinels",
      { sentinels: { count: 4 } },
      "sentinels.count",
      "4",
      "an odd number, such as 3 or 5",
    ],
    ["too few Sentinels to lose one", { sentinels: { count: 2 } }, "sentinels.count", "2", "at least 3"],
    ["no replica that can take over", { replicas: 0, redis: { minReplicasToWrite: 0 } }, "replicas", "0", "at least 1"],
    [
      "writes that stop with the first lost node",
      { replicas: 1 },
      "replicas",
      "1",
      "at least 2, one more than redis.minReplicasToWrite",
    ],
    [
      "a master that writes on when it is cut off",
      { redis: { minReplicasToWrite: 0 } },
      "redis.minReplicasToWrite",
      "0",
      "at least 1",
    ],
    [
      "a master that writes on long after another was promoted",
      { redis: { minReplicasMaxLag: "10s" } },
      "redis.minReplicasMaxLag",
      "10s",
      "at most 3s, a second more than sentinels.downAfter",
    ],
    ["no log of writes", { redis: { appendonly: false } }, "redis.appendonly", "false", "true"],
    [
      "ports that everybody reaches",
      { docker: { publishAddress: "0.0.0.0" } },
      "docker.publishAddress",
      "0.0.0.0",
      "127.0.0.1, or one address of a private network",
    ],
    [
      "a master larger than its replicas",
      { size: { preset: "dev", master: { memory: "1GB", disk: "10GB" } } },
      "size.master.memory",
      "1GB",
      "256MB, the replicas' memory",
    ],
    [
      "replicas larger than their master",
      { size: { preset: "dev", replica: { memory: "1GB", disk: "10GB" } } },
      "size.replica.memory",
      "1GB",
      "256MB, the master's memory",
    ],
    [
      "replicas with fewer cores than their master",
      { size: { preset: "dev", replica: { cpus: 0.5 } } },
      "size.replica.cpus",
      "0.5",
      "1, as the master",
    ],
    [
      "a disk that is full while files are rewritten",
      { size: { preset: "dev", replica: { disk: "256MB" } } },
      "size.replica.disk",
      "256MB",
      "at least 460MB",
    ],
    [
      "more threads than cores",
      { redis: { ioThreads: 4 } },
      "redis.ioThreads",
      "4",
      "at most 1, the CPU cores of a data node",
    ],
    [
      "commands for debugging",
      { redis: { directives: { "enable-debug-command": "local" } } },
      "redis.directives.enable-debug-command",
      "local",
      "no",
    ],
    [
      "settings that applications must not change",
      { redis: { directives: { "enable-protected-configs": "yes" } } },
      "redis.directives.enable-protected-configs",
      "yes",
      "no",
    ],
    [
      "modules that applications load",
      { redis: { directives: { "enable-module-command": "yes" } } },
      "redis.directives.enable-module-command",
      "yes",
      "no",
    ],
    [
      "a module",
      { redis: { directives: { loadmodule: "/data/x.so" } } },
      "redis.directives.loadmodule",
      "/data/x.so",
      "no module",
    ],
    [
      "a directive that is newer than the list of those known",
      { images: "upstream", redis: { directives: { "no-such-thing": "1" } } },
      "redis.directives.no-such-thing",
      '"no-such-thing"',
      "a directive of redis-server",
    ],
  ])("%s", (_, input, path, got, expected) => {
    const warnings = warningsOf({ ...base, ...input });
    expect(warnings.map(({ advice, ...warning }) => ({ ...warning, hasAdvice: advice !== undefined }))).toEqual([
      { path, got, expected, hasAdvice: true },
    ]);
  });

  test("uneven memory with what it costs", () => {
    expect(warningsOf({ size: "minimum" })).toEqual([
      {
        path: "size.master.memory",
        got: "4GB",
        expected: "2GB, the replicas' memory",
        advice:
          "any data node may become master, so maxmemory is 1060MB on all of them and the other 2GB stay unused; with 4GB on every data node it would be 2140MB",
      },
      {
        path: "size.replica.cpus",
        got: "1",
        expected: "2, as the master",
        advice: "after a failover writes are served with 1 instead of 2 CPU cores",
      },
    ]);
  });

  test("a restart without a log of writes with what its replicas then follow", () => {
    const adviceFor = (save: string) => warningsOf({ ...base, redis: { appendonly: false, save } })[0]?.advice;
    expect([adviceFor(""), adviceFor("900 1")]).toEqual([
      "a master that restarts sooner than it is missed comes back empty, and its replicas follow it",
      "a master that restarts sooner than it is missed comes back with its last snapshot, and its replicas follow it",
    ]);
  });

  test.each([
    ["the default set", {}],
    ["five Sentinels", { sentinels: { count: 5 } }],
    ["a short lag with a short downAfter", { sentinels: { downAfter: "500ms" }, redis: { minReplicasMaxLag: "2s" } }],
    [
      "threads on as many cores",
      { size: { preset: "dev", master: { cpus: 4 }, replica: { cpus: 4 } }, redis: { ioThreads: 4 } },
    ],
  ] satisfies [string, SettingsInput][])("and %s is not", (_, input) => {
    expect(warningsOf({ ...base, ...input })).toEqual([]);
  });
});
