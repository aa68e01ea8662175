import { servicePorts } from "./settings/addressPlan.ts";
import { majorityOf } from "./settings/majority.ts";
import type { Settings } from "./settings/schema.ts";
import type { NodeGroup, NodePlan, Topology } from "./topology.ts";

/** The rows of a set: what its nodes have in common beside their network. */
export function nodeGroupsOf(
  { exporter, commander, sentinels: { count } }: Settings,
  { dataNodes, sentinels, gateways }: Pick<Topology, "dataNodes" | "sentinels" | "gateways">,
): readonly NodeGroup[] {
  const { redis, sentinel, writes, reads } = servicePorts;
  // Without gateways no Service follows the master, and readers may reach it, too.
  const reading = { name: "redis-replicas", port: redis };
  return [
    row("redis", dataNodes, 1, gateways.length > 0 ? [] : [{ ...reading, target: redis }]),
    row("sentinel", sentinels, count - majorityOf(count), [
      { name: "redis-sentinel-lb", port: sentinel, target: sentinel },
    ]),
    ...(gateways.length > 0
      ? [
          row("gateway", gateways, 1, [
            { name: "redis-master", port: redis, target: writes },
            { ...reading, target: reads },
          ]),
        ]
      : []),
    ...(exporter.enabled ? [lone("exporter")] : []),
    ...(commander.enabled ? [lone("commander")] : []),
    ...loginProxyRows(exporter.enabled, commander.enabled),
  ];
}

function row(name: string, nodes: readonly NodePlan[], mayBeDown: number, services: NodeGroup["services"]): NodeGroup {
  return { name, members: nodes.map((node) => node.name), mayBeDown, openTo: "clients", services };
}

/** Prometheus may reach the exporter's port. People reach Commander's by a forwarded port, which no policy stops. */
function loginProxyRows(hasExporter: boolean, hasCommander: boolean): readonly NodeGroup[] {
  if (!hasExporter && !hasCommander) {
    return [];
  }
  const row = lone("login-proxy");
  return [hasExporter ? { ...row, openTo: "monitoring", openPorts: [servicePorts.exporter] } : row];
}

/** One node that has nothing to lose. Its own address is a Service already. */
function lone(name: string): NodeGroup {
  return { name, members: [name], mayBeDown: 1, openTo: "nobody", services: [] };
}
