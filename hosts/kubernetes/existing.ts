import type { ExistingWorkload } from "../workload.ts";
import type { Cluster, ScaledKind } from "./cluster.ts";
import { awaitGone } from "./gone.ts";
import { nodeLabel, setLabels } from "./labels.ts";

/** Lists the workloads of a set in a namespace, running or not, whichever state created them. */
export async function existingWorkloads(
  cluster: Cluster,
  namespace: string,
  set: string,
): Promise<readonly ExistingWorkload[]> {
  const labels = setLabels(set);
  const [addresses, scaled] = await Promise.all([
    cluster.serviceAddressesOf(namespace, labels),
    cluster.scaled(namespace, labels),
  ]);
  return scaled.map(({ kind, name, replicas }) => ({
    name,
    address: addresses.get(name) ?? "",
    running: replicas > 0,
    stop: () => stop(cluster, namespace, set, kind, name),
    start: () => cluster.scale(namespace, kind, name, 1),
  }));
}

/** Scales a workload to zero and waits until its pod is gone. */
async function stop(cluster: Cluster, namespace: string, set: string, kind: ScaledKind, node: string): Promise<void> {
  await cluster.scale(namespace, kind, node, 0);
  await awaitGone(async () => (await cluster.pods(namespace, { ...setLabels(set), [nodeLabel]: node })).length > 0);
}
