import { allOf } from "../../toolchain/base/allOf.ts";
import { withLock } from "../../toolchain/base/lock.mjs";
import { say } from "../../toolchain/base/steps.mjs";
import { bringUp, openCluster, takeDown } from "../../toolchain/kubernetes/cluster.ts";
import { obstacle } from "../../toolchain/kubernetes/host.ts";
import type { Patience } from "../../toolchain/kubernetes/patience.ts";
import { kubeconfigOf, placeOf } from "../../toolchain/kubernetes/place.ts";
import { prepareEngine } from "../../toolchain/pulumi/engine.ts";
import { archivedSet, loadSet } from "./clusterImages.ts";

/** As many as a set needs to lose one and still have a majority. */
const nodes = 3;

/** Tests wait for what people would rather not have happen at once. */
const patience: Patience = { node: 20, pods: 5 };

/**
 * Starts the cluster of the tests, with the local images on it, for as long as the work takes; afterwards nothing is
 * left of it, whatever happened. The work gets an environment whose KUBECONFIG is that cluster's, never the user's.
 *
 * Where this machine cannot have a cluster, REDIS_HA_WITHOUT_KUBERNETES says why, and the tests skip what needs one.
 *
 * @throws SetupError something needed is missing and cannot be had
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
    // What a run has left that was killed.
    await takeDown(place);
    try {
      const prepared = await prepare(environment);
      return await work({ ...prepared, KUBECONFIG: kubeconfigOf(place) });
    } finally {
      await takeDown(place);
    }
  });
}

/** All at the same time: while programs are compiled, others are linked, and packages are downloaded. */
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
