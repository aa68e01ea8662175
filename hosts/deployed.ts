import type { Topology } from "../topology/topology.ts";
import type { PresentWorkload } from "./workload.ts";

/**
 * What there is of a set where it was deployed, which may be another place than where it is planned now. On Docker the
 * name says where, and that is the host's to ask. On Kubernetes it is the namespace, of the cluster that is planned: the
 * context that was may be the mistake that this update mends.
 *
 * @throws ClusterError when the cluster does not answer
 */
export async function presentWhereDeployed(
  { name, host }: Topology,
  planned: Topology,
  onDocker: () => Promise<readonly PresentWorkload[]>,
): Promise<readonly PresentWorkload[]> {
  if (host.target === "docker" || planned.host.target === "docker") {
    return onDocker();
  }
  const { Cluster } = await import("./kubernetes/cluster.ts");
  const { presentWorkloads } = await import("./kubernetes/existing.ts");
  return presentWorkloads(Cluster.connect(planned.host.context), host.namespace, name);
}
