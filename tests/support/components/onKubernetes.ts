import { KubernetesHost, type KubernetesHostArgs } from "../../../hosts/kubernetes/host.ts";
import type { Workload } from "../../../hosts/workload.ts";
import type { KubernetesPlan, NodeGroup } from "../../../topology/topology.ts";
import { Part } from "./onDocker.ts";
import { type Declaration, declared } from "./program.ts";

/** The node group of the workloads that these tests declare. */
export const webs: NodeGroup = {
  name: "web",
  members: ["web-0", "web-1"],
  mayBeDown: 1,
  openTo: "clients",
  services: [{ name: "all-webs", port: 8080, target: 80 }],
};

const desk: NodeGroup = { name: "desk", members: ["desk"], mayBeDown: 1, openTo: "nobody", services: [] };

export const plan: KubernetesPlan = {
  target: "kubernetes",
  context: undefined,
  namespace: "samples",
  createNamespace: true,
  serviceSubnet: "10.96.0.128/25",
  storageClass: undefined,
  priorityClass: undefined,
  cpuReservation: 1,
  spread: { nodes: "preferred", zones: "preferred" },
  networkPolicies: true,
  monitoringNamespace: "monitoring",
  monitors: [],
  rows: [webs, desk],
};

/** A host with images from a registry. */
export const upstreamKubernetes: KubernetesHostArgs = {
  set: "sample",
  plan,
  images: "upstream",
  identity: "0123456789abcdef",
  nodes: [{ name: "web-0", address: "10.41.0.10", disk: 1024 ** 3 }],
};

/** Declares workloads of the component `part` on the Kubernetes host `place`. */
export function onKubernetes(
  workloads: readonly (() => Workload)[],
  own: Partial<KubernetesPlan> = {},
): Promise<Declaration> {
  return declared(() => {
    const host = new KubernetesHost("place", { ...upstreamKubernetes, plan: { ...plan, ...own } });
    const parent = new Part("part");
    for (const workload of workloads) {
      host.run(workload(), { name: "part", parent, after: [] });
    }
  });
}
