import type { Topology } from "../topology/topology.ts";

/**
 * Why the cluster that a set was deployed to cannot be asked about it; undefined when it can, and on Docker, whose engine
 * every command sees to.
 */
export async function whyUnreachable({ host }: Topology): Promise<string | undefined> {
  if (host.target === "docker") {
    return undefined;
  }
  const { Cluster } = await import("./kubernetes/cluster.ts");
  const { ClusterError } = await import("./kubernetes/clusterError.ts");
  try {
    await Cluster.connect(host.context).namespaces(host.namespace);
    return undefined;
  } catch (error) {
    if (error instanceof ClusterError) {
      return error.message;
    }
    throw error;
  }
}
