import type { Settings } from "./schema.ts";
import type { Subnet } from "./subnet.ts";

/**
 * The address of each part of the set within its subnet: data nodes upwards from the tenth, Sentinels downwards from the
 * last. An address follows from the ordinal alone, so adding and removing nodes moves no other node, and the two ranges meet
 * only when the subnet is full. Between the addresses of Commander and the login proxy is room for five gateways.
 */
export const placeOf = {
  /** Of the network itself: its way out. */
  bridge: 1,
  exporter: 2,
  commander: 3,
  gateway: (ordinal: number): number => firstGateway + ordinal,
  loginProxy: 9,
  dataNode: (ordinal: number): number => firstDataNode + ordinal,
  sentinel: (ordinal: number, subnet: Subnet): number => subnet.size - 2 - ordinal,
} as const;

/** The least number of addresses of a subnet, itself a power of two, in which so many nodes have their place. */
export function leastSubnetSize(dataNodes: number, sentinels: number): number {
  const places = firstDataNode + dataNodes + sentinels + 1;
  return 2 ** Math.ceil(Math.log2(places));
}

/** Where the set has its addresses: in a network of its own, or in a part of the cluster's Service addresses. */
export function subnetOf({ target, docker, kubernetes }: Settings): Subnet {
  return target === "docker" ? docker.subnet : kubernetes.serviceSubnet;
}

/**
 * Ports inside the set's network. They are Redis' own: Sentinel passes on a node's port as the node sees it. A client
 * finds the master behind a gateway where it expects a Redis.
 */
export const servicePorts = {
  redis: 6379,
  sentinel: 26_379,
  writes: 6379,
  reads: 6380,
  statistics: 8404,
  exporter: 9121,
  commander: 8081,
} as const;

/** A row of ports that the set publishes on its machine. */
export interface PortRange {
  /** Its key in `docker.ports`. */
  readonly key: keyof Settings["docker"]["ports"];
  readonly first: number;
  readonly count: number;
}

/** All ports that are published, those of parts that are not enabled left out. */
export function publishedPorts(settings: Settings): readonly PortRange[] {
  const { ports } = settings.docker;
  const gateways = settings.gateway.enabled ? settings.gateway.count : 0;
  const counts = {
    redis: settings.replicas + 1,
    sentinel: settings.sentinels.count,
    writes: gateways,
    reads: gateways,
    statistics: gateways,
    exporter: settings.exporter.enabled ? 1 : 0,
    commander: settings.commander.enabled ? 1 : 0,
  };
  const keys = ["redis", "sentinel", "writes", "reads", "statistics", "exporter", "commander"] as const;
  return keys.map((key) => ({ key, first: ports[key], count: counts[key] })).filter(({ count }) => count > 0);
}

const firstGateway = 4;
const firstDataNode = 10;
