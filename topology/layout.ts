import type { Settings } from "./schema.ts";
import type { Subnet } from "./subnet.ts";

/**
 * Where in its subnet each part of the set has its address: data nodes upwards from the tenth, Sentinels downwards
 * from the last. A node's place follows from its ordinal alone, so that adding and removing nodes moves nobody, and the
 * two rows meet only when the subnet is full. Places 4 to 9 are kept free for parts to come.
 */
export const placeOf = {
  gateway: 1,
  exporter: 2,
  commander: 3,
  dataNode: (ordinal: number): number => firstDataNode + ordinal,
  sentinel: (ordinal: number, subnet: Subnet): number => subnet.size - 2 - ordinal,
} as const;

/** The least number of addresses of a subnet, itself a power of two, in which so many nodes have their place. */
export function leastSubnetSize(dataNodes: number, sentinels: number): number {
  const places = firstDataNode + dataNodes + sentinels + 1;
  return 2 ** Math.ceil(Math.log2(places));
}

/** Ports inside the set's network. They are Redis' own: Sentinel passes on a node's port as the node sees it. */
export const servicePorts = { redis: 6379, sentinel: 26_379, exporter: 9121, commander: 8081 } as const;

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
  const counts = {
    redis: settings.replicas + 1,
    sentinel: settings.sentinels.count,
    exporter: settings.exporter.enabled ? 1 : 0,
    commander: settings.commander.enabled ? 1 : 0,
  };
  const keys = ["redis", "sentinel", "exporter", "commander"] as const;
  return keys.map((key) => ({ key, first: ports[key], count: counts[key] })).filter(({ count }) => count > 0);
}

const firstDataNode = 10;
