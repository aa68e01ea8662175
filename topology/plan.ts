import { createHash } from "node:crypto";
import { gatewayConnections } from "./connections.ts";
import { monitorsOf } from "./monitors.ts";
import { nodeGroupsOf } from "./nodeGroups.ts";
import { guardedParts } from "./nodes.ts";
import { placeOf, servicePorts, subnetOf } from "./settings/addressPlan.ts";
import { capacity } from "./settings/capacity.ts";
import { type Problem, SettingsError } from "./settings/problem.ts";
import { check } from "./settings/rules.ts";
import type { Settings } from "./settings/schema.ts";
import { smallestMemory } from "./settings/smallestNode.ts";
import { addressAt } from "./settings/subnet.ts";
import type {
  CommanderPlan,
  DataNodePlan,
  ExporterPlan,
  GatewayPlan,
  GuardedPlan,
  HostPlan,
  Listener,
  NodePlan,
  NodeSize,
  RedisParameters,
  SentinelParameters,
  SentinelPlan,
  Topology,
} from "./topology.ts";

/** The plan of a set, and warnings for its owner. */
export interface Plan {
  readonly topology: Topology;
  readonly warnings: readonly Problem[];
}

/**
 * Plans a set: names, addresses, ports, sizes and limits. The same settings always give the same plan. Adding or
 * removing nodes does not change the plan of the other nodes.
 *
 * @throws SettingsError with all contradictions, if settings contradict each other.
 */
export function plan(settings: Settings): Plan {
  const { problems, warnings } = check(settings);
  if (problems.length > 0) {
    throw new SettingsError(problems);
  }
  return { topology: topologyOf(settings), warnings };
}

function topologyOf(settings: Settings): Topology {
  const { name, masterName, images, replicas, gateway, exporter, commander, client } = settings;
  const dataNodes = ordinals(replicas + 1).map((ordinal) => dataNode(settings, ordinal));
  const sentinels = ordinals(settings.sentinels.count).map((ordinal) => sentinel(settings, ordinal));
  const gateways = ordinals(gateway.enabled ? gateway.count : 0).map((ordinal) => gatewayNode(settings, ordinal));
  const guarded = {
    exporter: exporter.enabled ? exporterNode(settings) : undefined,
    commander: commander.enabled ? commanderNode(settings) : undefined,
  };
  return {
    name,
    masterName,
    images,
    host: hostPlan(settings, { dataNodes, sentinels, gateways }),
    dataNodes,
    sentinels,
    sentinelRules: sentinelRules(settings),
    redisRules: redisRules(settings),
    gateways,
    ...guarded,
    loginProxy: loginProxyNode(settings, guardedParts(guarded)),
    client: { ...client },
  };
}

function hostPlan(settings: Settings, nodes: Pick<Topology, "dataNodes" | "sentinels" | "gateways">): HostPlan {
  const { target, name, docker, kubernetes } = settings;
  if (target === "docker") {
    const { subnet, cpuShares } = docker;
    return { target, subnet: subnet.cidr, gateway: addressAt(subnet, placeOf.bridge), cpuShares };
  }
  const { context, namespace = name, serviceSubnet, storageClass, priorityClass, ...rest } = kubernetes;
  return {
    target,
    ...rest,
    context,
    namespace,
    serviceSubnet: serviceSubnet.cidr,
    storageClass,
    priorityClass,
    monitors: monitorsOf(settings, nodes),
    rows: nodeGroupsOf(settings, nodes),
  };
}

function dataNode(settings: Settings, ordinal: number): DataNodePlan {
  const { size } = settings;
  return {
    ...node(settings, `redis-${ordinal}`, "redis", placeOf.dataNode(ordinal), ordinal),
    size: { ...(ordinal === 0 ? size.master : size.replica) },
    ordinal,
    priority: equalPriority,
  };
}

function sentinel(settings: Settings, ordinal: number): SentinelPlan {
  const name = `sentinel-${ordinal}`;
  return {
    ...node(settings, name, "sentinel", placeOf.sentinel(ordinal, subnetOf(settings)), ordinal),
    size: { ...settings.size.sentinel },
    ordinal,
    id: createHash("sha1").update(`${settings.name}/${name}`).digest("hex"),
  };
}

function gatewayNode(settings: Settings, ordinal: number): GatewayPlan {
  const place = placeOf.gateway(ordinal);
  return {
    name: `gateway-${ordinal}`,
    ...listener(settings, "writes", place, ordinal),
    size: withoutDisk(settings.size.gateway),
    ordinal,
    reads: listener(settings, "reads", place, ordinal),
    statistics: listener(settings, "statistics", place, ordinal),
    user: settings.gateway.user,
    connections: gatewayConnections(settings),
  };
}

function exporterNode(settings: Settings): ExporterPlan {
  return { ...guardedNode(settings, "exporter"), user: settings.exporter.user };
}

function commanderNode(settings: Settings): CommanderPlan {
  const { user, readOnly } = settings.commander;
  return { ...guardedNode(settings, "commander"), user, readOnly };
}

/**
 * A part behind the login proxy. The login proxy listens on the same port as the part itself, and that port is
 * published.
 */
function guardedNode(settings: Settings, part: "exporter" | "commander"): Omit<GuardedPlan, "user"> {
  const { endpoint } = listener(settings, part, placeOf[part], 0);
  return {
    name: part,
    endpoint,
    published: endpoint,
    size: withoutDisk(settings.size[part]),
    access: listener(settings, part, placeOf.loginProxy, 0),
  };
}

function loginProxyNode(settings: Settings, [first]: readonly GuardedPlan[]): NodePlan | undefined {
  return first && { name: "login-proxy", ...first.access, size: withoutDisk(settings.size.loginProxy) };
}

function sentinelRules({ sentinels }: Settings): SentinelParameters {
  const { quorum, downAfter, failoverTimeout, parallelSyncs } = sentinels;
  return { quorum, downAfter, failoverTimeout, parallelSyncs };
}

function redisRules(settings: Settings): RedisParameters {
  const { timeout, tcpKeepalive, minReplicasMaxLag, ...redis } = settings.redis;
  const shares = capacity(smallestMemory(settings), settings.redis);
  const { maxmemory, clientBuffers, replicationBacklog, replicaOutputBuffer } = shares;
  return {
    ...redis,
    maxmemory,
    clientBuffers,
    replicationBacklog,
    replicaOutputBuffer,
    timeout: timeout / 1000,
    tcpKeepalive: tcpKeepalive / 1000,
    minReplicasMaxLag: minReplicasMaxLag / 1000,
  };
}

/** The fields that every node has: its name, its endpoint and its published endpoint. */
function node(
  settings: Settings,
  name: string,
  service: keyof typeof servicePorts,
  place: number,
  ordinal = 0,
): Omit<NodePlan, "size"> {
  return { name, ...listener(settings, service, place, ordinal) };
}

function listener(settings: Settings, service: keyof typeof servicePorts, place: number, ordinal: number): Listener {
  const { publishAddress, ports } = settings.docker;
  const endpoint = { host: addressAt(subnetOf(settings), place), port: servicePorts[service] };
  const published = { host: publishAddress, port: ports[service] + ordinal };
  return { endpoint, published: settings.target === "docker" ? published : endpoint };
}

/** The priority is the same for all nodes, so that Sentinel promotes the replica with the most recent data. */
const equalPriority = 100;

function withoutDisk(size: Omit<NodeSize, "disk">): NodeSize {
  return { ...size, disk: 0 };
}

function ordinals(count: number): readonly number[] {
  return Array.from({ length: count }, (_, ordinal) => ordinal);
}
