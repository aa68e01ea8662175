import { servicePorts } from "./settings/addressPlan.ts";
import { majorityOf } from "./settings/majority.ts";
import type { Settings } from "./settings/schema.ts";
import type { NodeGroup, NodePlan, Topology } from "./topology.ts";

/** The node groups of a set. */
export function nodeGroupsOf(
  { exporter, commander, sentinels: { count } }: Settings,
  { dataNodes, sentinels, gateways }: Pick<Topology, "dataNodes" | "sentinels" | "gateways">,
): readonly NodeGroup[] {
  const { redis, sentinel, writes, reads } = servicePorts;
  // Without gateways no Service leads to the master, and this Service leads to all data nodes, including the master.
  const reading = { name: "redis-replicas", port: redis };
  return [
    groupOf("redis", dataNodes, 1, gateways.length > 0 ? [] : [{ ...reading, target: redis }]),
    groupOf("sentinel", sentinels, count - majorityOf(count), [
      { name: "redis-sentinel-lb", port: sentinel, target: sentinel },
    ]),
    ...(gateways.length > 0
      ? [
          groupOf("gateway", gateways, 1, [
            { name: "redis-master", port: redis, target: writes },
            { ...reading, target: reads },
          ]),
        ]
      : []),
    ...(exporter.enabled ? [singleNode("exporter")] : []),
    ...(commander.enabled ? [singleNode("commander")] : []),
    ...loginProxyGroups(exporter.enabled, commander.enabled),
  ];
}

function groupOf(
  name: string,
  nodes: readonly NodePlan[],
  mayBeDown: number,
  services: NodeGroup["services"],
): NodeGroup {
  return { name, members: nodes.map((node) => node.name), mayBeDown, openTo: "clients", services };
}

/**
 * Prometheus may connect to the exporter's port. Users reach Redis Commander through a forwarded port, which network
 * policies do not block.
 */
function loginProxyGroups(hasExporter: boolean, hasCommander: boolean): readonly NodeGroup[] {
  if (!hasExporter && !hasCommander) {
    return [];
  }
  const group = singleNode("login-proxy");
  return [hasExporter ? { ...group, openTo: "monitoring", openPorts: [servicePorts.exporter] } : group];
}

/** A group of one node without data. It needs no further Service, because the node's address already is one. */
function singleNode(name: string): NodeGroup {
  return { name, members: [name], mayBeDown: 1, openTo: "nobody", services: [] };
}
