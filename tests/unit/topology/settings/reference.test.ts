import { describe, expect, test } from "vitest";
import { configurationReference, settingEntries } from "../../../../topology/settings/reference.ts";

describe("the table of all settings", () => {
  test("has a row for every key, in the order of the schema", () => {
    expect(settingEntries().map((entry) => entry.path)).toMatchInlineSnapshot(`
      [
        "name",
        "target",
        "replicas",
        "masterName",
        "images",
        "size",
        "size.preset",
        "size.master.cpus",
        "size.master.memory",
        "size.master.disk",
        "size.replica.cpus",
        "size.replica.memory",
        "size.replica.disk",
        "size.sentinel.cpus",
        "size.sentinel.memory",
        "size.sentinel.disk",
        "size.gateway.cpus",
        "size.gateway.memory",
        "size.exporter.cpus",
        "size.exporter.memory",
        "size.commander.cpus",
        "size.commander.memory",
        "size.loginProxy.cpus",
        "size.loginProxy.memory",
        "sentinels.count",
        "sentinels.quorum",
        "sentinels.downAfter",
        "sentinels.failoverTimeout",
        "sentinels.parallelSyncs",
        "redis.maxmemory",
        "redis.maxmemoryPolicy",
        "redis.clientBuffers",
        "redis.appendonly",
        "redis.appendfsync",
        "redis.save",
        "redis.timeout",
        "redis.tcpKeepalive",
        "redis.ioThreads",
        "redis.minReplicasToWrite",
        "redis.minReplicasMaxLag",
        "redis.directives",
        "docker.subnet",
        "docker.publishAddress",
        "docker.cpuShares",
        "docker.ports.redis",
        "docker.ports.sentinel",
        "docker.ports.writes",
        "docker.ports.reads",
        "docker.ports.statistics",
        "docker.ports.exporter",
        "docker.ports.commander",
        "kubernetes.context",
        "kubernetes.namespace",
        "kubernetes.createNamespace",
        "kubernetes.serviceSubnet",
        "kubernetes.storageClass",
        "kubernetes.priorityClass",
        "kubernetes.cpuReservation",
        "kubernetes.spread.nodes",
        "kubernetes.spread.zones",
        "kubernetes.networkPolicies",
        "kubernetes.monitoringNamespace",
        "kubernetes.monitors.enabled",
        "kubernetes.monitors.labels",
        "gateway.enabled",
        "gateway.count",
        "gateway.user",
        "gateway.password",
        "exporter.enabled",
        "exporter.user",
        "exporter.password",
        "commander.enabled",
        "commander.user",
        "commander.readOnly",
        "commander.password",
        "client.db",
        "client.poolSize",
        "client.minIdle",
        "client.maxConnections",
        "password",
      ]
    `);
  });

  test("has no empty and no undefined cell", () => {
    for (const { path, ...texts } of settingEntries()) {
      for (const text of Object.values(texts)) {
        expect(text, path).toMatch(/\S/);
        expect(text, path).not.toContain("undefined");
      }
    }
  });

  test("has a row with the accepted values, the default, the meaning and the effect of a change for each setting", () => {
    const row = (path: string) =>
      configurationReference()
        .split("\n")
        .find((line) => line.startsWith(`| \`${path}\` |`));
    expect(row("sentinels.failoverTimeout")).toBe(
      "| `sentinels.failoverTimeout` | a time from 1s to 1h with its unit (ms, s, m or h) | `10s` | Timeout of a failover. After a failed attempt, Sentinel waits twice this time before the next one. | M |",
    );
    expect(configurationReference()).toContain("- **M** replaces data nodes and Sentinels one at a time");
    expect(row("sentinels.quorum")).toContain("| the majority of `sentinels.count` |");
    expect(row("redis.appendonly")).toContain("| true or false | `true` |");
  });

  test("has five cells in every row", () => {
    const rows = configurationReference()
      .split("\n")
      .filter((line) => line.startsWith("|"));
    expect(rows.length).toBeGreaterThan(settingEntries().length);
    expect(new Set(rows.map((line) => line.split(" | ").length))).toEqual(new Set([5]));
  });

  test("has a unique letter for every effect", () => {
    const letters = [...configurationReference().matchAll(/^- \*\*([A-Z])\*\* /gm)].map(([, letter]) => letter);
    expect(letters.length).toBe(new Set(settingEntries().map(({ effect }) => effect)).size);
    expect(new Set(letters).size).toBe(letters.length);
  });
});
