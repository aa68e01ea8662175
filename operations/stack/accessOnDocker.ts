import { formatEndpoint } from "../../topology/endpoint.ts";
import type { DeployedSet, GatewayAccess } from "../../topology/outputs.ts";
import type { GatewayPlan, Listener } from "../../topology/topology.ts";
import { aligned, type Row } from "./columns.ts";
import { loginRow, stackRows } from "./stackRows.ts";

/** How to get into a set whose ports are published on a machine. */
export function accessOnDocker(stack: string, set: DeployedSet): readonly string[] {
  const { topology, gateway, commander, metrics } = set;
  return aligned([
    ...(gateway === undefined ? [] : gatewayRows(stack, topology.gateways, gateway)),
    ...(commander === undefined ? [] : [["Commander", commander.url], loginRow(stack, "commander", commander.user)]),
    ...(metrics === undefined ? [] : metricsRows(stack, metrics)),
    ...stackRows(stack),
  ]);
}

function gatewayRows(stack: string, gateways: readonly GatewayPlan[], access: GatewayAccess): readonly Row[] {
  return [
    [
      "Gateway",
      `${published(gateways)} to the master, ${published(gateways.map(({ reads }) => reads))} to replicas in sync`,
    ],
    ["", `statistics: ${access.gateways.map(({ statisticsUrl }) => statisticsUrl).join(", ")}`],
    loginRow(stack, "gateway", access.user),
  ];
}

function published(listeners: readonly Listener[]): string {
  return listeners.map((listener) => formatEndpoint(listener.published)).join(", ");
}

/** The exporter's own page says nothing of Redis: each node is asked for by its address. */
function metricsRows(stack: string, { url, user }: NonNullable<DeployedSet["metrics"]>): readonly Row[] {
  return [
    ["Metrics", `${new URL("/scrape?target=redis://", url)}ADDRESS`],
    ["", "of the node with that address; the output metrics has the URLs of all"],
    loginRow(stack, "metrics", user),
  ];
}
