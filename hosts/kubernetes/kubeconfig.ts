import { KubeConfig } from "@kubernetes/client-node";
import { ClusterError } from "./clusterError.ts";

/**
 * Loads the kubeconfig that the provider uses: KUBECONFIG, or else ~/.kube/config.
 *
 * @param context a context of the kubeconfig @default its current context
 * @throws ClusterError when there is no kubeconfig, or it does not have the context or a current context
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
    throw new ClusterError("there is no kubeconfig: neither KUBECONFIG nor ~/.kube/config names a cluster", undefined);
  }
  if (config.getCurrentCluster() === null) {
    throw new ClusterError(
      `the kubeconfig has no cluster for its current context, which is ${config.getCurrentContext() || "not set"}`,
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
    throw new ClusterError(`the kubeconfig cannot be read: ${words}`, undefined);
  }
  return config;
}

/**
 * Returns true for the default configuration, which the client uses without a kubeconfig. Its server does not exist.
 */
function isClientDefault(config: KubeConfig): boolean {
  return (
    config.getCurrentContext() === "loaded-context" && config.getCurrentCluster()?.server === "http://localhost:8080"
  );
}
