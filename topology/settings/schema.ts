import type { z } from "zod";
import { appendfsyncPolicies, imageSources, maxmemoryPolicies, targets } from "../choices.ts";
import { leastClientBuffers, leastMaxmemory } from "./capacity.ts";
import { kubernetes } from "./kubernetesSettings.ts";
import { mostGateways } from "./limits.ts";
import { majorityOf } from "./majority.ts";
import { defaultPreset } from "./presets.ts";
import {
  bytes,
  directives,
  duration,
  flag,
  group,
  ipAddress,
  oneOf,
  password,
  snapshotTimes,
  subnet,
  text,
  wholeNumber,
} from "./settingTypes.ts";
import { size } from "./sizes.ts";

const port = () => wholeNumber(1, 65_535);

const loginName = (defaultName: string, description: string) =>
  text(/^[A-Za-z0-9._-]{1,64}$/, "1 to 64 letters, digits and the characters . _ -")
    .prefault(defaultName)
    .meta({ description, effect: "login" });

const sentinels = group({
  count: wholeNumber(1, 15).prefault(3).meta({
    description: "Number of Sentinels. Use an odd number, and at least 3 to survive the loss of one.",
    effect: "scale",
  }),
  quorum: wholeNumber(1, 15).optional().meta({
    description: "Number of Sentinels that must agree that the master is down before a failover starts.",
    derived: "the majority of `sentinels.count`",
    effect: "nodes",
  }),
  downAfter: duration({ minimum: 100, maximum: 300_000 }).prefault("2s").meta({
    description:
      "Time without an answer after which a Sentinel marks a node as down. After the master fails, writes are accepted again about half a second after this time. A shorter time means a faster failover, but also more needless failovers when a machine stalls.",
    effect: "nodes",
  }),
  failoverTimeout: duration({ minimum: 1000, maximum: 3_600_000 }).prefault("10s").meta({
    description: "Timeout of a failover. After a failed attempt, Sentinel waits twice this time before the next one.",
    effect: "nodes",
  }),
  parallelSyncs: wholeNumber(1, 30).prefault(1).meta({
    description:
      "Number of replicas that copy the data of a new master at the same time. The other replicas keep answering reads.",
    effect: "sentinels",
  }),
}).transform((given) => ({ ...given, quorum: given.quorum ?? majorityOf(given.count) }));

const redis = group({
  maxmemory: bytes(leastMaxmemory).optional().meta({
    description:
      "Memory for data (`maxmemory` of redis.conf). Its upper limit depends on the smallest data node and leaves room for copy-on-write, replication and clients.",
    derived: "a little over half of the smallest data node's memory",
    effect: "dataNodes",
  }),
  maxmemoryPolicy: oneOf(maxmemoryPolicies).prefault("noeviction").meta({
    description:
      "Eviction policy at maxmemory. The default evicts nothing and refuses writes. Use `allkeys-lru` for a pure cache.",
    effect: "dataNodes",
  }),
  clientBuffers: bytes(leastClientBuffers).optional().meta({
    description:
      "Memory that all clients of a data node share for commands in progress and unread replies. One reply may take half of it, and one value a quarter; a client that exceeds this is disconnected. A higher value allows more connections and leaves less memory for data.",
    derived: "1/32 of the smallest data node's memory, at least 8MB",
    effect: "dataNodesAndGateways",
  }),
  appendonly: flag().prefault(true).meta({
    description:
      "Whether every write is appended to a file on disk (AOF). Without this file, a master may restart empty, and its replicas then delete their data.",
    effect: "dataNodes",
  }),
  appendfsync: oneOf(appendfsyncPolicies)
    .prefault("everysec")
    .meta({ description: "When the append-only file is flushed to disk (fsync).", effect: "dataNodes" }),
  save: snapshotTimes().optional().meta({
    description:
      "Snapshots (RDB), as pairs of seconds and changes: a snapshot is taken after that many seconds if there were at least that many changes. Each snapshot writes all data to disk. With `redis.appendonly`, a restart does not load snapshots.",
    derived: "`3600 1` with `redis.appendonly`; otherwise the default of Redis, `3600 1 300 100 60 10000`",
    effect: "dataNodes",
  }),
  timeout: duration({ minimum: 0, maximum: 86_400_000, step: "s" }).prefault(0).meta({
    description: "Idle time after which a client is disconnected. 0 means never, which connection pools need.",
    effect: "dataNodes",
  }),
  tcpKeepalive: duration({ minimum: 0, maximum: 3_600_000, step: "s" }).prefault("60s").meta({
    description: "Time between TCP keepalive probes, which detect dead connections. 0 means no probes.",
    effect: "dataNodes",
  }),
  ioThreads: wholeNumber(1, 128).prefault(1).meta({
    description: "Threads that read and write sockets. More than 1 helps only with 4 cores or more.",
    effect: "dataNodes",
  }),
  minReplicasToWrite: wholeNumber(0, 30).prefault(1).meta({
    description:
      "Number of replicas that must be connected for the master to accept writes. With at least 1, an isolated master stops accepting writes.",
    effect: "dataNodes",
  }),
  minReplicasMaxLag: duration({ minimum: 1000, maximum: 60_000, step: "s" }).prefault("2s").meta({
    description:
      "Time without an acknowledgement after which a replica no longer counts as connected. An isolated master accepts writes for this long.",
    effect: "dataNodes",
  }),
  directives: directives().prefault({}).meta({
    description: "Additional directives for redis.conf. A directive that has its own setting is refused.",
    effect: "dataNodes",
  }),
}).transform((given) => ({ ...given, save: given.save ?? defaultSnapshots(given.appendonly) }));

type SnapshotTimes = z.output<ReturnType<typeof snapshotTimes>>;

/**
 * With an append-only file, a restart does not load snapshots, so one an hour is enough. Without it, a restart loads
 * the last snapshot, so the times are the default of Redis.
 */
function defaultSnapshots(appendonly: boolean): SnapshotTimes {
  const hourly = [3600, 1] as const;
  return appendonly ? [hourly] : [hourly, [300, 100], [60, 10_000]];
}

const docker = group({
  subnet: subnet().prefault("10.63.79.0/24").meta({
    description:
      "IPv4 network of the set. It must be private and must not overlap another network of the machine. A /27 is enough for the default set.",
    effect: "network",
  }),
  publishAddress: ipAddress().prefault("127.0.0.1").meta({
    description: "Address of the machine on which ports are published.",
    effect: "everyNode",
  }),
  cpuShares: wholeNumber(2, 262_144).optional().meta({
    description:
      "CPU weight of each container of the set. With cgroup v1, the weight counts only against other containers; see [Shared machines](operations.md#shared-machines).",
    derived: "Docker's default",
    effect: "shares",
  }),
  ports: group({
    redis: port()
      .prefault(6379)
      .meta({ description: "Published port of redis-0. redis-1 has the next port, and so on.", effect: "ports" }),
    sentinel: port()
      .prefault(26_379)
      .meta({ description: "Published port of sentinel-0. sentinel-1 has the next port, and so on.", effect: "ports" }),
    writes: port().prefault(6479).meta({
      description:
        "Published port of gateway-0 for writes: it leads to the master. gateway-1 has the next port, and so on.",
      effect: "ports",
    }),
    reads: port().prefault(6579).meta({
      description:
        "Published port of gateway-0 for reads: it leads to replicas. gateway-1 has the next port, and so on.",
      effect: "ports",
    }),
    statistics: port().prefault(8404).meta({
      description:
        "Published port of gateway-0 for its statistics page and metrics. gateway-1 has the next port, and so on.",
      effect: "ports",
    }),
    exporter: port()
      .prefault(9121)
      .meta({ description: "Published port of the login proxy that leads to the exporter.", effect: "ports" }),
    commander: port()
      .prefault(8081)
      .meta({ description: "Published port of the login proxy that leads to Redis Commander.", effect: "ports" }),
  }).prefault({}),
});

const gatewayShape = {
  enabled: flag().prefault(true).meta({
    description:
      "Whether the set has gateways for clients without Sentinel support. A gateway has one port that leads to the master and one that leads to replicas.",
    effect: "gateway",
  }),
  count: wholeNumber(1, mostGateways).prefault(1).meta({
    description: "Number of gateways. All gateways lead to the same nodes, and each client uses one gateway.",
    effect: "gateway",
  }),
  user: text(/^[A-Za-z0-9._-]{1,64}$/, "1 to 64 letters, digits and the characters . _ -")
    .prefault("admin")
    .meta({ description: "Login name of the gateways' statistics page.", effect: "gateway" }),
};

const commanderShape = {
  enabled: flag().prefault(true).meta({
    description: "Whether Redis Commander, a web interface to the data, is deployed.",
    effect: "commander",
  }),
  user: loginName("admin", "Login name of Redis Commander."),
  readOnly: flag().prefault(false).meta({ description: "Whether Redis Commander is read-only.", effect: "commander" }),
};

const exporterShape = {
  enabled: flag().prefault(true).meta({
    description: "Whether the exporter is deployed. It serves the metrics of every node to Prometheus.",
    effect: "exporter",
  }),
  user: loginName("prometheus", "Login name that Prometheus uses for the exporter."),
};

const settingsShape = {
  name: text(
    /^[a-z]([a-z0-9-]{0,38}[a-z0-9])?$/,
    "1 to 40 lower-case letters, digits and hyphens, beginning with a letter and not ending with a hyphen",
  )
    .prefault("redis-ha")
    .meta({
      description: "Prefix of the names of all objects of the set. No other set may have the same name.",
      effect: "another",
    }),
  target: oneOf(targets).prefault("docker").meta({
    description:
      "Platform that runs the set. The settings `docker` and `kubernetes` apply only to the target of the same name.",
    effect: "recreate",
  }),
  replicas: wholeNumber(0, 30).prefault(2).meta({ description: "Number of replicas.", effect: "scale" }),
  masterName: text(/^[A-Za-z0-9._-]{1,64}$/, "1 to 64 letters, digits and the characters . _ -")
    .prefault("mymaster")
    .meta({
      description: "Name of the master in Sentinel. Clients ask the Sentinels for the master of this name.",
      effect: "nodes",
    }),
  images: oneOf(imageSources).prefault("upstream").meta({
    description:
      "`upstream` uses pinned official images. `local` builds images on the machine from Debian and npm packages, without an image registry.",
    effect: "everyNode",
  }),
  size: size.prefault(defaultPreset).meta({
    description:
      "CPU, memory and disk of each node: the name of a preset, or an object with a preset and the sizes that differ from it.",
    effect: "everyNode",
  }),
  sentinels: sentinels.prefault({}),
  redis: redis.prefault({}),
  docker: docker.prefault({}),
  kubernetes: kubernetes.prefault({}),
  gateway: group(gatewayShape).prefault({}),
  exporter: group(exporterShape).prefault({}),
  commander: group(commanderShape).prefault({}),
  client: group({
    db: wholeNumber(0, 15)
      .prefault(0)
      .meta({ description: "Number of the logical database that applications use.", effect: "clients" }),
    poolSize: wholeNumber(1, 10_000)
      .prefault(10)
      .meta({ description: "Maximum number of connections in an application's pool.", effect: "clients" }),
    minIdle: wholeNumber(0, 10_000)
      .prefault(5)
      .meta({ description: "Number of connections that the pool keeps open while they are idle.", effect: "clients" }),
    maxConnections: wholeNumber(1, 10_000)
      .prefault(50)
      .meta({ description: "Maximum number of connections that an application opens.", effect: "clients" }),
  }).prefault({}),
};

/** The settings from which a set is planned, without secrets. */
export const settingsSchema = group(settingsShape);

/** The configuration of a stack: the settings and the secrets. */
export const stackSchema = group({
  ...settingsShape,
  password: password().optional().meta({
    description: "Secret. Password of the data nodes and Sentinels.",
    derived: "generated once and kept in the state, encrypted",
    effect: "everyNode",
  }),
  gateway: group({
    ...gatewayShape,
    password: password().optional().meta({
      description: "Secret. Password of the gateways' statistics page.",
      derived: "generated once and kept in the state, encrypted",
      effect: "gateway",
    }),
  }).prefault({}),
  exporter: group({
    ...exporterShape,
    password: password().optional().meta({
      description: "Secret. Password that Prometheus uses for the exporter.",
      derived: "generated once and kept in the state, encrypted",
      effect: "login",
    }),
  }).prefault({}),
  commander: group({
    ...commanderShape,
    password: password().optional().meta({
      description: "Secret. Password of Redis Commander.",
      derived: "generated once and kept in the state, encrypted",
      effect: "login",
    }),
  }).prefault({}),
});

/** The settings as a user writes them in a program: `{ replicas: 3, sentinels: { downAfter: "2s" } }`. */
export type SettingsInput = z.input<typeof settingsSchema>;

/** The settings as the planner reads them: complete, with times in milliseconds and sizes in bytes. */
export type Settings = z.output<typeof settingsSchema>;
