import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  redisConfiguration,
  redisFiles,
  redisSecretFiles,
  sentinelConfiguration,
  sentinelFiles,
  sentinelSecretFiles,
} from "../../../configs/render.ts";
import type { DataNodePlan, RedisParameters, SentinelPlan, Topology } from "../../../topology/topology.ts";
import { plannedSet } from "../../support/unit/plannedSet.ts";
import { redisDirectives } from "../../support/unit/redisArguments.ts";

const topology = plannedSet();
const [, node] = topology.dataNodes as readonly [DataNodePlan, DataNodePlan];
const [sentinel] = topology.sentinels as readonly [SentinelPlan];

describe("redis.conf", () => {
  test("contains all planned parameters, and neither a role nor a password", () => {
    expect(redisDirectives(redisConfiguration(topology, node))).toEqual([
      ["port", "6379"],
      ["replica-announce-ip", "10.41.0.11"],
      ["replica-announce-port", "6379"],
      ["protected-mode", "yes"],
      ["timeout", "0"],
      ["tcp-keepalive", "60"],
      ["io-threads", "1"],
      ["daemonize", "no"],
      ["logfile", ""],
      ["loglevel", "notice"],
      ["dir", "/data"],
      ["dbfilename", "dump.rdb"],
      ["save", "900", "1"],
      ["save", "300", "10"],
      ["appendonly", "yes"],
      ["appendfilename", "appendonly.aof"],
      ["appenddirname", "appendonlydir"],
      ["appendfsync", "everysec"],
      ["aof-use-rdb-preamble", "yes"],
      ["shutdown-on-sigterm", "nosave"],
      ["maxmemory", "67108864"],
      ["maxmemory-policy", "allkeys-lru"],
      ["hash-max-listpack-entries", "512"],
      ["hash-max-listpack-value", "64"],
      ["list-max-listpack-size", "-2"],
      ["zset-max-listpack-entries", "128"],
      ["zset-max-listpack-value", "64"],
      ["set-max-intset-entries", "512"],
      ["maxmemory-clients", "8388608"],
      ["maxclients", "409"],
      ["client-output-buffer-limit", "normal", "4194304", "0", "0"],
      ["client-output-buffer-limit", "pubsub", "4194304", "1048576", "60"],
      ["client-query-buffer-limit", "4194304"],
      ["proto-max-bulk-len", "2097152"],
      ["replica-priority", "100"],
      ["replica-read-only", "yes"],
      ["repl-diskless-sync", "yes"],
      ["repl-diskless-sync-delay", "0"],
      ["repl-backlog-size", "1048576"],
      ["client-output-buffer-limit", "replica", "16777216", "0", "0"],
      ["min-replicas-to-write", "1"],
      ["min-replicas-max-lag", "10"],
    ]);
  });

  test("disables snapshots explicitly if none are planned, since Redis takes snapshots by default", () => {
    expect(redisDirectives(redisConfiguration(withRules({ save: [] }), node))).toContainEqual(["save", ""]);
  });

  test("lets Redis write a snapshot at shutdown if there is no append-only file", () => {
    expect(redisConfiguration(withRules({ appendonly: false }), node)).not.toContain("shutdown-on-sigterm");
  });

  test("ends with the additional directives, so that they override all others", () => {
    const directives = { hz: ["20"], "notify-keyspace-events": [""], "latency-tracking": ["no"] };
    expect(redisDirectives(redisConfiguration(withRules({ directives }), node)).slice(-3)).toEqual([
      ["hz", "20"],
      ["notify-keyspace-events", ""],
      ["latency-tracking", "no"],
    ]);
  });

  test("contains each additional directive exactly once, for any arguments", () => {
    const before = redisDirectives(redisConfiguration(topology, node));
    fc.assert(
      fc.property(fc.array(anyText, { minLength: 1 }), (values) => {
        const rendered = redisConfiguration(withRules({ directives: { "rename-command": values } }), node);
        expect(redisDirectives(rendered)).toEqual([...before, ["rename-command", ...values]]);
      }),
    );
  });
});

describe("sentinel.conf", () => {
  test("contains all planned parameters, and neither the master's address nor a password", () => {
    expect(redisDirectives(sentinelConfiguration(topology, sentinel))).toEqual([
      ["port", "26379"],
      ["protected-mode", "yes"],
      ["daemonize", "no"],
      ["logfile", ""],
      ["loglevel", "notice"],
      ["dir", "/data"],
      ["maxmemory-clients", "33554432"],
      ["maxclients", "1638"],
      ["client-output-buffer-limit", "normal", "16777216", "0", "0"],
      ["client-output-buffer-limit", "pubsub", "16777216", "4194304", "60"],
      ["client-query-buffer-limit", "16777216"],
      ["proto-max-bulk-len", "8388608"],
      ["sentinel", "myid", "1".repeat(40)],
      ["sentinel", "announce-ip", "10.41.0.20"],
      ["sentinel", "announce-port", "26379"],
      ["sentinel", "resolve-hostnames", "no"],
      ["sentinel", "announce-hostnames", "no"],
      ["sentinel", "deny-scripts-reconfig", "yes"],
      ["sentinel", "down-after-milliseconds", "mymaster", "60000"],
      ["sentinel", "master-reboot-down-after-period", "mymaster", "60000"],
      ["sentinel", "failover-timeout", "mymaster", "60000"],
      ["sentinel", "parallel-syncs", "mymaster", "1"],
    ]);
  });
});

describe("the secret files", () => {
  test("contain the password for both sides of each connection, for any password", () => {
    fc.assert(
      fc.property(anyText, (password) => {
        expect(directivesOf(redisSecretFiles(password))).toEqual({
          "/etc/redis-ha-secrets/redis-authentication.conf": [
            ["requirepass", password],
            ["masterauth", password],
          ],
          "/etc/redis-ha-secrets/authenticate": [["AUTH", password]],
        });
        expect(directivesOf(sentinelSecretFiles(topology, password))).toEqual({
          "/etc/redis-ha-secrets/sentinel-authentication.conf": [
            ["requirepass", password],
            ["sentinel", "auth-pass", "mymaster", password],
          ],
          "/etc/redis-ha-secrets/authenticate": [["AUTH", password]],
        });
      }),
    );
  });
});

describe("the file peers", () => {
  test("lists the node itself, its timeouts, and all data nodes and Sentinels", () => {
    const { files } = redisFiles(topology, node);
    expect(files["/etc/redis-ha/peers"]?.split("\n").slice(1)).toEqual([
      "data /data",
      "secrets /etc/redis-ha-secrets",
      "self 10.41.0.11 6379",
      "ordinal 1",
      "master-name mymaster",
      "quorum 2",
      "appendonly yes",
      "min-replicas-to-write 1",
      "down-after 60000",
      "sentinel-patience 120000",
      "failover-patience 240000",
      "redis 10.41.0.10 6379 100",
      "redis 10.41.0.11 6379 100",
      "redis 10.41.0.12 6379 100",
      `sentinel 10.41.0.20 26379 ${"1".repeat(40)}`,
      `sentinel 10.41.0.21 26379 ${"2".repeat(40)}`,
      `sentinel 10.41.0.22 26379 ${"3".repeat(40)}`,
      "",
    ]);
  });

  test.each(["", "two words", "a\nself 10.0.0.1 6379", "$(id)", "#", "é"])(
    "is not rendered for the master name %j, which the scripts would misread",
    (masterName) => {
      expect(() => redisFiles({ ...topology, masterName }, node)).toThrow(RangeError);
    },
  );
});

describe("the files and commands of a node", () => {
  test("are a configuration, the file peers and scripts that sh runs", () => {
    const redis = redisFiles(topology, node);
    expect(Object.keys(redis.files)).toEqual(
      [
        "redis.conf",
        "peers",
        "peers.sh",
        "start-redis.sh",
        "probe-redis.sh",
        "allow-promotion.sh",
        "disconnect-clients.sh",
        "enable-writes.sh",
        "repoint-replicas.sh",
        "request-failover.sh",
        "switchover.sh",
        "watch-replication.sh",
        "persistence.sh",
        "persistent-connections.sh",
        "switchover-preparation.sh",
        "unreadable-data.sh",
      ].map(inConfiguration),
    );
    expect([redis.command, redis.probe]).toEqual([
      ["sh", "/etc/redis-ha/start-redis.sh"],
      ["sh", "/etc/redis-ha/probe-redis.sh"],
    ]);
    const watch = sentinelFiles(topology, sentinel);
    expect(Object.keys(watch.files)).toEqual(
      ["sentinel.conf", "peers", "peers.sh", "start-sentinel.sh", "probe-sentinel.sh", "agree-on-master.sh"].map(
        inConfiguration,
      ),
    );
    expect([watch.command, watch.probe]).toEqual([
      ["sh", "/etc/redis-ha/start-sentinel.sh"],
      ["sh", "/etc/redis-ha/probe-sentinel.sh"],
    ]);
  });

  test("use only the given paths", () => {
    const paths = { configuration: "/one", secrets: "/two", data: "/three" };
    const { files, command } = redisFiles(topology, node, paths);
    expect(command).toEqual(["sh", "/one/start-redis.sh"]);
    expect(Object.keys({ ...files, ...redisSecretFiles("secret", paths) }).map((path) => path.split("/")[1])).toEqual([
      ...Array(16).fill("one"),
      ...Array(2).fill("two"),
    ]);
    expect(files["/one/peers"]).toContain("data /three\nsecrets /two\n");
    expect(files["/one/redis.conf"]).toContain("\ndir /three\n");
    expect(Object.values(files).join("")).not.toMatch(/\/etc\/redis-ha|\/data\b/);
  });

  test("are the same in every rendering", () => {
    expect(redisFiles(topology, node)).toEqual(redisFiles(plannedSet(), node));
  });
});

const anyText = fc.oneof(
  fc.string({ unit: "grapheme" }),
  fc.string({ unit: fc.constantFrom(..."\"'\\ \n\r\t#{}&<>") }),
);

function withRules(rules: Partial<RedisParameters>): Topology {
  return { ...topology, redisRules: { ...topology.redisRules, ...rules } };
}

function directivesOf(files: Readonly<Record<string, string>>) {
  return Object.fromEntries(Object.entries(files).map(([path, content]) => [path, redisDirectives(content)]));
}

function inConfiguration(name: string): string {
  return `/etc/redis-ha/${name}`;
}
