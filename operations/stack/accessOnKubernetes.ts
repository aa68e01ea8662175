import { guardedParts } from "../../topology/nodes.ts";
import type { DeployedSet } from "../../topology/outputs.ts";
import type { KubernetesPlan, Topology } from "../../topology/topology.ts";
import { aligned, type Row } from "./columns.ts";
import { loginRow, stackRows } from "./stackRows.ts";

/** How to get into a set on a cluster: by the names of Services from inside, by forwarded ports from elsewhere. */
export function accessOnKubernetes(stack: string, set: DeployedSet, plan: KubernetesPlan): readonly string[] {
  return [
    ...aligned([["SERVICE", "IN THE CLUSTER", "FROM HERE"], ...withLocalPorts(doors(set.topology, plan), plan)]),
    "",
    ...aligned([...pageRows(stack, set), ...policyRows(set.topology, plan), ...stackRows(stack)]),
  ];
}

/** A Service that people or programs come in by. */
interface Door {
  readonly service: string;
  readonly port: number;
}

function doors({ gateways, loginProxy, ...topology }: Topology, { rows }: KubernetesPlan): readonly Door[] {
  const ofRows = rows.flatMap(({ services }) => services.map(({ name, port }) => ({ service: name, port })));
  return [
    ...ofRows,
    ...gateways.map(({ name, statistics }) => ({ service: name, port: statistics.endpoint.port })),
    ...guardedParts(topology).flatMap(({ access }) =>
      loginProxy === undefined ? [] : [{ service: loginProxy.name, port: access.endpoint.port }],
    ),
  ];
}

/** Each its own, so that all can be forwarded at a time: the same port where it is free, else one of the next. */
function withLocalPorts(all: readonly Door[], { namespace, context }: KubernetesPlan): readonly Row[] {
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

/** The exporter's own page says nothing of Redis: each node is asked for by its address. */
function pageRows(stack: string, { gateway, commander, metrics, topology }: DeployedSet): readonly Row[] {
  return [
    ...(gateway === undefined
      ? []
      : [["Gateway", "statistics, by the ports of the gateways"], loginRow(stack, "gateway", gateway.user)]),
    ...(commander === undefined
      ? []
      : [
          ["Commander", `a web page, by the login proxy's port ${topology.commander?.endpoint.port}`],
          loginRow(stack, "commander", commander.user),
        ]),
    ...(metrics === undefined
      ? []
      : [
          [
            "Metrics",
            `/scrape?target=redis://ADDRESS at the login proxy's port ${topology.exporter?.endpoint.port}, of the node with that address`,
          ],
          loginRow(stack, "metrics", metrics.user),
        ]),
  ];
}

function policyRows({ name }: Topology, { networkPolicies }: KubernetesPlan): readonly Row[] {
  return networkPolicies ? [["Pods", `get in with the label redis-ha/client: ${name}`]] : [];
}
