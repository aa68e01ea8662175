import type { Topology } from "../topology/topology.ts";
import type { PresentWorkload } from "./workload.ts";

/**
 * What there is of a set where it was deployed, which may be another place than where it is planned now. On Docker the
 * name says where, and that is the host's to ask.
 *
 * @throws ClusterError when the cluster does not answer
 */
export async function presentWhereDeployed(
  { name, host }: Topology,
  onDocker: () => Promise<readonly PresentWorkload[]>,
): Promise<readonly PresentWorkload[]> {
  if (host.target === "docker") {
    return onDocker();
  }
  const { Cluster } = await import("./kubernetes/cluster.ts");
  const { presentWorkloads } = await import("./kubernetes/present.ts");
  return presentWorkloads(Cluster.connect(host.context), host.namespace, name);
}
