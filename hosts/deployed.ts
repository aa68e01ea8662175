import type { Topology } from "../topology/topology.ts";
import type { ExistingWorkload } from "./workload.ts";

/**
 * The workloads of a set where it was deployed, which may be another place than the planned one. On Docker the planned host
 * answers by the set's name. On Kubernetes the deployed namespace of the planned cluster is asked: the context that was
 * deployed to may be the mistake that this update corrects.
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
