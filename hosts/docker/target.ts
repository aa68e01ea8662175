import { formatEndpoint } from "../../topology/endpoint.ts";
import type { DeployedSet, GatewayAccess } from "../../topology/outputs.ts";
import type { DockerPlan, GatewayPlan, Listener } from "../../topology/topology.ts";
import type { AccessEntry } from "../access.ts";
import type { TargetAdapter } from "../target.ts";
import { portConflicts } from "./portConflicts.ts";

/** Sets on a Docker engine, whose nodes publish their ports. */
export const dockerTarget: TargetAdapter<DockerPlan> = {
  publishesPorts: true,
  describePlace: () => "",
  describeAccess: (set) => ({ table: [], entries: entriesOf(set) }),
  tunnel: async () => undefined,
  existing: (_deployed, _planned, onHost) => onHost(),
  immutableChanges: portConflicts,
  claims: async (resources, environment) => {
    const { claimsOnDocker } = await import("./claims.ts");
    return claimsOnDocker(resources, environment);
  },
};

function entriesOf({ topology, gateway, commander, metrics }: DeployedSet): readonly AccessEntry[] {
  return [
    ...(gateway === undefined ? [] : gatewayEntries(topology.gateways, gateway)),
    ...(commander === undefined
      ? []
      : [{ label: "Commander", text: commander.url, login: { output: "commander", user: commander.user } } as const]),
    ...(metrics === undefined ? [] : metricsEntries(metrics)),
  ];
}

function gatewayEntries(gateways: readonly GatewayPlan[], access: GatewayAccess): readonly AccessEntry[] {
  const reads = published(gateways.map((gateway) => gateway.reads));
  return [
    { label: "Gateway", text: `${published(gateways)} to the master, ${reads} to replicas in sync` },
    {
      label: "",
      text: `statistics: ${access.gateways.map(({ statisticsUrl }) => statisticsUrl).join(", ")}`,
      login: { output: "gateway", user: access.user },
    },
  ];
}

function published(listeners: readonly Listener[]): string {
  return listeners.map((listener) => formatEndpoint(listener.published)).join(", ");
}

/** The exporter has no metrics of Redis at its own page. A scrape has to name a node by its address. */
function metricsEntries({ url, user }: NonNullable<DeployedSet["metrics"]>): readonly AccessEntry[] {
  return [
    { label: "Metrics", text: `${new URL("/scrape?target=redis://", url)}ADDRESS` },
    {
      label: "",
      text: "for the node at ADDRESS; the output metrics has the URL of every node",
      login: { output: "metrics", user },
    },
  ];
}
