import { execFile } from "node:child_process";
import { promisify } from "node:util";
import type { TestCluster } from "./cluster.ts";

const run = promisify(execFile);

/** Freezes the endpoints of Services while their pods change, as on machines that are too busy to keep up. */
export async function freezeServices(cluster: TestCluster): Promise<void> {
  for (const proxy of await kubeProxiesOf(cluster)) {
    process.kill(proxy, "SIGSTOP");
  }
}

export async function thawServices(cluster: TestCluster): Promise<void> {
  for (const proxy of await kubeProxiesOf(cluster)) {
    process.kill(proxy, "SIGCONT");
  }
}

/** The process ids of kube-proxy, one for each machine of the cluster. Their control group has the cluster's name. */
async function kubeProxiesOf({ place }: TestCluster): Promise<readonly number[]> {
  const { stdout } = await run("ps", ["-e", "-ww", "-o", "pid=,comm=,cgroup="]);
  const found = stdout.split("\n").filter((line) => / kube-proxy /.test(line) && line.includes(place.cgroup));
  if (found.length === 0) {
    throw new Error("no kube-proxy runs in the tests' cluster");
  }
  return found.map((line) => Number.parseInt(line, 10));
}
