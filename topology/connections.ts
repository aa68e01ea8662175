import { clientLimits } from "./clientLimits.ts";
import { capacity } from "./settings/capacity.ts";
import { mebibyte } from "./settings/quantities.ts";
import type { Settings } from "./settings/schema.ts";
import { smallestMemory } from "./settings/smallestNode.ts";

/**
 * The number of connections of a data node that are reserved for the set itself. Redis cannot reserve connections, so
 * the plan gives applications fewer connections than a data node accepts. Reserved are:
 *
 * - four for each Sentinel: it has two, and two more while it replaces them
 * - two for each replica: one for replication, and a second one while it replaces the first
 * - eight for each gateway: each of its four checks of a node opens the next connection while the previous one closes
 * - 24 for the exporter, Redis Commander, the probe, the scripts, the checks of a deployment and operators
 */
export function reservedConnections(settings: ConnectionSettings): number {
  const { sentinels, replicas } = settings;
  return 4 * sentinels.count + 2 * replicas + 8 * gatewayCount(settings) + 24;
}

/** The number of connections to a data node that all applications together may open, directly or through gateways. */
export function applicationConnections(settings: ConnectionSettings): number {
  const { clientBuffers } = capacity(smallestMemory(settings), { clientBuffers: settings.redis.clientBuffers });
  return clientLimits(clientBuffers).connections - reservedConnections(settings);
}

/**
 * The number of connections that one gateway accepts on its port for writes, and on its port for reads. All gateways
 * may lead all their clients to the same node, so they share the connections that a node has for applications. The
 * memory of the gateway limits both ports together: HAProxy itself needs about 20 MB, and a busy connection needs two
 * buffers of 16 KiB and buffers in the kernel.
 */
export function gatewayConnections(settings: ConnectionSettings): number {
  const inMemory = Math.floor((settings.size.gateway.memory - 32 * mebibyte) / (64 * 1024));
  const onOneNode = Math.floor(applicationConnections(settings) / Math.max(1, gatewayCount(settings)));
  return Math.min(Math.floor(inMemory / 2), onOneNode);
}

function gatewayCount({ gateway }: ConnectionSettings): number {
  return gateway.enabled ? gateway.count : 0;
}

type ConnectionSettings = Pick<Settings, "replicas" | "size" | "sentinels" | "gateway" | "redis">;
