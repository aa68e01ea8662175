import type { Cluster } from "./cluster.ts";
import { ClusterError } from "./clusterError.ts";

/**
 * Returns the identity of a cluster: the UID of its namespace kube-system, which exists as long as the cluster. Empty
 * if the cluster does not answer, or this user may not read the namespace.
 */
export async function clusterIdentity(connect: () => Promise<Cluster>): Promise<string> {
  try {
    return (await (await connect()).uid()) ?? "";
  } catch (error) {
    if (error instanceof ClusterError) {
      return "";
    }
    throw error;
  }
}

/**
 * Explains why a cluster is not the one on which a set was deployed. Returns undefined if the clusters are the same, or
 * if one of them is unknown.
 *
 * @param recorded the identity of the cluster in the state
 * @param answering the identity of the cluster that answers
 */
export function whyAnotherCluster(recorded: string, answering: string): string | undefined {
  if (recorded === "" || answering === "" || recorded === answering) {
    return undefined;
  }
  return (
    `the set runs on another cluster than the one that answers: the state has ${recorded} as the UID of the namespace ` +
    `kube-system, but this cluster has ${answering}; nothing was changed. Choose the cluster with KUBECONFIG or ` +
    "kubernetes.context. To move to this cluster, run `npm run down` on the other one first, which deletes the data"
  );
}
