import type { Topology } from "../topology/topology.ts";
import type { ExistingWorkload } from "./workload.ts";

/**
 * What there is of a set where it was deployed, which may be another place than where it is planned now. On Docker the
 * name says where, and that is the host's to ask. On Kubernetes it is the namespace, of the cluster that is planned: the
 * context that was may be the mistake that this update mends.
 *
 * @throws ClusterError when the cluster does not answer
 */
export async function existingWhereDeployed(
  { name, host }: Topology,
  planned: Topology,
  onDocker: () => Promise<readonly ExistingWorkload[]>,
): Promise<readonly ExistingWorkload[]> {
  if (host.target === "docker" || planned.host.target === "docker") {
    return onDocker();
  }
  const { Cluster } = await import("./kubernetes/cluster.ts");
  const { existingWorkloads } = await import("./kubernetes/existing.ts");
  return existingWorkloads(Cluster.connect(planned.host.context), host.namespace, name);
}
