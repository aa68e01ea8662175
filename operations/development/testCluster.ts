import { allOf } from "../../toolchain/base/allOf.ts";
import { withLock } from "../../toolchain/base/lock.mjs";
import { say } from "../../toolchain/base/steps.mjs";
import { bringUp, openCluster, takeDown } from "../../toolchain/kubernetes/cluster.ts";
import { obstacle } from "../../toolchain/kubernetes/host.ts";
import type { Patience } from "../../toolchain/kubernetes/patience.ts";
import { kubeconfigOf, placeOf } from "../../toolchain/kubernetes/place.ts";
import { prepareEngine } from "../../toolchain/pulumi/engine.ts";
import { archivedSet, loadSet } from "./clusterImages.ts";

/** The smallest number of nodes with which a set keeps a majority when one node fails. */
const nodes = 3;

/** Seconds, shorter than Kubernetes' defaults: tests should not wait minutes until the loss of a node is noticed. */
const patience: Patience = { node: 20, pods: 5 };

/**
 * Starts the test cluster, loads the local images, runs the work and removes the cluster, even if the work fails. In
 * the environment of the work, KUBECONFIG is that of the test cluster, never the user's.
 *
 * If this machine cannot run a cluster, REDIS_HA_WITHOUT_KUBERNETES is set to the reason: the tests that need a cluster
 * are then skipped.
 *
 * @throws SetupError if something required is missing and cannot be installed
 */
export async function withTestCluster<Result>(
  environment: NodeJS.ProcessEnv,
  work: (environment: NodeJS.ProcessEnv) => Promise<Result>,
): Promise<Result> {
  const reason = obstacle();
  if (reason !== undefined) {
    say(`skipping the tests that need a Kubernetes cluster: ${reason}`);
    return work({ ...environment, REDIS_HA_WITHOUT_KUBERNETES: reason });
  }
  return withLock("kubernetes tests", "running its tests on Kubernetes", async () => {
    const place = placeOf("test");
    // Removes what a killed run left.
    await takeDown(place);
    try {
      const prepared = await prepare(environment);
      return await work({ ...prepared, KUBECONFIG: kubeconfigOf(place) });
    } finally {
      await takeDown(place);
    }
  });
}

/** Runs all preparations at the same time: some of them compile or link, others download packages. */
async function prepare(environment: NodeJS.ProcessEnv): Promise<NodeJS.ProcessEnv> {
  const [prepared, cluster] = await allOf([
    prepareEngine(environment, ["kubernetes"]),
    runningCluster(),
    archivedSet(),
  ]);
  await loadSet(cluster);
  return prepared;
}

async function runningCluster() {
  const cluster = await openCluster("test");
  await bringUp(cluster, { nodes, patience });
  return cluster;
}
