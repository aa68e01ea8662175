import { metricsTargets } from "./metricsTargets.ts";
import { servicePorts } from "./settings/addressPlan.ts";
import type { Settings } from "./settings/schema.ts";
import type { MonitorPlan, Topology } from "./topology.ts";

/** Name of the Secret with the login that the login proxy requires at the exporter's port. */
export const exporterLogin = "exporter-login";

/**
 * What the Prometheus operator scrapes: each node through the login proxy and the exporter, and each gateway directly.
 */
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
      ? [
          {
            name: "exporter",
            row: "login-proxy",
            port: servicePorts.exporter,
            path: "/scrape",
            labels,
            targets: metricsTargets(nodes),
            loginSecret: exporterLogin,
          },
        ]
      : []),
    ...(nodes.gateways.length > 0
      ? [{ name: "gateway", row: "gateway", port: servicePorts.statistics, path: "/metrics", labels, targets: [] }]
      : []),
  ];
}
