import { z } from "zod";
import { appendfsyncPolicies, audiences, imageSources, maxmemoryPolicies, strictnesses } from "./choices.ts";
import type {
  CommanderPlan,
  ExporterPlan,
  GatewayPlan,
  HostPlan,
  KubernetesPlan,
  NodePlan,
  SentinelPlan,
  Topology,
} from "./topology.ts";

/** The deployed set according to the stack's outputs. It is a secret as a whole. */
export interface DeployedSet {
  readonly topology: Topology;
  readonly password: string;
  readonly gateway: GatewayAccess | undefined;
  readonly commander: { readonly url: string; readonly user: string; readonly password: string } | undefined;
  readonly metrics: { readonly url: string; readonly user: string; readonly password: string } | undefined;
}

/** URLs and login of the gateways' statistics pages. */
export interface GatewayAccess {
  readonly gateways: readonly { readonly name: string; readonly statisticsUrl: string; readonly metricsUrl: string }[];
  readonly user: string;
  readonly password: string;
}

const endpoint = z.object({ host: z.string(), port: z.number() });

const listener = { endpoint, published: endpoint };

const node = {
  name: z.string(),
  ...listener,
  size: z.object({ cpus: z.number(), memory: z.number(), disk: z.number() }),
};

const guarded = { ...node, access: z.object(listener), user: z.string() };

const redisRules = z.object({
  maxmemory: z.number(),
  maxmemoryPolicy: z.enum(maxmemoryPolicies),
  clientBuffers: z.number(),
  replicationBacklog: z.number(),
  replicaOutputBuffer: z.number(),
  appendonly: z.boolean(),
  appendfsync: z.enum(appendfsyncPolicies),
  save: z.array(z.tuple([z.number(), z.number()])),
  timeout: z.number(),
  tcpKeepalive: z.number(),
  ioThreads: z.number(),
  minReplicasToWrite: z.number(),
  minReplicasMaxLag: z.number(),
  directives: z.record(z.string(), z.array(z.string())),
});

const sentinelRules = z.object({
  quorum: z.number(),
  downAfter: z.number(),
  failoverTimeout: z.number(),
  parallelSyncs: z.number(),
});

const clientRules = z.object({
  db: z.number(),
  poolSize: z.number(),
  minIdle: z.number(),
  maxConnections: z.number(),
});

const strictness = z.enum(strictnesses);

const kubernetesPlan = z
  .object({
    target: z.literal("kubernetes"),
    context: z.string().optional(),
    namespace: z.string(),
    createNamespace: z.boolean(),
    serviceSubnet: z.string(),
    storageClass: z.string().optional(),
    priorityClass: z.string().optional(),
    cpuReservation: z.number(),
    spread: z.object({ nodes: strictness, zones: strictness }),
    networkPolicies: z.boolean(),
    monitoringNamespace: z.string(),
    monitors: z.array(
      z.object({
        name: z.string(),
        row: z.string(),
        port: z.number(),
        path: z.string(),
        labels: z.record(z.string(), z.string()),
        targets: z.array(z.object({ name: z.string(), target: z.string() })),
        loginSecret: z.string().optional(),
      }),
    ),
    rows: z.array(
      z.object({
        name: z.string(),
        members: z.array(z.string()),
        mayBeDown: z.number(),
        openTo: z.enum(audiences),
        openPorts: z.array(z.number()).optional(),
        services: z.array(z.object({ name: z.string(), port: z.number(), target: z.number() })),
      }),
    ),
  })
  .transform(
    ({ context, storageClass, priorityClass, ...plan }): KubernetesPlan => ({
      ...plan,
      context,
      storageClass,
      priorityClass,
    }),
  );

const hostPlan = z.union([
  z.object({ target: z.literal("docker"), subnet: z.string(), gateway: z.string(), cpuShares: z.number().optional() }),
  kubernetesPlan,
]) satisfies z.ZodType<HostPlan>;

/** Reads a `Topology` back from JSON. JSON omits undefined fields, so the transform adds them again. */
const topologySchema = z
  .object({
    name: z.string(),
    masterName: z.string(),
    images: z.enum(imageSources),
    host: hostPlan,
    dataNodes: z.array(z.object({ ...node, ordinal: z.number(), priority: z.number() })),
    sentinels: z.array(z.object({ ...node, ordinal: z.number(), id: z.string() })) satisfies z.ZodType<SentinelPlan[]>,
    sentinelRules,
    redisRules,
    gateways: z.array(
      z.object({
        ...node,
        ordinal: z.number(),
        reads: z.object(listener),
        statistics: z.object(listener),
        user: z.string(),
        connections: z.number(),
      }),
    ) satisfies z.ZodType<GatewayPlan[]>,
    exporter: z.object(guarded).optional() satisfies z.ZodType<ExporterPlan | undefined>,
    commander: z.object({ ...guarded, readOnly: z.boolean() }).optional() satisfies z.ZodType<
      CommanderPlan | undefined
    >,
    loginProxy: z.object(node).optional() satisfies z.ZodType<NodePlan | undefined>,
    client: clientRules,
  })
  .transform(
    ({ exporter, commander, loginProxy, ...plan }): Topology => ({ ...plan, exporter, commander, loginProxy }),
  );

/** The outputs of a deployed stack. */
export const outputsSchema = z.object({
  topology: topologySchema,
  password: z.string(),
  gateway: z
    .object({
      gateways: z.array(z.object({ name: z.string(), statisticsUrl: z.string(), metricsUrl: z.string() })),
      user: z.string(),
      password: z.string(),
    })
    .nullish(),
  commander: z.object({ url: z.string(), user: z.string(), password: z.string() }).nullish(),
  metrics: z.object({ url: z.string(), user: z.string(), password: z.string() }).nullish(),
});
