import type { appendfsyncPolicies, audiences, imageSources, maxmemoryPolicies, strictnesses } from "./choices.ts";

/**
 * The plan of one set: everything that is decided before anything is created.
 *
 * A `Topology` is plain data without secrets. It can be printed, hashed, put into a stack's outputs and read back by
 * the command line, and every other room takes its facts from here.
 */

/** Where a server listens. */
export interface Endpoint {
  /** An IP address, never a name: a name that DNS does not answer stops Sentinel failing over. */
  readonly host: string;
  readonly port: number;
}

/** What one node may use. All three are limits, and the host applies them. */
export interface NodeSize {
  /** CPU cores; 0.5 is half a core. */
  readonly cpus: number;
  /** Bytes of memory, without swap. */
  readonly memory: number;
  /** Bytes of disk that the node's volume is meant to hold. */
  readonly disk: number;
}

/** What every running part of the set has in common. */
export interface NodePlan {
  /** `redis-0`, `sentinel-2`, `exporter`: unique within the set; an ordinal, since roles move. */
  readonly name: string;
  /** The address inside the set's network, announced to every peer. */
  readonly endpoint: Endpoint;
  /** The address on the machine that runs it. On Kubernetes, where nothing is published, the same as `endpoint`. */
  readonly published: Endpoint;
  readonly size: NodeSize;
}

/** A node that holds data: the master of the moment or a replica. */
export interface DataNodePlan extends NodePlan {
  /** Ordinal 0 is the first master, and only the first. */
  readonly ordinal: number;
  /** replica-priority: the lower, the sooner Sentinel promotes it. */
  readonly priority: number;
}

export interface SentinelPlan extends NodePlan {
  readonly ordinal: number;
  /** 40 hexadecimal digits: a Sentinel that lost its volume is the same Sentinel to its peers. */
  readonly id: string;
}

/** A port of a node: where it is inside the set's network, and on the machine that runs it. */
export type Listener = Pick<NodePlan, "endpoint" | "published">;

/** A part that only the login proxy connects to. Nothing of it is published, so `published` is its `endpoint`. */
export interface GuardedPlan extends NodePlan {
  /** The port of the login proxy that leads to it. */
  readonly access: Listener;
  /** Who may log in there. */
  readonly user: string;
}

export type ExporterPlan = GuardedPlan;

export interface CommanderPlan extends GuardedPlan {
  readonly readOnly: boolean;
}

/** A gateway for clients that do not speak Sentinel. Its own address leads to the master. */
export interface GatewayPlan extends NodePlan {
  readonly ordinal: number;
  /** Leads to the replicas in sync. */
  readonly reads: Listener;
  /** The statistics page for people, and the metrics for Prometheus. */
  readonly statistics: Listener;
  /** Who may see the statistics page. */
  readonly user: string;
  /** Connections of clients that it takes on each of its ports for writes and reads. */
  readonly connections: number;
}

/** How Sentinel watches; times in milliseconds. */
export interface SentinelParameters {
  readonly quorum: number;
  readonly downAfter: number;
  readonly failoverTimeout: number;
  readonly parallelSyncs: number;
}

export type MaxmemoryPolicy = (typeof maxmemoryPolicies)[number];

/** The settings every data node shares, since any may become master. */
export interface RedisParameters {
  /** Bytes, derived from the smallest data node. */
  readonly maxmemory: number;
  readonly maxmemoryPolicy: MaxmemoryPolicy;
  /** Bytes that the clients of one data node may hold together. */
  readonly clientBuffers: number;
  /** Bytes of replication backlog. */
  readonly replicationBacklog: number;
  /** Bytes after which a replica's output buffer is cut. */
  readonly replicaOutputBuffer: number;
  readonly appendonly: boolean;
  readonly appendfsync: (typeof appendfsyncPolicies)[number];
  /** `seconds changes` pairs; empty: no snapshots. */
  readonly save: readonly (readonly [seconds: number, changes: number])[];
  /** Seconds after which an idle client is disconnected; 0: never. */
  readonly timeout: number;
  /** Seconds. */
  readonly tcpKeepalive: number;
  readonly ioThreads: number;
  readonly minReplicasToWrite: number;
  /** Seconds. */
  readonly minReplicasMaxLag: number;
  /** Further directives of redis.conf, name to arguments. */
  readonly directives: Readonly<Record<string, readonly string[]>>;
}

/** What applications are told about connecting. */
export interface ClientParameters {
  readonly db: number;
  readonly poolSize: number;
  readonly minIdle: number;
  readonly maxConnections: number;
}

/** The parts of a set that have an image of their own. */
export type ImagePart = "redis" | "gateway" | "exporter" | "commander";

export type ImageSource = (typeof imageSources)[number];

/** Where the set runs, and what only that host has to know. */
export type HostPlan = DockerPlan | KubernetesPlan;

export interface DockerPlan {
  readonly target: "docker";
  /** CIDR. */
  readonly subnet: string;
  readonly gateway: string;
  /**
   * Weight of each container when the CPU is not enough for all. Undefined leaves it to Docker. A default of 1024 would
   * not do the same: on cgroup v2 runc may turn 1024 into a weight of 39, while no number gives the usual weight of 100.
   */
  readonly cpuShares?: number | undefined;
}

/** Whether a rule must be kept, or is broken where there is no other way. */
export type Strictness = (typeof strictnesses)[number];

export interface KubernetesPlan {
  readonly target: "kubernetes";
  /** Context of the kubeconfig; undefined: its current one. */
  readonly context: string | undefined;
  readonly namespace: string;
  /** Whether the namespace is made with the set and goes with it. */
  readonly createNamespace: boolean;
  /** CIDR of the Service addresses that are the set's. */
  readonly serviceSubnet: string;
  /** Undefined: the cluster's default. */
  readonly storageClass: string | undefined;
  readonly priorityClass: string | undefined;
  /** Above 0, at most 1: the share of a node's CPU cores that is set aside for it. */
  readonly cpuReservation: number;
  readonly spread: { readonly nodes: Strictness; readonly zones: Strictness };
  readonly networkPolicies: boolean;
  readonly monitoringNamespace: string;
  /** Empty: no monitors are created. */
  readonly monitors: readonly MonitorPlan[];
  readonly rows: readonly NodeGroup[];
}

/** A name that stands for any node of a row. */
export interface ServicePlan {
  readonly name: string;
  /** Of the name. */
  readonly port: number;
  /** Of the nodes. */
  readonly target: number;
}

/** Nodes that do the same, and so are kept apart, counted together and reached by one name. */
export interface NodeGroup {
  readonly name: string;
  /** Names of nodes. */
  readonly members: readonly string[];
  /** How many of them may be taken away at a time. */
  readonly mayBeDown: number;
  /** Who reaches them from outside the set. */
  readonly openTo: (typeof audiences)[number];
  /** The only ports that those reach. @default all */
  readonly openPorts?: readonly number[] | undefined;
  /** Names by which any member that is ready is reached. */
  readonly services: readonly ServicePlan[];
}

/** Metrics that a Prometheus operator has scraped. */
export interface MonitorPlan {
  /** Of the monitor: what is measured. */
  readonly name: string;
  /** Whose pods serve them. */
  readonly row: string;
  readonly port: number;
  readonly path: string;
  /** By which the operator knows what it is to look after. */
  readonly labels: Readonly<Record<string, string>>;
  /** The nodes that each pod is asked for, by the parameter `target`; empty: for none but itself. */
  readonly targets: readonly { readonly name: string; readonly target: string }[];
  /** Name of the Secret with `username` and `password` that the pods ask for; undefined: they ask for no login. */
  readonly loginSecret?: string | undefined;
}

export interface Topology {
  /** Prefix of everything this set creates on its host. */
  readonly name: string;
  /** The name Sentinel knows the master by. */
  readonly masterName: string;
  readonly images: ImageSource;
  readonly host: HostPlan;
  /** In the order of their ordinals; at least one. */
  readonly dataNodes: readonly DataNodePlan[];
  readonly sentinels: readonly SentinelPlan[];
  readonly sentinelRules: SentinelParameters;
  readonly redisRules: RedisParameters;
  /** In the order of their ordinals; empty: the set has none. */
  readonly gateways: readonly GatewayPlan[];
  readonly exporter: ExporterPlan | undefined;
  readonly commander: CommanderPlan | undefined;
  /** In front of exporter and Commander; undefined where the set has neither. */
  readonly loginProxy: NodePlan | undefined;
  readonly client: ClientParameters;
}
