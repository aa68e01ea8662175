import { until } from "../../../toolchain/base/until.ts";
import { isUp, openCluster } from "../../../toolchain/kubernetes/cluster.ts";
import { kubectl } from "../../../toolchain/kubernetes/kubectl.ts";
import { type Cluster, kubeconfigOf, type Node } from "../../../toolchain/kubernetes/place.ts";

/** A suffix for test titles: empty if a cluster is available, otherwise the reason why the tests are skipped. */
export const noCluster = process.env["REDIS_HA_WITHOUT_KUBERNETES"]
  ? ` (skipped: ${process.env["REDIS_HA_WITHOUT_KUBERNETES"]})`
  : "";

export interface TestCluster extends Cluster {
  /** The path for KUBECONFIG. */
  readonly kubeconfig: string;
}

/** Opens the tests' own cluster, regardless of KUBECONFIG. */
export async function testCluster(): Promise<TestCluster> {
  const cluster = await openCluster("test");
  if (!isUp(cluster.place)) {
    throw new Error("the tests' cluster is down; run the tests with: npm run test:kubernetes");
  }
  return { ...cluster, kubeconfig: kubeconfigOf(cluster.place) };
}

/** Reads an object, such as `pod/redis-0`, from the cluster; undefined if it does not exist. */
export async function read(cluster: Cluster, object: string, namespace = "default") {
  const answer = await kubectl(cluster, "get", object, "--namespace", namespace, "--ignore-not-found", "--output=json");
  return answer === "" ? undefined : JSON.parse(answer);
}

/** Resolves when a node is Ready, or when it is no longer Ready. */
export async function nodeBecomes(cluster: Cluster, node: Node, ready: boolean): Promise<void> {
  await until(async () => (await isReady(cluster, `node/${node}`)) === ready, {
    timeout: 60_000,
    interval: 500,
    failure: () => new Error(`${node} is ${ready ? "not Ready" : "still Ready"} after a minute`),
  });
}

async function isReady(cluster: Cluster, object: string): Promise<boolean> {
  const { status } = await read(cluster, object);
  return status.conditions.some(
    ({ type, status: value }: { type: string; status: string }) => type === "Ready" && value === "True",
  );
}
