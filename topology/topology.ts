import type { appendfsyncPolicies, audiences, imageSources, maxmemoryPolicies, strictnesses } from "./choices.ts";

/**
 * The types of the plan of one set. The plan contains all decisions that are made before anything is created.
 *
 * A `Topology` is plain data without secrets. It can be printed, hashed, written to a stack's outputs and read back by
 * the command line. The other folders read all facts about a set from it.
 */

/** The address of a server. */
export interface Endpoint {
  /** An IP address, never a name: Sentinel performs no failover while DNS does not resolve the master's name. */
  readonly host: string;
  readonly port: number;
}

/** The resources of one node. The host enforces CPU and memory as limits. */
export interface NodeSize {
  /** CPU cores; 0.5 is half a core. */
  readonly cpus: number;
  /** Bytes of memory, without swap. */
  readonly memory: number;
  /** The planned size of the node's volume, in bytes. Docker does not enforce it. */
  readonly disk: number;
}

/** The fields that every node of the set has. */
export interface NodePlan {
  /**
   * `redis-0`, `sentinel-2`, `exporter`: unique within the set. It contains an ordinal and not a role, since roles
   * move.
   */
  readonly name: string;
  /** The address inside the set's network, which the node announces to its peers. */
  readonly endpoint: Endpoint;
  /** The address on the node's machine. On Kubernetes, where no port is published, it equals `endpoint`. */
  readonly published: Endpoint;
  readonly size: NodeSize;
}

/** A node that holds data: the current master or a replica. */
export interface DataNodePlan extends NodePlan {
  /** The node with ordinal 0 is the master of the first deployment. Later the role may move. */
  readonly ordinal: number;
  /** `replica-priority` of redis.conf: Sentinel prefers to promote the node with the lowest value. */
  readonly priority: number;
}

export interface SentinelPlan extends NodePlan {
  readonly ordinal: number;
  /**
   * 40 hexadecimal digits. Because the id is planned, a Sentinel that lost its volume is still the same to its peers.
   */
  readonly id: string;
}

/** A port of a node: its address inside the set's network, and its address on the node's machine. */
export type Listener = Pick<NodePlan, "endpoint" | "published">;

/** A part that is reached only through the login proxy. It is not published, so `published` equals `endpoint`. */
export interface GuardedPlan extends NodePlan {
  /** The port of the login proxy that leads to it. */
  readonly access: Listener;
  /** The user who may log in at that port. */
  readonly user: string;
}

export type ExporterPlan = GuardedPlan;

export interface CommanderPlan extends GuardedPlan {
  readonly readOnly: boolean;
}

/** A gateway for clients without Sentinel support. Its `endpoint` leads to the master. */
export interface GatewayPlan extends NodePlan {
  readonly ordinal: number;
  /** Leads to the replicas that are in sync. */
  readonly reads: Listener;
  /** Serves the statistics page, and metrics for Prometheus. */
  readonly statistics: Listener;
  /** The user who may log in to the statistics page. */
  readonly user: string;
  /** The number of client connections that it accepts on its port for writes, and on its port for reads. */
  readonly connections: number;
}

/** Parameters of the Sentinels. Times are in milliseconds. */
export interface SentinelParameters {
  readonly quorum: number;
  readonly downAfter: number;
  readonly failoverTimeout: number;
  readonly parallelSyncs: number;
}

export type MaxmemoryPolicy = (typeof maxmemoryPolicies)[number];

/** Parameters of the data nodes. They are the same for all, since any data node may become master. */
export interface RedisParameters {
  /** Bytes, derived from the memory of the smallest data node. */
  readonly maxmemory: number;
  readonly maxmemoryPolicy: MaxmemoryPolicy;
  /** Bytes that all clients of one data node may use together. */
  readonly clientBuffers: number;
  /** Bytes of replication backlog. */
  readonly replicationBacklog: number;
  /** Bytes of unsent writes above which a replica is disconnected. */
  readonly replicaOutputBuffer: number;
  readonly appendonly: boolean;
  readonly appendfsync: (typeof appendfsyncPolicies)[number];
  /** Pairs of seconds and changes. Empty: no snapshots. */
  readonly save: readonly (readonly [seconds: number, changes: number])[];
  /** Seconds after which an idle client is disconnected; 0: never. */
  readonly timeout: number;
  /** Seconds. */
  readonly tcpKeepalive: number;
  readonly ioThreads: number;
  readonly minReplicasToWrite: number;
  /** Seconds. */
  readonly minReplicasMaxLag: number;
  /** Additional directives of redis.conf: names and their arguments. */
  readonly directives: Readonly<Record<string, readonly string[]>>;
}

/** Connection parameters for applications. */
export interface ClientParameters {
  readonly db: number;
  readonly poolSize: number;
  readonly minIdle: number;
  readonly maxConnections: number;
}

/** The parts of a set that have their own image. */
export type ImagePart = "redis" | "gateway" | "exporter" | "commander";

export type ImageSource = (typeof imageSources)[number];

/** The target of the set and the facts that only this target needs. */
export type HostPlan = DockerPlan | KubernetesPlan;

export interface DockerPlan {
  readonly target: "docker";
  /** CIDR. */
  readonly subnet: string;
  readonly gateway: string;
  /**
   * CPU weight of each container when the machine has not enough CPU for all. Undefined: Docker's default. The number
   * 1024 is not equivalent: on cgroup v2, runc may convert 1024 to a weight of 39, and without a number the weight is
   * 100.
   */
  readonly cpuShares?: number | undefined;
}

/** Whether a pod stays pending if the rule cannot be satisfied (`required`), or is scheduled anyway (`preferred`). */
export type Strictness = (typeof strictnesses)[number];

export interface KubernetesPlan {
  readonly target: "kubernetes";
  /** Context of the kubeconfig. Undefined: its current context. */
  readonly context: string | undefined;
  readonly namespace: string;
  /** True if the namespace is created and removed together with the set. */
  readonly createNamespace: boolean;
  /** CIDR of the Service addresses of the set. */
  readonly serviceSubnet: string;
  /** Undefined: the cluster's default class. */
  readonly storageClass: string | undefined;
  readonly priorityClass: string | undefined;
  /** The CPU request as a fraction of the CPU limit: above 0 and at most 1. */
  readonly cpuReservation: number;
  readonly spread: { readonly nodes: Strictness; readonly zones: Strictness };
  readonly networkPolicies: boolean;
  readonly monitoringNamespace: string;
  /** The PodMonitors. Empty: none is created. */
  readonly monitors: readonly MonitorPlan[];
  readonly rows: readonly NodeGroup[];
}

/** A Service that leads to any ready node of a node group. */
export interface ServicePlan {
  readonly name: string;
  /** The port of the Service. */
  readonly port: number;
  /** The port of the nodes. */
  readonly target: number;
}

/**
 * Equal nodes. They are spread over machines, share one disruption budget and are reached under common Service names.
 */
export interface NodeGroup {
  readonly name: string;
  /** The names of the nodes. */
  readonly members: readonly string[];
  /** The number of nodes that may be unavailable at the same time. */
  readonly mayBeDown: number;
  /** Who may connect to the nodes from outside the set. */
  readonly openTo: (typeof audiences)[number];
  /** The ports to which they may connect. @default all ports */
  readonly openPorts?: readonly number[] | undefined;
  /** The Services in front of the nodes. */
  readonly services: readonly ServicePlan[];
}

/** A PodMonitor: metrics that the Prometheus operator scrapes. */
export interface MonitorPlan {
  /** The name of the monitor, which is the name of the measured part. */
  readonly name: string;
  /** The name of the node group whose pods serve the metrics. */
  readonly row: string;
  readonly port: number;
  readonly path: string;
  /** Labels by which the operator selects the monitor. */
  readonly labels: Readonly<Record<string, string>>;
  /**
   * The nodes whose metrics a pod returns, one for each value of the parameter `target`. Empty: the pod's own metrics.
   */
  readonly targets: readonly { readonly name: string; readonly target: string }[];
  /** Name of the Secret with the `username` and `password` that the pods require. Undefined: no login is required. */
  readonly loginSecret?: string | undefined;
}

export interface Topology {
  /** Prefix of the names of all objects that this set creates on its host. */
  readonly name: string;
  /** The name of the master in Sentinel. */
  readonly masterName: string;
  readonly images: ImageSource;
  readonly host: HostPlan;
  /** In the order of their ordinals. There is at least one. */
  readonly dataNodes: readonly DataNodePlan[];
  readonly sentinels: readonly SentinelPlan[];
  readonly sentinelRules: SentinelParameters;
  readonly redisRules: RedisParameters;
  /** In the order of their ordinals. Empty: the set has no gateways. */
  readonly gateways: readonly GatewayPlan[];
  readonly exporter: ExporterPlan | undefined;
  readonly commander: CommanderPlan | undefined;
  /** In front of the exporter and Redis Commander. Undefined if the set has neither. */
  readonly loginProxy: NodePlan | undefined;
  readonly client: ClientParameters;
}
