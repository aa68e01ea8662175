import { clientLimits } from "./clientLimits.ts";
import { capacity } from "./settings/capacity.ts";
import { mebibyte } from "./settings/quantities.ts";
import type { Settings } from "./settings/schema.ts";
import { smallestMemory } from "./settings/smallestNode.ts";

/**
 * Connections of a data node that are left to the set itself. Redis keeps no connections for anybody, so the plan gives
 * applications fewer than there are:
 *
 * - four for a Sentinel: it has two, and has two more while it replaces them
 * - two for another data node: its replication, and a second one while it replaces that
 * - eight for a gateway: each of its four checks of a node begins the next connection while the last one ends
 * - 24 for the exporter, Redis Commander, the probe, the scripts, the checks of a deployment, and people
 */
export function reservedConnections(settings: ConnectionSettings): number {
  const { sentinels, replicas } = settings;
  return 4 * sentinels.count + 2 * replicas + 8 * gatewayCount(settings) + 24;
}

/** Connections of a data node that all applications together may open, those through the gateways included. */
export function applicationConnections(settings: ConnectionSettings): number {
  const { clientBuffers } = capacity(smallestMemory(settings), { clientBuffers: settings.redis.clientBuffers });
  return clientLimits(clientBuffers).connections - reservedConnections(settings);
}

/**
 * Connections that one gateway takes on each of its two ports, for writes and for reads. All gateways may lead all their
 * clients to the same node, so they share what a node has for applications. The memory of the gateway bounds both ports
 * together: HAProxy itself needs some 20 MB; a busy connection has two buffers of 16 KiB there, and the kernel's beside.
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
