import type { Problem } from "../../topology/settings/problem.ts";
import type { KubernetesPlan } from "../../topology/topology.ts";
import { downFirst, type TargetAdapter, type TopologyOn } from "../target.ts";
import { describeAccess } from "./access.ts";

/** Sets in a namespace of a Kubernetes cluster, whose nodes are reached through forwarded ports. */
export const kubernetesTarget: TargetAdapter<KubernetesPlan> = {
  publishesPorts: false,
  describePlace: ({ namespace }) => `, in the namespace ${namespace}`,
  describeAccess,
  tunnel: async (topology) => {
    const { kubernetesTunnel } = await import("./tunnel.ts");
    return kubernetesTunnel(topology, topology.host);
  },
  // Uses the planned context, because the deployed context may be a mistake that this update corrects.
  existing: async (deployed, planned) => {
    const { Cluster } = await import("./cluster.ts");
    const { existingWorkloads } = await import("./existing.ts");
    return existingWorkloads(Cluster.connect(planned.host.context), deployed.host.namespace, deployed.name);
  },
  immutableChanges: (deployed, planned, existing) => (existing.size === 0 ? [] : immutableSettings(deployed, planned)),
  claims: async (resources) => {
    const { claimsOnKubernetes } = await import("./claims.ts");
    return claimsOnKubernetes(resources);
  },
};

const immutable = ["namespace", "createNamespace", "serviceSubnet"] as const;

function immutableSettings(
  deployed: TopologyOn<KubernetesPlan>,
  planned: TopologyOn<KubernetesPlan>,
): readonly Problem[] {
  const changed = immutable.filter((key) => deployed.host[key] !== planned.host[key]);
  return changed.map((key) => ({
    path: `kubernetes.${key}`,
    got: String(planned.host[key]),
    expected: `${deployed.host[key]}, as first deployed`,
    advice: `to change it, ${downFirst}`,
  }));
}
