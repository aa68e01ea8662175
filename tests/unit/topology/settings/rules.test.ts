import { describe, expect, test } from "vitest";
import type { Problem } from "../../../../topology/settings/problem.ts";
import { ownedDirectives } from "../../../../topology/settings/rules/directives.ts";
import type { SettingsInput } from "../../../../topology/settings/settings.ts";
import { problemsOf, warningsOf } from "../../../support/unit/judgement.ts";

/** Three data nodes of one size, so that the rules report only what a test case changes. */
const base: SettingsInput = { size: "dev" };

describe("the planner refuses", () => {
  test.each<[name: string, input: SettingsInput, problem: Problem]>([
    [
      "a quorum above the number of Sentinels",
      { sentinels: { count: 3, quorum: 4 } },
      { path: "sentinels.quorum", got: "4", expected: "1 to 3, the number of Sentinels" },
    ],
    [
      "a failover timeout shorter than the time until a loss is detected",
      { sentinels: { downAfter: "30s" } },
      {
        path: "sentinels.downAfter",
        got: "30s",
        expected: "at most 10s, which is sentinels.failoverTimeout",
        advice: "a failover would time out before Sentinel detects the loss of its new master",
      },
    ],
    [
      "monitors of a set without metrics",
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
      "a required replica in a set without replicas",
      { replicas: 0 },
      {
        path: "redis.minReplicasToWrite",
        got: "1",
        expected: "at most 0, the number of replicas",
        advice: "the master would refuse every write: lower this value, or add replicas",
      },
    ],
    [
      "more required replicas than the set has",
      { redis: { minReplicasToWrite: 3 } },
      {
        path: "redis.minReplicasToWrite",
        got: "3",
        expected: "at most 2, the number of replicas",
        advice: "the master would refuse every write: lower this value, or add replicas",
      },
    ],
    [
      "a public network",
      { docker: { subnet: "8.8.8.0/24" } },
      {
        path: "docker.subnet",
        got: "8.8.8.0/24",
        expected: "a private network, within 10.0.0.0/8, 172.16.0.0/12 or 192.168.0.0/16",
        advice: "the machine could no longer reach these addresses outside the set",
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
      "ports above 65535",
      { docker: { ports: { redis: 65_534 } } },
      { path: "docker.ports.redis", got: "65534", expected: "at most 65533, for 3 consecutive ports" },
    ],
    [
      "port ranges that overlap",
      { docker: { ports: { sentinel: 6381 } } },
      {
        path: "docker.ports.sentinel",
        got: "6381 to 6383",
        expected: "ports that do not overlap docker.ports.redis, which uses 6379 to 6381",
      },
    ],
    [
      "one port for two parts",
      { docker: { ports: { commander: 9121 } } },
      {
        path: "docker.ports.commander",
        got: "9121",
        expected: "ports that do not overlap docker.ports.exporter, which uses 9121",
      },
    ],
    [
      "a port inside the port range of the gateways",
      { gateway: { count: 2 }, docker: { ports: { exporter: 8405 } } },
      {
        path: "docker.ports.exporter",
        got: "8405",
        expected: "ports that do not overlap docker.ports.statistics, which uses 8404 to 8405",
      },
    ],
    [
      "a data node with too little memory for data",
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
      "a maxmemory above the capacity of the smallest data node",
      { size: { preset: "dev", master: { memory: "4GB" } }, redis: { maxmemory: "200MB" } },
      {
        path: "redis.maxmemory",
        got: "200MB",
        expected: "at most 115MB",
        advice:
          "the smallest data node has 256MB, minus 58MB for copy-on-write, 12MB for fragmentation, 32MB for replica buffers, 8MB for client buffers, 32MB for the process; with 200MB of data every data node needs 418MB",
      },
    ],
    [
      "more idle connections than the size of the pool",
      { client: { minIdle: 11 } },
      { path: "client.minIdle", got: "11", expected: "at most 10, which is client.poolSize" },
    ],
    [
      "a pool larger than the maximum number of connections",
      { client: { poolSize: 51 } },
      { path: "client.poolSize", got: "51", expected: "at most 50, which is client.maxConnections" },
    ],
    [
      "more application connections than a data node accepts from applications",
      { client: { maxConnections: 362 } },
      {
        path: "client.maxConnections",
        got: "362",
        expected: "at most 361, the connections of a data node minus the 48 that are reserved for the set itself",
        advice: "lower it, or set redis.clientBuffers to 9MB",
      },
    ],
    [
      "more application connections than a data node of any size accepts",
      { client: { maxConnections: 10_000 } },
      {
        path: "client.maxConnections",
        got: "10000",
        expected: "at most 361, the connections of a data node minus the 48 that are reserved for the set itself",
        advice: "lower it: a data node accepts at most 10000 connections",
      },
    ],
    [
      "client buffers that leave too little memory for data",
      { redis: { clientBuffers: "167MB" } },
      {
        path: "redis.clientBuffers",
        got: "167MB",
        expected: "at most 166MB",
        advice:
          "the smallest data node has 256MB, of which at least 16MB must remain for data; with 167MB for clients every data node needs 257MB",
      },
    ],
    [
      "a maxmemory that does not fit in addition to the configured client buffers",
      { redis: { maxmemory: "115MB", clientBuffers: "16MB" } },
      {
        path: "redis.maxmemory",
        got: "115MB",
        expected: "at most 110MB",
        advice:
          "the smallest data node has 256MB, minus 55MB for copy-on-write, 11MB for fragmentation, 32MB for replica buffers, 16MB for client buffers, 32MB for the process; with 115MB of data every data node needs 266MB",
      },
    ],
    [
      "an invalid name of a directive",
      { redis: { directives: { "hz 10": "1" } } },
      {
        path: "redis.directives.hz 10",
        got: '"hz 10"',
        expected: "a directive's name in lower-case letters, digits and hyphens",
      },
    ],
    [
      "a directive that Redis does not support, with local images",
      { images: "local", redis: { directives: { "no-such-thing": "1" } } },
      {
        path: "redis.directives.no-such-thing",
        got: '"no-such-thing"',
        expected: "a directive of redis-server",
        advice: "the nodes would not start",
      },
    ],
    [
      "a misspelled directive, with local images",
      { images: "local", redis: { directives: { "lfu-decay-tmie": "1" } } },
      {
        path: "redis.directives.lfu-decay-tmie",
        got: '"lfu-decay-tmie"',
        expected: "a directive of redis-server",
        advice: "the nodes would not start; did you mean lfu-decay-time?",
      },
    ],
    [
      "a directive with a word in place of a number",
      { redis: { directives: { hz: "many" } } },
      { path: "redis.directives.hz", got: '"many"', expected: "a whole number" },
    ],
    [
      "a directive with an invalid size",
      { redis: { directives: { "hll-sparse-max-bytes": "3 kb" } } },
      {
        path: "redis.directives.hll-sparse-max-bytes",
        got: '"3 kb"',
        expected: "a number of bytes, such as 64mb",
      },
    ],
    [
      "a directive with a word other than yes or no",
      { redis: { directives: { "latency-tracking": "on" } } },
      { path: "redis.directives.latency-tracking", got: '"on"', expected: "yes or no" },
    ],
  ])("%s", (_, input, problem) => {
    expect(problemsOf({ ...base, ...input })).toEqual([problem]);
  });

  test("no subnet of the size that the refusal of a smaller subnet recommends", () => {
    expect(problemsOf({ ...base, docker: { subnet: "10.0.0.0/27" } })).toEqual([]);
  });

  test("no port that another part would use if it were enabled", () => {
    expect(problemsOf({ ...base, exporter: { enabled: false }, docker: { ports: { commander: 9121 } } })).toEqual([]);
    expect(problemsOf({ ...base, gateway: { enabled: false }, docker: { ports: { commander: 8404 } } })).toEqual([]);
  });

  test.each([...ownedDirectives])("the directive %s, with the advice: %s", (name, advice) => {
    expect(problemsOf({ ...base, redis: { directives: { [name]: "hunter2" } } })).toEqual([
      { path: `redis.directives.${name}`, got: "a value", expected: "none, since the deployment sets it", advice },
    ]);
  });
});

describe("the planner warns about", () => {
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
    ["too few Sentinels to survive the loss of one", { sentinels: { count: 2 } }, "sentinels.count", "2", "at least 3"],
    ["a set without replicas", { replicas: 0, redis: { minReplicasToWrite: 0 } }, "replicas", "0", "at least 1"],
    [
      "a single replica whose loss stops writes",
      { replicas: 1 },
      "replicas",
      "1",
      "at least 2, one more than redis.minReplicasToWrite",
    ],
    [
      "a master that accepts writes while it is isolated",
      { redis: { minReplicasToWrite: 0 } },
      "redis.minReplicasToWrite",
      "0",
      "at least 1",
    ],
    [
      "a master that still accepts writes long after another node was promoted",
      { redis: { minReplicasMaxLag: "10s" } },
      "redis.minReplicasMaxLag",
      "10s",
      "at most 3s, a second more than sentinels.downAfter",
    ],
    ["data nodes without an append-only file", { redis: { appendonly: false } }, "redis.appendonly", "false", "true"],
    [
      "ports that are published on all addresses",
      { docker: { publishAddress: "0.0.0.0" } },
      "docker.publishAddress",
      "0.0.0.0",
      "127.0.0.1, or one address of a private network",
    ],
    [
      "a master with more memory than its replicas",
      { size: { preset: "dev", master: { memory: "1GB", disk: "10GB" } } },
      "size.master.memory",
      "1GB",
      "256MB, the replicas' memory",
    ],
    [
      "replicas with more memory than their master",
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
      "1, the CPU cores of the master",
    ],
    [
      "a disk that is too small for a rewrite of the append-only files",
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
      "the directive that enables debug commands",
      { redis: { directives: { "enable-debug-command": "local" } } },
      "redis.directives.enable-debug-command",
      "local",
      "no",
    ],
    [
      "the directive that lets clients change protected settings",
      { redis: { directives: { "enable-protected-configs": "yes" } } },
      "redis.directives.enable-protected-configs",
      "yes",
      "no",
    ],
    [
      "the directive that lets clients load modules",
      { redis: { directives: { "enable-module-command": "yes" } } },
      "redis.directives.enable-module-command",
      "yes",
      "no",
    ],
    [
      "a directive that loads a module",
      { redis: { directives: { loadmodule: "/data/x.so" } } },
      "redis.directives.loadmodule",
      "/data/x.so",
      "no module",
    ],
    [
      "an unknown directive, with upstream images",
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

  test("a master and replicas of different sizes, with the consequences", () => {
    expect(warningsOf({ size: "minimum" })).toEqual([
      {
        path: "size.master.memory",
        got: "4GB",
        expected: "2GB, the replicas' memory",
        advice:
          "any data node may become master, so maxmemory is 1060MB on all of them and 2GB stay unused; with 4GB on every data node maxmemory would be 2140MB",
      },
      {
        path: "size.replica.cpus",
        got: "1",
        expected: "2, the CPU cores of the master",
        advice: "after a failover the master has 1 instead of 2 CPU cores",
      },
    ]);
  });

  test("the data that is lost if a master without an append-only file restarts", () => {
    const adviceFor = (save: string) => warningsOf({ ...base, redis: { appendonly: false, save } })[0]?.advice;
    expect([adviceFor(""), adviceFor("900 1")]).toEqual([
      "a master that restarts before Sentinel marks it as down has no data, and its replicas then delete theirs",
      "a master that restarts before Sentinel marks it as down has only the data of its last snapshot, and its replicas then delete newer data",
    ]);
  });

  test.each([
    ["the default settings", {}],
    ["five Sentinels", { sentinels: { count: 5 } }],
    ["a short lag with a short downAfter", { sentinels: { downAfter: "500ms" }, redis: { minReplicasMaxLag: "2s" } }],
    [
      "as many threads as CPU cores",
      { size: { preset: "dev", master: { cpus: 4 }, replica: { cpus: 4 } }, redis: { ioThreads: 4 } },
    ],
  ] satisfies [string, SettingsInput][])("nothing with %s", (_, input) => {
    expect(warningsOf({ ...base, ...input })).toEqual([]);
  });
});
