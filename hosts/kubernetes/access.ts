import { guardedParts } from "../../topology/nodes.ts";
import type { DeployedSet } from "../../topology/outputs.ts";
import type { KubernetesPlan } from "../../topology/topology.ts";
import type { AccessDescription, AccessEntry } from "../access.ts";
import type { TopologyOn } from "../target.ts";

/** Describes access by the names of Services inside the cluster, and by forwarded ports from outside. */
export function describeAccess(
  set: DeployedSet & { readonly topology: TopologyOn<KubernetesPlan> },
): AccessDescription {
  const { topology } = set;
  return {
    table: [["SERVICE", "IN THE CLUSTER", "FROM HERE"], ...withLocalPorts(servicePorts(topology), topology.host)],
    entries: [...pageEntries(set), ...policyEntries(topology)],
  };
}

/** A port of a Service to which people or programs connect. */
interface ServicePort {
  readonly service: string;
  readonly port: number;
}

function servicePorts({ gateways, loginProxy, host, ...parts }: TopologyOn<KubernetesPlan>): readonly ServicePort[] {
  const ofGroups = host.rows.flatMap(({ services }) => services.map(({ name, port }) => ({ service: name, port })));
  return [
    ...ofGroups,
    ...gateways.map(({ name, statistics }) => ({ service: name, port: statistics.endpoint.port })),
    ...guardedParts(parts).flatMap(({ access }) =>
      loginProxy === undefined ? [] : [{ service: loginProxy.name, port: access.endpoint.port }],
    ),
  ];
}

/**
 * Assigns a different local port to each Service port, so that all can be forwarded at the same time. The local port
 * has the same number, or the next free one.
 */
function withLocalPorts(
  all: readonly ServicePort[],
  { namespace, context }: KubernetesPlan,
): readonly (readonly string[])[] {
  const kubectl = context === undefined ? "kubectl" : `kubectl --context ${context}`;
  const taken = new Set<number>();
  return all.map(({ service, port }) => {
    let local = port;
    while (taken.has(local)) {
      local += 1;
    }
    taken.add(local);
    const inside = `${service}.${namespace}:${port}`;
    return [service, inside, `${kubectl} port-forward -n ${namespace} svc/${service} ${local}:${port}`];
  });
}

/** The exporter has no metrics of Redis at its own page. A scrape has to name a node by its address. */
function pageEntries({ gateway, commander, metrics, topology }: DeployedSet): readonly AccessEntry[] {
  const entries: AccessEntry[] = [];
  if (gateway !== undefined) {
    const text = "statistics at the ports of the gateways";
    entries.push({ label: "Gateway", text, login: { output: "gateway", user: gateway.user } });
  }
  if (commander !== undefined) {
    const text = `a web page at the login proxy's port ${topology.commander?.endpoint.port}`;
    entries.push({ label: "Commander", text, login: { output: "commander", user: commander.user } });
  }
  if (metrics !== undefined) {
    const port = topology.exporter?.endpoint.port;
    const text = `/scrape?target=redis://ADDRESS at the login proxy's port ${port}, for the node at ADDRESS`;
    entries.push({ label: "Metrics", text, login: { output: "metrics", user: metrics.user } });
  }
  return entries;
}

function policyEntries({ name, host }: TopologyOn<KubernetesPlan>): readonly AccessEntry[] {
  return host.networkPolicies ? [{ label: "Pods", text: `are admitted with the label redis-ha/client: ${name}` }] : [];
}
