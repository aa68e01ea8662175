import { until } from "../../../toolchain/base/until.ts";
import { isUp, openCluster } from "../../../toolchain/kubernetes/cluster.ts";
import { kubectl } from "../../../toolchain/kubernetes/kubectl.ts";
import { type Cluster, kubeconfigOf, type Node } from "../../../toolchain/kubernetes/place.ts";

/** Empty where this machine can have a cluster, otherwise why the tests are skipped; to be put behind their title. */
export const noCluster = process.env["REDIS_HA_WITHOUT_KUBERNETES"]
  ? ` (skipped: ${process.env["REDIS_HA_WITHOUT_KUBERNETES"]})`
  : "";

export interface TestCluster extends Cluster {
  /** The path of the file that KUBECONFIG is to name. */
  readonly kubeconfig: string;
}

/** The tests' own cluster, and never another one, whatever KUBECONFIG says. */
export async function testCluster(): Promise<TestCluster> {
  const cluster = await openCluster("test");
  if (!isUp(cluster.place)) {
    throw new Error("the tests' cluster is down; run them by: npm run test:kubernetes");
  }
  return { ...cluster, kubeconfig: kubeconfigOf(cluster.place) };
}

/** What the cluster says of an object, such as `pod/redis-0`; undefined when there is none. */
export async function read(cluster: Cluster, object: string, namespace = "default") {
  const answer = await kubectl(cluster, "get", object, "--namespace", namespace, "--ignore-not-found", "--output=json");
  return answer === "" ? undefined : JSON.parse(answer);
}

/** Returns when a node is Ready, or is not any more. */
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
