import { describe, expect, test } from "vitest";
import { problemsOf } from "../../../support/unit/judgement.ts";

describe("an invalid value is refused with its path, the value and the expected values", () => {
  const time = "a time from 100ms to 5m with its unit (ms, s, m or h)";
  const seconds = "a time from 1s to 1m in whole seconds with its unit (ms, s, m or h)";
  const size = "a size of at least 32MB with its unit (MB, GB or TB)";
  const name = "1 to 40 lower-case letters, digits and hyphens, beginning with a letter and not ending with a hyphen";
  const network = "an IPv4 network in CIDR notation without host bits, such as 10.63.79.0/24";
  const save = "pairs of seconds and changes, such as 3600 1 300 100, or empty for no snapshots";
  const argumentsOfDirective =
    "the directive's arguments as in redis.conf, or a list of arguments if one contains a space or a quote; no control characters";
  const labels = "an object of label names and their values, such as release: prometheus";
  const sizes =
    "minimum, recommended, dev, or an object with no other keys than preset, master, replica, sentinel, gateway, exporter, commander or loginProxy";

  test.each<[input: object, path: string, got: string, expected: string]>([
    [{ replicas: -1 }, "replicas", "-1", "a whole number from 0 to 30"],
    [{ replicas: 1.5 }, "replicas", "1.5", "a whole number from 0 to 30"],
    [{ replicas: Number.NaN }, "replicas", "NaN", "a whole number from 0 to 30"],
    [{ replicas: "two" }, "replicas", "two", "a whole number from 0 to 30"],
    [{ replicas: true }, "replicas", "true", "a whole number from 0 to 30"],
    [{ replicas: null }, "replicas", "nothing", "a whole number from 0 to 30"],
    [{ replicas: [2] }, "replicas", "a list", "a whole number from 0 to 30"],
    [{ replicas: { count: 2 } }, "replicas", "an object", "a whole number from 0 to 30"],
    [{ name: "Redis" }, "name", "Redis", name],
    [{ name: "redis_ha" }, "name", "redis_ha", name],
    [{ name: "redis-" }, "name", "redis-", name],
    [{ name: "a".repeat(70) }, "name", `${"a".repeat(60)}…`, name],
    [{ masterName: "my master" }, "masterName", '"my master"', "1 to 64 letters, digits and the characters . _ -"],
    [{ images: "docker.io" }, "images", "docker.io", "upstream or local"],
    [{ size: "medium" }, "size", "medium", sizes],
    [{ size: 4 }, "size", "4", sizes],
    [{ size: { preset: "medium" } }, "size.preset", "medium", "minimum, recommended or dev"],
    [
      { size: { master: "4GB" } },
      "size.master",
      "a text of 3 characters",
      "an object with no other keys than cpus, memory or disk",
    ],
    [{ size: { master: { cpus: 0 } } }, "size.master.cpus", "0", "a number from 0.1 to 256"],
    [{ size: { sentinel: { memory: 512 } } }, "size.sentinel.memory", "512", size],
    [{ size: { sentinel: { memory: "1g" } } }, "size.sentinel.memory", "1g", size],
    [{ size: { sentinel: { memory: "16MB" } } }, "size.sentinel.memory", "16MB", size],
    [
      { sentinels: 3 },
      "sentinels",
      "a number",
      "an object with no other keys than count, quorum, downAfter, failoverTimeout or parallelSyncs",
    ],
    [{ sentinels: { count: 0 } }, "sentinels.count", "0", "a whole number from 1 to 15"],
    [{ sentinels: { downAfter: 2000 } }, "sentinels.downAfter", "2000", time],
    [{ sentinels: { downAfter: "2 seconds" } }, "sentinels.downAfter", '"2 seconds"', time],
    [{ sentinels: { downAfter: "10ms" } }, "sentinels.downAfter", "10ms", time],
    [{ redis: { minReplicasMaxLag: "1500ms" } }, "redis.minReplicasMaxLag", "1500ms", seconds],
    [{ redis: { appendonly: "yes" } }, "redis.appendonly", "yes", "true or false"],
    [{ redis: { appendfsync: "sometimes" } }, "redis.appendfsync", "sometimes", "everysec, always or no"],
    [
      { target: "kubernetes", kubernetes: { monitors: { labels: "release" } } },
      "kubernetes.monitors.labels",
      "release",
      labels,
    ],
    [
      { target: "kubernetes", kubernetes: { monitors: { labels: { release: 1 } } } },
      "kubernetes.monitors.labels",
      "an object",
      labels,
    ],
    [
      { target: "kubernetes", kubernetes: { monitors: { labels: { "a b": "c" } } } },
      "kubernetes.monitors.labels",
      "an object",
      labels,
    ],
    [
      { target: "kubernetes", kubernetes: { monitors: { labels: { a: "-" } } } },
      "kubernetes.monitors.labels",
      "an object",
      labels,
    ],
    [
      { target: "kubernetes", kubernetes: { monitors: { labels: { "/b": "c" } } } },
      "kubernetes.monitors.labels",
      "an object",
      labels,
    ],
    [{ redis: { save: "900" } }, "redis.save", "900", save],
    [{ redis: { save: "900 0" } }, "redis.save", '"900 0"', save],
    [
      { redis: { save: "900 1\nreplicaof 1.2.3.4 6379" } },
      "redis.save",
      String.raw`"900 1\nreplicaof 1.2.3.4 6379"`,
      save,
    ],
    [
      { redis: { directives: "hz 10" } },
      "redis.directives",
      "a text of 5 characters",
      "an object of directive names and their arguments, such as hz: 20",
    ],
    [
      { redis: { directives: { hz: "10\nport 1" } } },
      "redis.directives.hz",
      "a text of 9 characters",
      argumentsOfDirective,
    ],
    [{ redis: { directives: { hz: '"10"' } } }, "redis.directives.hz", "a text of 4 characters", argumentsOfDirective],
    [{ redis: { directives: { hz: [] } } }, "redis.directives.hz", "a list", argumentsOfDirective],
    [{ docker: { subnet: "10.0.0.1/24" } }, "docker.subnet", "10.0.0.1/24", network],
    [
      { docker: { publishAddress: "localhost" } },
      "docker.publishAddress",
      "localhost",
      "an IP address of this machine, such as 127.0.0.1",
    ],
    [{ docker: { ports: { redis: 70_000 } } }, "docker.ports.redis", "70000", "a whole number from 1 to 65535"],
    [{ client: { db: 16 } }, "client.db", "16", "a whole number from 0 to 15"],
    [{ commander: { user: "a:b" } }, "commander.user", "a:b", "1 to 64 letters, digits and the characters . _ -"],
  ])("%j", (input, path, got, expected) => {
    expect(problemsOf(input)).toEqual([{ path, got, expected }]);
  });

  test("also if the settings are not an object", () => {
    const keys =
      "name, target, replicas, masterName, images, size, sentinels, redis, docker, kubernetes, gateway, exporter, commander or client";
    for (const [input, got] of [
      [undefined, "nothing"],
      [5, "a number"],
      [[], "a list"],
      ["dev", "a text of 3 characters"],
    ] as const) {
      expect(problemsOf(input)).toEqual([
        { path: "settings", got, expected: `an object with no other keys than ${keys}` },
      ]);
    }
  });
});

describe("an unknown key", () => {
  test.each([
    [{ sentinels: { cuont: 3 } }, "sentinels.cuont", "did you mean sentinels.count?"],
    [{ replica: 3 }, "replica", "did you mean replicas?"],
    [{ quorum: 2 }, "quorum", "did you mean sentinels.quorum?"],
    [{ redis: { "maxmemory-policy": "noeviction" } }, "redis.maxmemory-policy", "did you mean redis.maxmemoryPolicy?"],
    [
      { sentinels: { "down-after-milliseconds": 5000 } },
      "sentinels.down-after-milliseconds",
      "did you mean sentinels.downAfter?",
    ],
    [{ size: { slave: {} } }, "size.slave", undefined],
    [
      { "sentinels.count": 3 },
      "sentinels.count",
      "the key belongs inside an object: remove it and run `pulumi config set --path 'sentinels.count' VALUE`",
    ],
    [
      { password: "correct-horse-battery" },
      "password",
      "a secret is not a setting: pass it to the component as a separate argument",
    ],
  ])("is refused, with advice if it resembles a known key: %j", (input, path, advice) => {
    const [problem, ...others] = problemsOf(input);
    expect({ path: problem?.path, got: problem?.got, advice: problem?.advice, others }).toEqual({
      path,
      got: "an unknown key",
      advice,
      others: [],
    });
  });

  test("is refused with the list of known keys if it resembles none of them", () => {
    expect(problemsOf({ docker: { network: "bridge" } })).toEqual([
      { path: "docker.network", got: "an unknown key", expected: "one of subnet, publishAddress, cpuShares, ports" },
    ]);
  });

  test("is refused without its value, which may be a misplaced secret", () => {
    expect(JSON.stringify(problemsOf({ commander: { passwrod: "hunter2" }, hunter: "hunter2" }))).not.toContain(
      "hunter2",
    );
  });
});
