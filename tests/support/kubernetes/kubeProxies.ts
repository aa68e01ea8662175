import { execFile } from "node:child_process";
import { promisify } from "node:util";
import type { TestCluster } from "./cluster.ts";

const run = promisify(execFile);

/** Has Services lead where they lead now, whatever becomes of their pods, as on machines too busy to keep up. */
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

/** Their process ids on this machine: one for each machine of the cluster, whose control group names both. */
async function kubeProxiesOf({ place }: TestCluster): Promise<readonly number[]> {
  const { stdout } = await run("ps", ["-e", "-ww", "-o", "pid=,comm=,cgroup="]);
  const found = stdout.split("\n").filter((line) => / kube-proxy /.test(line) && line.includes(place.cgroup));
  if (found.length === 0) {
    throw new Error("no kube-proxy runs in the tests' cluster");
  }
  return found.map((line) => Number.parseInt(line, 10));
}
