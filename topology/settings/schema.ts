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

const loginName = (usual: string, description: string) =>
  text(/^[A-Za-z0-9._-]{1,64}$/, "1 to 64 letters, digits and the characters . _ -")
    .prefault(usual)
    .meta({ description, effect: "login" });

const sentinels = group({
  count: wholeNumber(1, 15)
    .prefault(3)
    .meta({ description: "Number of Sentinels; odd, and at least 3 to survive the loss of one.", effect: "scale" }),
  quorum: wholeNumber(1, 15).optional().meta({
    description: "Number of Sentinels that must agree that the master is down before a failover starts.",
    derived: "the majority of `sentinels.count`",
    effect: "nodes",
  }),
  downAfter: duration({ minimum: 100, maximum: 300_000 }).prefault("2s").meta({
    description:
      "Time without an answer after which a node counts as down. Writes are accepted again about half a second later. A shorter time means a faster failover, and more needless failovers when a machine stalls.",
    effect: "nodes",
  }),
  failoverTimeout: duration({ minimum: 1000, maximum: 3_600_000 }).prefault("10s").meta({
    description: "Timeout of a failover. After a failed attempt the next one starts after twice this time.",
    effect: "nodes",
  }),
  parallelSyncs: wholeNumber(1, 30).prefault(1).meta({
    description: "Number of replicas that copy from a new master at the same time. The others answer reads meanwhile.",
    effect: "sentinels",
  }),
}).transform((given) => ({ ...given, quorum: given.quorum ?? majorityOf(given.count) }));

const redis = group({
  maxmemory: bytes(leastMaxmemory).optional().meta({
    description:
      "Memory for data. The maximum follows from the smallest data node and leaves room for copy-on-write, replication and clients.",
    derived: "a little over half of the smallest data node's memory",
    effect: "dataNodes",
  }),
  maxmemoryPolicy: oneOf(maxmemoryPolicies).prefault("noeviction").meta({
    description:
      "Eviction policy at maxmemory. The default refuses writes and evicts nothing; a pure cache wants `allkeys-lru`.",
    effect: "dataNodes",
  }),
  clientBuffers: bytes(leastClientBuffers).optional().meta({
    description:
      "Memory that all clients of a data node share, for commands in progress and unread answers. The largest answer is half of it, and the largest value a quarter; a client that exceeds this is disconnected. It also limits the number of connections, and it reduces the memory for data.",
    derived: "1/32 of the smallest data node's memory, at least 8MB",
    effect: "dataNodesAndGateways",
  }),
  appendonly: flag().prefault(true).meta({
    description:
      "Whether every write is appended to a file on disk (AOF). Without it a restarted master may empty its replicas.",
    effect: "dataNodes",
  }),
  appendfsync: oneOf(appendfsyncPolicies)
    .prefault("everysec")
    .meta({ description: "When that file is forced to disk (fsync).", effect: "dataNodes" }),
  save: snapshotTimes().optional().meta({
    description:
      "Snapshots (RDB): after this many seconds if there were this many changes. Each snapshot writes all data to disk. With `redis.appendonly` a restart does not read it.",
    derived: "`3600 1` with `redis.appendonly`; without it Redis' own, `3600 1 300 100 60 10000`",
    effect: "dataNodes",
  }),
  timeout: duration({ minimum: 0, maximum: 86_400_000, step: "s" }).prefault(0).meta({
    description: "Idle time after which a client is disconnected; 0: never, as connection pools need.",
    effect: "dataNodes",
  }),
  tcpKeepalive: duration({ minimum: 0, maximum: 3_600_000, step: "s" }).prefault("60s").meta({
    description: "Time between TCP keepalive probes, which find dead connections; 0: no probes.",
    effect: "dataNodes",
  }),
  ioThreads: wholeNumber(1, 128).prefault(1).meta({
    description: "Threads that read and write sockets. More than 1 helps only with 4 cores or more.",
    effect: "dataNodes",
  }),
  minReplicasToWrite: wholeNumber(0, 30).prefault(1).meta({
    description:
      "Number of replicas that must be connected for the master to accept writes. A master that is cut off alone then stops accepting writes.",
    effect: "dataNodes",
  }),
  minReplicasMaxLag: duration({ minimum: 1000, maximum: 60_000, step: "s" }).prefault("2s").meta({
    description:
      "Time without an acknowledgement after which a replica no longer counts as connected. A master that is cut off alone accepts writes for this long.",
    effect: "dataNodes",
  }),
  directives: directives().prefault({}).meta({
    description: "Further directives of redis.conf. A directive that has a setting of its own is refused.",
    effect: "dataNodes",
  }),
}).transform((given) => ({ ...given, save: given.save ?? snapshotsBeside(given.appendonly) }));

type SnapshotTimes = z.output<ReturnType<typeof snapshotTimes>>;

/** With a log, snapshots are not what a restart reads. Without one, they are, and the times are Redis' own. */
function snapshotsBeside(log: boolean): SnapshotTimes {
  const hourly = [3600, 1] as const;
  return log ? [hourly] : [hourly, [300, 100], [60, 10_000]];
}

const docker = group({
  subnet: subnet().prefault("10.63.79.0/24").meta({
    description:
      "Network of the set: private, and not used by another network of the machine. A /27 is enough for the default set.",
    effect: "network",
  }),
  publishAddress: ipAddress().prefault("127.0.0.1").meta({
    description: "Address of the machine on which ports are published.",
    effect: "everyNode",
  }),
  cpuShares: wholeNumber(2, 262_144).optional().meta({
    description:
      "CPU weight of each container of the set. With cgroup v1 it counts against other containers only; see [Shared machines](operations.md#shared-machines).",
    derived: "Docker's own",
    effect: "shares",
  }),
  ports: group({
    redis: port()
      .prefault(6379)
      .meta({ description: "Published port of redis-0; redis-1 has the next, and so on.", effect: "ports" }),
    sentinel: port()
      .prefault(26_379)
      .meta({ description: "Published port of sentinel-0; sentinel-1 has the next, and so on.", effect: "ports" }),
    writes: port().prefault(6479).meta({
      description: "Published port of gateway-0 that leads to the master; gateway-1 has the next, and so on.",
      effect: "ports",
    }),
    reads: port().prefault(6579).meta({
      description: "Published port of gateway-0 that leads to replicas; gateway-1 has the next, and so on.",
      effect: "ports",
    }),
    statistics: port().prefault(8404).meta({
      description: "Published port of gateway-0's statistics page and metrics; gateway-1 has the next, and so on.",
      effect: "ports",
    }),
    exporter: port()
      .prefault(9121)
      .meta({ description: "Published port of the login proxy for the exporter.", effect: "ports" }),
    commander: port()
      .prefault(8081)
      .meta({ description: "Published port of the login proxy for Redis Commander.", effect: "ports" }),
  }).prefault({}),
});

const gatewayShape = {
  enabled: flag().prefault(true).meta({
    description:
      "Whether there are gateways for clients that do not speak Sentinel: one address for the master, one for replicas.",
    effect: "gateway",
  }),
  count: wholeNumber(1, mostGateways).prefault(1).meta({
    description: "Number of gateways. All lead to the same nodes; each client uses one of them.",
    effect: "gateway",
  }),
  user: text(/^[A-Za-z0-9._-]{1,64}$/, "1 to 64 letters, digits and the characters . _ -")
    .prefault("admin")
    .meta({ description: "Login name of their statistics page.", effect: "gateway" }),
};

const commanderShape = {
  enabled: flag().prefault(true).meta({
    description: "Whether Redis Commander, a web page that shows the data, is deployed.",
    effect: "commander",
  }),
  user: loginName("admin", "Its login name."),
  readOnly: flag().prefault(false).meta({ description: "Whether its page can only read.", effect: "commander" }),
};

const exporterShape = {
  enabled: flag()
    .prefault(true)
    .meta({ description: "Whether the exporter serves metrics of every node for Prometheus.", effect: "exporter" }),
  user: loginName("prometheus", "Login name of Prometheus."),
};

const settingsShape = {
  name: text(
    /^[a-z]([a-z0-9-]{0,38}[a-z0-9])?$/,
    "1 to 40 lower-case letters, digits and hyphens, beginning with a letter and not ending with a hyphen",
  )
    .prefault("redis-ha")
    .meta({
      description: "Prefix of everything that the set creates on its host. No other set may have the same name.",
      effect: "another",
    }),
  target: oneOf(targets).prefault("docker").meta({
    description: "Where the set runs. The settings `docker` and `kubernetes` belong to the target of that name.",
    effect: "recreate",
  }),
  replicas: wholeNumber(0, 30).prefault(2).meta({ description: "Number of replicas.", effect: "scale" }),
  masterName: text(/^[A-Za-z0-9._-]{1,64}$/, "1 to 64 letters, digits and the characters . _ -")
    .prefault("mymaster")
    .meta({
      description: "Name by which the Sentinels know the master.",
      effect: "nodes",
    }),
  images: oneOf(imageSources).prefault("upstream").meta({
    description:
      "`upstream`: pinned official images. `local`: images that are built on the machine from Debian and npm packages, without a registry.",
    effect: "everyNode",
  }),
  size: size.prefault(defaultPreset).meta({
    description: "CPU, memory and disk of each node: a preset, or an object with a preset and what differs from it.",
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
      .meta({ description: "Number of the database that applications use.", effect: "clients" }),
    poolSize: wholeNumber(1, 10_000)
      .prefault(10)
      .meta({ description: "Connections in an application's pool.", effect: "clients" }),
    minIdle: wholeNumber(0, 10_000)
      .prefault(5)
      .meta({ description: "Connections the pool keeps open while idle.", effect: "clients" }),
    maxConnections: wholeNumber(1, 10_000)
      .prefault(50)
      .meta({ description: "Maximum number of connections of an application.", effect: "clients" }),
  }).prefault({}),
};

/** What a set is planned from, without secrets. */
export const settingsSchema = group(settingsShape);

/** The configuration of a stack: the settings, and the secrets beside them. */
export const stackSchema = group({
  ...settingsShape,
  password: password().optional().meta({
    description: "Secret. Password of the data nodes and Sentinels.",
    derived: "generated once and kept, encrypted, in the state",
    effect: "everyNode",
  }),
  gateway: group({
    ...gatewayShape,
    password: password().optional().meta({
      description: "Secret. Password of their statistics page.",
      derived: "generated once and kept, encrypted, in the state",
      effect: "gateway",
    }),
  }).prefault({}),
  exporter: group({
    ...exporterShape,
    password: password().optional().meta({
      description: "Secret. Password of Prometheus.",
      derived: "generated once and kept, encrypted, in the state",
      effect: "login",
    }),
  }).prefault({}),
  commander: group({
    ...commanderShape,
    password: password().optional().meta({
      description: "Secret. Password of its login.",
      derived: "generated once and kept, encrypted, in the state",
      effect: "login",
    }),
  }).prefault({}),
});

/** The settings as a program writes them: `{ replicas: 3, sentinels: { downAfter: "2s" } }`. */
export type SettingsInput = z.input<typeof settingsSchema>;

/** The settings as the planner takes them: complete, times in milliseconds, sizes in bytes. */
export type Settings = z.output<typeof settingsSchema>;
