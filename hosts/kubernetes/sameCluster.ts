import type { Cluster } from "./cluster.ts";
import { ClusterError } from "./clusterError.ts";

/**
 * The identity of a cluster: the UID of its namespace kube-system, which lives as long as the cluster. Empty where the
 * cluster does not answer or does not tell this user.
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
 * Why a cluster is not the one that a set was brought up on; undefined when it is, or when either is not known.
 *
 * @param noted in the state
 */
export function whyAnotherCluster(noted: string, answering: string): string | undefined {
  if (noted === "" || answering === "" || noted === answering) {
    return undefined;
  }
  return (
    `the set runs on another cluster than the one that answers: the state has ${noted} as the UID of the namespace ` +
    `kube-system, and this cluster has ${answering}; nothing was changed. Choose the cluster by KUBECONFIG or ` +
    "kubernetes.context. To move to this cluster, run `npm run down` on the other one first: the data is lost"
  );
}
