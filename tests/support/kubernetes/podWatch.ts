import { spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { kubectlCommand } from "../../../toolchain/kubernetes/kubectl.ts";
import type { KubernetesDeployment } from "./deployment.ts";

/**
 * Watches the pods of a node group while an action runs.
 *
 * @param group such as `redis`
 * @returns the greatest number of nodes that were without a ready pod at the same time
 */
export async function mostPodsAway(
  { cluster, namespace }: KubernetesDeployment,
  group: string,
  action: () => Promise<void>,
): Promise<number> {
  const columns = "{.metadata.labels.redis-ha/node},{.metadata.deletionTimestamp},{.status.containerStatuses[0].ready}";
  const selection = [`--namespace=${namespace}`, `--selector=app.kubernetes.io/component=${group}`];
  const question = ["get", "pods", ...selection, "--watch", `--output=jsonpath=${columns}{"\\n"}`];
  const watching = spawn(...kubectlCommand(cluster, ...question), { stdio: ["ignore", "pipe", "inherit"] });
  /** Whether a node's pod is ready and not being deleted, by the name of the node. */
  const present = new Map<string, boolean>();
  let most = 0;
  createInterface(watching.stdout).on("line", (line) => {
    const [node = "", deletedAt, ready] = line.split(",");
    present.set(node, deletedAt === "" && ready === "true");
    most = Math.max(most, [...present.values()].filter((there) => !there).length);
  });
  try {
    await action();
    return most;
  } finally {
    const ended = once(watching, "close");
    watching.kill();
    await ended;
  }
}
