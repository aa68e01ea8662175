import type { Settings } from "./schema.ts";
import type { Subnet } from "./subnet.ts";

/**
 * The offset of each part's address within the subnet of the set. Data nodes count upwards from the tenth address, and
 * Sentinels count downwards from the last one. An address depends only on the ordinal, so adding or removing nodes
 * changes the address of no other node. The two ranges meet only when the subnet is full. Five addresses between Redis
 * Commander and the login proxy are reserved for gateways.
 */
export const placeOf = {
  /** The gateway of the network to other networks. */
  bridge: 1,
  exporter: 2,
  commander: 3,
  gateway: (ordinal: number): number => firstGateway + ordinal,
  loginProxy: 9,
  dataNode: (ordinal: number): number => firstDataNode + ordinal,
  sentinel: (ordinal: number, subnet: Subnet): number => subnet.size - 2 - ordinal,
} as const;

/** The number of addresses, a power of two, of the smallest subnet that has room for this many nodes. */
export function leastSubnetSize(dataNodes: number, sentinels: number): number {
  const places = firstDataNode + dataNodes + sentinels + 1;
  return 2 ** Math.ceil(Math.log2(places));
}

/** The subnet of the set's addresses: its own network on Docker, and a part of the Service range on Kubernetes. */
export function subnetOf({ target, docker, kubernetes }: Settings): Subnet {
  return target === "docker" ? docker.subnet : kubernetes.serviceSubnet;
}

/**
 * Ports inside the set's network. Nodes listen on the default ports of Redis, because Sentinel tells clients the port
 * that a node itself listens on. A gateway leads to the master on the default port of Redis, where clients expect it.
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

/** A range of consecutive ports that the set publishes on its machine. */
export interface PortRange {
  /** Its key in `docker.ports`. */
  readonly key: keyof Settings["docker"]["ports"];
  readonly first: number;
  readonly count: number;
}

/** All published ports. Parts that are not enabled have none. */
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
