import { servicePorts } from "./layout.ts";
import { metricsTargets } from "./metricsTargets.ts";
import type { Settings } from "./schema.ts";
import type { MonitorPlan, Topology } from "./topology.ts";

/** What a Prometheus operator is told to scrape: each node through the exporter, and each gateway by itself. */
export function monitorsOf(
  { kubernetes: { monitors }, exporter }: Settings,
  nodes: Pick<Topology, "dataNodes" | "sentinels" | "gateways">,
): readonly MonitorPlan[] {
  if (!monitors.enabled) {
    return [];
  }
  const { labels } = monitors;
  return [
    ...(exporter.enabled
      ? [{ row: "exporter", port: servicePorts.exporter, path: "/scrape", labels, targets: metricsTargets(nodes) }]
      : []),
    ...(nodes.gateways.length > 0
      ? [{ row: "gateway", port: servicePorts.statistics, path: "/metrics", labels, targets: [] }]
      : []),
  ];
}
