import { KubeConfig } from "@kubernetes/client-node";
import { ClusterError } from "./clusterError.ts";

/**
 * What leads to the cluster that the provider talks to: KUBECONFIG, else ~/.kube/config.
 *
 * @param context of the kubeconfig; undefined: its current one
 * @throws ClusterError when there is no kubeconfig, it does not have the context, or has no current one
 */
export function kubeconfigFor(context: string | undefined): KubeConfig {
  const config = loaded();
  if (context !== undefined) {
    if (config.getContextObject(context) === null) {
      const known = config.getContexts().map(({ name }) => name);
      throw new ClusterError(`the kubeconfig has no context ${context}; it has ${known.join(", ")}`, undefined);
    }
    config.setCurrentContext(context);
  }
  if (isClientDefault(config)) {
    throw new ClusterError("there is no kubeconfig: neither KUBECONFIG nor ~/.kube/config leads to one", undefined);
  }
  if (config.getCurrentCluster() === null) {
    throw new ClusterError(
      `the kubeconfig names no cluster to use: its current context is ${config.getCurrentContext() || "not set"}`,
      undefined,
    );
  }
  return config;
}

function loaded(): KubeConfig {
  const config = new KubeConfig();
  try {
    config.loadFromDefault();
  } catch (error) {
    const words = error instanceof Error ? error.message : String(error);
    throw new ClusterError(`there is no kubeconfig that can be read: ${words}`, undefined);
  }
  return config;
}

/** The client's default when it finds no kubeconfig and does not run in a pod; no server answers there. */
function isClientDefault(config: KubeConfig): boolean {
  return (
    config.getCurrentContext() === "loaded-context" && config.getCurrentCluster()?.server === "http://localhost:8080"
  );
}
